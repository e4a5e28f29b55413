using System.Collections.Generic;
using System.Text;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>(SIP.STREAM)</summary>
public sealed class SipStreamParserTests
{
    [Fact]
    public void TwoMessages_CutAtEveryPlace_AreBothFound()
    {
        byte[] both = SipCorpus.Octets(SipCorpus.Invite + SipCorpus.Ok);
        for (int cut = 0; cut <= both.Length; cut++)
        {
            SipStreamParser parser = new(SipStreamRole.Server);
            List<string> found = Feed(parser, both[..cut]);
            found.AddRange(Feed(parser, both[cut..]));
            Assert.Equal(["INVITE request", "200 response"], found);
            Assert.Equal(0, parser.BufferedBytes);
        }
    }

    [Fact]
    public void OctetByOctet_KeepAlivesAndMessagesAreFound()
    {
        SipStreamParser parser = new(SipStreamRole.Server);
        List<string> found = [];
        foreach (byte octet in SipCorpus.Octets("\r\n\r\n" + SipCorpus.Invite + "\r\n\r\n\r\n" + SipCorpus.Ok))
        {
            found.AddRange(Feed(parser, [octet]));
        }

        Assert.Equal(["Ping", "INVITE request", "Ping", "200 response"], found);
    }

    [Fact]
    public void Client_TakesEverySingleLineEndAsPong()
    {
        SipStreamParser parser = new(SipStreamRole.Client);
        Assert.Equal(["Pong", "200 response", "Pong"], Feed(parser, SipCorpus.Octets("\r\n" + SipCorpus.Ok + "\r\n")));
    }

    [Theory]
    [InlineData("Content-Length: 4\r\n", "", SipParse.MissingContentLength)]
    [InlineData("Content-Length: 4", "Content-Length: -4", SipParse.BadContentLength)]
    [InlineData("Content-Length: 4", "Content-Length: 65536", SipParse.BadContentLength)]
    [InlineData("Content-Length: 4", "Content-Length: 65500", SipParse.TooLong)]
    [InlineData("Content-Length: 4", "Content-Length: 4\r\nContent-Length: 5", SipParse.BadContentLength)]
    public void LostFraming_BreaksTheStreamWithAnAnswer(string line, string changed, SipParse reason)
    {
        SipStreamParser parser = new(SipStreamRole.Server);
        Assert.True(parser.Append(SipCorpus.Octets(SipCorpus.Invite.Replace(line, changed))));
        Assert.Equal(SipStreamItem.Broken, parser.Next(out _, out SipRefusal? refusal));
        Assert.Equal((reason, reason), (parser.Reason, refusal!.Reason));
        Assert.False(parser.Append([1]));
        Assert.Equal(SipStreamItem.Broken, parser.Next(out _, out _));
        Assert.Equal(reason, parser.Reason);
    }

    [Fact]
    public void RefusedMessage_LeavesTheStreamWhole()
    {
        SipStreamParser parser = new(SipStreamRole.Server);
        string refused = SipCorpus.Invite.Replace("CSeq: 314159 INVITE", "CSeq: 314159 BYE");
        Assert.Equal(
            ["Refused MethodMismatch", "200 response"], Feed(parser, SipCorpus.Octets(refused + SipCorpus.Ok)));
    }

    [Theory]
    [InlineData("\rX")]
    public void LoneCarriageReturn_BreaksTheStream(string text)
    {
        SipStreamParser parser = new(SipStreamRole.Server);
        Assert.Equal(["Broken BadStartLine"], Feed(parser, SipCorpus.Octets(text)));
    }

    [Fact]
    public void EndlessHeader_IsCutOffAtTheLimit()
    {
        SipStreamParser parser = new(SipStreamRole.Client);
        byte[] chunk = Encoding.Latin1.GetBytes(new string('a', 1_000));
        SipStreamItem item = SipStreamItem.NeedMore;
        int chunks = 0;
        while (item == SipStreamItem.NeedMore && chunks < 1_000)
        {
            Assert.True(parser.Append(chunk));
            item = parser.Next(out _, out _);
            chunks++;
        }

        Assert.Equal(66, chunks);
        Assert.Equal(SipParse.TooLong, parser.Reason);
        Assert.Equal(0, parser.BufferedBytes);
    }

    [Fact]
    public void ChunkBeyondTheLimit_BreaksTheStream()
    {
        SipStreamParser parser = new(SipStreamRole.Client);
        Assert.False(parser.Append(new byte[SipLimits.MaxMessageBytes + 1]));
        Assert.Equal(SipParse.TooLong, parser.Reason);
    }

    private static List<string> Feed(SipStreamParser parser, byte[] chunk)
    {
        List<string> found = [];
        Assert.True(parser.Append(chunk));
        while (true)
        {
            SipStreamItem item = parser.Next(out SipMessage? message, out _);
            if (item == SipStreamItem.NeedMore)
            {
                return found;
            }

            bool refused = item is SipStreamItem.Refused or SipStreamItem.Broken;
            found.Add(message?.ToString() ?? (refused ? item + " " + parser.Reason : item.ToString()));
            if (item == SipStreamItem.Broken)
            {
                return found;
            }
        }
    }
}
