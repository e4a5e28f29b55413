using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>SIP.ACCOUNT, SIP.TX.MATCH: nobody who talks to two accounts can tell from the answers that they live in one gateway.</summary>
public sealed class AccountIsolationTests
{
    private readonly CallFixture _fixture = new();
    private readonly string _aliceContact;
    private readonly UpstreamId _alice;
    private readonly string _carolContact;
    private readonly UpstreamId _carol;

    public AccountIsolationTests()
    {
        _aliceContact = ProviderScript.ContactOf(_fixture.Register());
        _alice = World.Upstream;
        World.FromPhone(new PhoneScript { User = "carol", CallId = "reg-2", Tag = "tag2", Canary = "second" }.Register());
        _carol = World.Upstream;
        SipRequest register = World.ProviderGetsRequest("REGISTER");
        World.FromProvider(_fixture.Provider.Registered(register));
        World.PhoneGets(200);
        _carolContact = ProviderScript.ContactOf(register);
    }

    private GatewayWorld World => _fixture.World;

    /// <summary>SIP.TX.MATCH: one call, forked to two accounts: both ring; a 482 at the second would link them.</summary>
    [Theory]
    [InlineData("z9hG4bKone", "z9hG4bKtwo")]
    [InlineData("z9hG4bKone", "z9hG4bKone")]
    public void SameCallToTwoAccounts_RingsBoth(string first, string second)
    {
        Assert.NotEqual(_alice, _carol);
        From(_alice, _fixture.Provider.Invite(_aliceContact, ProviderScript.Sdp(), branch: first));
        From(_carol, _fixture.Provider.Invite(_carolContact, ProviderScript.Sdp(), branch: second));
        Assert.Equal(2, World.AtPhone.Count(message => message is SipRequest { Method: "INVITE" }));
        Assert.Equal([100], AnswersOver(_carol));
    }

    /// <summary>SIP.TX.MATCH: a CANCEL over another account's connection finds nothing.</summary>
    [Fact]
    public void CancelOverAnotherAccount_FindsNothing()
    {
        From(_alice, _fixture.Provider.Invite(_aliceContact, ProviderScript.Sdp()));
        SipRequest invite = World.PhoneGetsRequest("INVITE");
        From(_carol, _fixture.Provider.Cancel(invite, _aliceContact));
        Assert.Equal([481], AnswersOver(_carol));
        Assert.Equal([100], AnswersOver(_alice));
    }

    /// <summary>SIP.TX.MATCH: a response over another account's connection is a stray one.</summary>
    [Fact]
    public void ResponseOverAnotherAccount_IsStray()
    {
        World.FromPhone(_fixture.Phone.Invite());
        SipRequest invite = World.ProviderGetsRequest("INVITE");
        From(_carol, _fixture.Provider.Respond(invite, 200, sdp: ProviderScript.Sdp()));
        Assert.Equal(1, World.Gateway.Drops[GatewayDrop.StrayResponse]);
        Assert.Equal(0, World.CountOf<CallAnswered>());
    }

    /// <summary>SIP.GATEWAY.LIMITS: a provider that floods its own account, with calls that ring or calls for nobody, takes nothing from another.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FloodedAccount_LeavesOthersAlone(bool ring)
    {
        string contact = ring ? _carolContact : "sip:nobody@203.0.113.8:41234";
        for (int call = 0; call < 3_000; call++)
        {
            From(_carol, _fixture.Provider.Invite(contact, ProviderScript.Sdp(), tag: "t" + call, callId: "flood" + call, branch: "z9hG4bKf" + call));
        }

        Assert.InRange(World.Gateway.ExchangeCount, 0, GatewayLimits.MaxRinging);
        Assert.InRange(World.Gateway.TransactionCount, 1, 600);
        World.AtPhone.Clear();
        World.AtProvider.Clear();
        World.Upstream = _alice;
        Assert.Equal(200, _fixture.Answered().Status);
        World.Wait(200);
        Assert.InRange(World.Gateway.ExchangeCount, 0, 1);
    }

    private void From(UpstreamId upstream, string message) =>
        World.Do(gateway => gateway.HandleUpstreamData(World.Now, upstream, Encoding.Latin1.GetBytes(message.ReplaceLineEndings("\r\n"))));

    private List<int> AnswersOver(UpstreamId upstream)
    {
        List<int> statuses = [];
        foreach (SendUpstream sent in World.Events.OfType<SendUpstream>().Where(sent => sent.Upstream == upstream))
        {
            if (SipMessage.TryParse(sent.Bytes.Span, out SipMessage? message) == SipParse.Accepted && message is SipResponse response)
            {
                statuses.Add(response.Status);
            }
        }

        return statuses;
    }
}
