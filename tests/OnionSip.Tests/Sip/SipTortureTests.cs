using System.Collections.Generic;
using System.Text.Json;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>RFC 4475 and RFC 5118 message by message. (SIP.MESSAGE)</summary>
public sealed class SipTortureTests
{
    [Theory]
    [InlineData("badinv01", SipParse.BadVia)]
    [InlineData("clerr", SipParse.BadContentLength)]
    [InlineData("ncl", SipParse.BadContentLength)]
    [InlineData("scalar02", SipParse.BadCSeq)]
    [InlineData("scalarlg", SipParse.BadCSeq)]
    [InlineData("quotbal", SipParse.BadAddress)]
    [InlineData("ltgtruri", SipParse.BadRequestUri)]
    [InlineData("lwsruri", SipParse.BadRequestUri)]
    [InlineData("lwsstart", SipParse.BadRequestUri)]
    [InlineData("trws", SipParse.BadStartLine)]
    [InlineData("escruri", SipParse.BadRequestUri)]
    [InlineData("baddate", SipParse.Accepted)]
    [InlineData("regbadct", SipParse.BadAddress)]
    [InlineData("badaspec", SipParse.Accepted)]
    [InlineData("baddn", SipParse.Truncated)]
    [InlineData("badvers", SipParse.BadVersion)]
    [InlineData("mismatch01", SipParse.MethodMismatch)]
    [InlineData("mismatch02", SipParse.MethodMismatch)]
    [InlineData("bigcode", SipParse.BadStartLine)]
    [InlineData("badbranch", SipParse.Accepted)]
    [InlineData("insuf", SipParse.MissingMandatory)]
    [InlineData("unkscm", SipParse.Accepted)]
    [InlineData("novelsc", SipParse.Accepted)]
    [InlineData("unksm2", SipParse.Accepted)]
    [InlineData("bext01", SipParse.Accepted)]
    [InlineData("invut", SipParse.Accepted)]
    [InlineData("regaut01", SipParse.Accepted)]
    [InlineData("multi01", SipParse.DuplicateHeader)]
    [InlineData("mcl01", SipParse.BadContentLength)]
    [InlineData("bcast", SipParse.Accepted)]
    [InlineData("zeromf", SipParse.Accepted)]
    [InlineData("cparam01", SipParse.Accepted)]
    [InlineData("cparam02", SipParse.Accepted)]
    [InlineData("regescrt", SipParse.Accepted)]
    [InlineData("sdp01", SipParse.Accepted)]
    [InlineData("inv2543", SipParse.Accepted)]
    public void InvalidOrOddMessage_HasItsResult(string name, SipParse expected) =>
        Assert.Equal(expected, SipMessage.TryParse(SipCorpus.Torture(name), out _));

    [Fact]
    public void EveryValidMessage_IsAccepted()
    {
        int count = 0;
        foreach (string collection in (string[])["rfc4475", "rfc5118"])
        {
            foreach ((string name, string group, byte[] octets) in SipCorpus.Load(collection))
            {
                if (group == "valid")
                {
                    Assert.True(SipMessage.TryParse(octets, out _) == SipParse.Accepted, name);
                    count++;
                }
            }
        }

        Assert.Equal(13 + 10, count);
    }

    [Theory]
    [InlineData("ipv6-bad", SipParse.BadRequestUri)]
    [InlineData("ipv6-bug-abnf-3-colons", SipParse.BadRequestUri)]
    public void Rfc5118_UnreadableAddress_IsRefused(string name, SipParse expected)
    {
        byte[] octets = System.IO.File.ReadAllBytes(SharedData.Require("sip/rfc5118/" + name + ".sip"));
        Assert.Equal(expected, SipMessage.TryParse(octets, out _, out SipRefusal? refusal));
        Assert.Equal(400, refusal!.Status);
    }

    [Fact]
    public void EveryCapturedMessage_IsAcceptedUnlessCut()
    {
        foreach ((string name, _, byte[] octets) in SipCorpus.Load("captured"))
        {
            SipParse expected = name is "03-ack" or "04-bye" ? SipParse.Truncated : SipParse.Accepted;
            Assert.True(SipMessage.TryParse(octets, out _) == expected, name);
        }
    }

    [Fact]
    public void EveryCrashSeed_IsRefused()
    {
        using JsonDocument seeds = SharedData.RequireJson("sip/parser_crash_seeds.json");
        int count = 0;
        foreach (JsonElement seed in seeds.RootElement.EnumerateArray())
        {
            Assert.NotEqual(SipParse.Accepted, SipMessage.TryParse(SipCorpus.Octets(seed.GetString()!), out _));
            count++;
        }

        Assert.Equal(8, count);
    }
}
