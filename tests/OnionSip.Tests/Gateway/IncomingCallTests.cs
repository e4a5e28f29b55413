using System;
using System.Linq;
using System.Text;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>SIP.GATEWAY.INCOMING</summary>
public sealed class IncomingCallTests
{
    private readonly CallFixture _fixture = new();
    private readonly string _contact;

    public IncomingCallTests() => _contact = ProviderScript.ContactOf(_fixture.Register());

    private GatewayWorld World => _fixture.World;

    /// <summary>SIP.GATEWAY.INCOMING, SIP.RULE-1</summary>
    [Fact]
    public void Call_RingsAndIsAnswered()
    {
        SipRequest invite = Ring();
        Assert.Equal(_fixture.Phone.Contact, invite.Uri.Reveal());
        Assert.Equal("<" + ProviderScript.Target + ">", invite.Headers.Find("Contact"));
        Assert.Equal("<sip:127.0.0.10:5060;lr>", Assert.Single(invite.Headers.FindAll("Record-Route")));
        SipResponse answer = Answer(invite);
        Assert.Equal(ProviderScript.RecordRoute, Assert.Single(answer.Headers.FindAll("Record-Route")));
        Assert.Equal(_contact, ProviderScript.ContactOf(answer));
        World.FromProvider(_fixture.Provider.InCalledDialog("ACK", answer, _contact, number: 1));
        World.FromProvider(_fixture.Provider.InCalledDialog("BYE", answer, _contact));
        World.ProviderGets(200);
        World.PhoneGetsRequest("BYE");
        Assert.Equal(0, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.GATEWAY.LEAKS: identity and fetch headers of the provider do not reach the phone.</summary>
    [Fact]
    public void ProvidersExtras_DoNotReachThePhone()
    {
        SipRequest invite = Ring();
        Assert.False(invite.Headers.Has("P-Asserted-Identity"));
        Assert.False(invite.Headers.Has("Call-Info"));
    }

    /// <summary>SIP.GATEWAY.INCOMING: BYE of the phone.</summary>
    [Fact]
    public void PhoneHangsUp_ProviderGetsBye()
    {
        SipRequest invite = Ring();
        SipResponse answer = Answer(invite);
        World.FromProvider(_fixture.Provider.InCalledDialog("ACK", answer, _contact, number: 1));
        World.FromPhone($"BYE {ProviderScript.Target} SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.77:5071;branch=z9hG4bKx1;rport\nFrom: {invite.Headers.Find("To")};tag=phonetag2\nTo: {invite.Headers.Find("From")}\nCall-ID: {invite.CallId}\nCSeq: 7 BYE\nContent-Length: 0\n\n");
        SipRequest bye = World.ProviderGetsRequest("BYE");
        Assert.Equal("caller1", bye.To.Tag);
        World.FromProvider(_fixture.Provider.Respond(bye, 200));
        World.PhoneGets(200);
    }

    /// <summary>SIP.RULE-6: a caller who gives up; the phone's CANCEL is held until it rings.</summary>
    [Fact]
    public void CallerCancels_PhoneIsCancelledOnceItRings()
    {
        World.FromProvider(_fixture.Provider.Invite(_contact, ProviderScript.Sdp()));
        SipRequest invite = World.PhoneGetsRequest("INVITE");
        World.FromProvider(_fixture.Provider.Cancel(invite, _contact));
        World.ProviderGets(487);
        Assert.DoesNotContain(World.AtPhone, message => message is SipRequest { Method: "CANCEL" });
        World.FromPhone(_fixture.Phone.Respond(invite, 180));
        World.PhoneGetsRequest("CANCEL");
        World.FromPhone(_fixture.Phone.Respond(invite, 487));
        World.PhoneGetsRequest("ACK");
        Assert.Equal(0, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.RULE-6: the phone answers while the CANCEL is on its way.</summary>
    [Fact]
    public void PhoneAnswersAfterCancel_GetsAckAndBye()
    {
        SipRequest invite = Ring();
        World.FromProvider(_fixture.Provider.Cancel(invite, _contact));
        World.PhoneGetsRequest("CANCEL");
        World.FromPhone(_fixture.Phone.Respond(invite, 200, sdp: _fixture.Phone.Sdp(formats: "8")));
        World.PhoneGetsRequest("ACK");
        World.PhoneGetsRequest("BYE");
        Assert.DoesNotContain(World.AtProvider, message => message is SipResponse { Status: 200, CSeq.Method: "INVITE" });
    }

    /// <summary>SIP.GATEWAY.INCOMING: of a phone's refusals only a few codes and the usual phrase are seen by the provider.</summary>
    [Theory]
    [InlineData(486, 486, "Busy Here")]
    [InlineData(603, 603, "Decline")]
    [InlineData(302, 480, "Temporarily Unavailable")]
    [InlineData(500, 480, "Temporarily Unavailable")]
    [InlineData(401, 480, "Temporarily Unavailable")]
    public void PhoneRefuses_ProviderHearsACanonicalCode(int status, int heard, string phrase)
    {
        SipRequest invite = Ring();
        World.FromPhone(_fixture.Phone.Respond(invite, status));
        SipResponse response = World.ProviderGets(heard);
        Assert.Equal(phrase, response.ReasonPhrase);
        Assert.Equal(CallEndReason.Refused, World.Event<CallEnded>().Reason);
        Assert.False(response.Headers.Has("Contact"));
        Assert.Equal(0, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.GATEWAY.INCOMING: a call for another user part than the era's is not ours.</summary>
    [Fact]
    public void WrongContactUser_IsRefused()
    {
        World.FromProvider(_fixture.Provider.Invite("sip:alice@203.0.113.8:41234", ProviderScript.Sdp()));
        World.ProviderGets(404);
    }

    /// <summary>SIP.GATEWAY.INCOMING: no live phone.</summary>
    [Fact]
    public void ExpiredPhone_IsUnavailable()
    {
        World.Wait(70);
        World.FromProvider(_fixture.Provider.Invite(_contact, ProviderScript.Sdp()));
        World.ProviderGets(480);
    }

    /// <summary>SIP.GATEWAY.INCOMING: a phone that does not answer its INVITE at all.</summary>
    [Fact]
    public void MutePhone_IsUnavailableInTheEnd()
    {
        World.FromProvider(_fixture.Provider.Invite(_contact, ProviderScript.Sdp()));
        World.Wait(40);
        World.ProviderGets(480);
        Assert.Equal(CallEndReason.PhoneLost, World.Event<CallEnded>().Reason);
        Assert.Equal(0, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.GATEWAY.INCOMING: no ACK for our 200 ends both legs.</summary>
    [Fact]
    public void AckNeverComes_BothLegsEnd()
    {
        Answer(Ring());
        World.Wait(40);
        World.PhoneGetsRequest("BYE");
        World.ProviderGetsRequest("BYE");
        Assert.Equal(CallEndReason.ProviderLost, World.Event<CallEnded>().Reason);
    }

    /// <summary>SIP.GATEWAY.INCOMING: an INVITE without offer is offered to in the 200 and answers in its ACK.</summary>
    [Fact]
    public void InviteWithoutOffer_IsOfferedInTheAnswer()
    {
        World.FromProvider(_fixture.Provider.Invite(_contact));
        SipRequest invite = World.PhoneGetsRequest("INVITE");
        SipResponse answer = Answer(invite);
        Assert.Contains("m=audio 20000 RTP/AVP 8 0 101", Encoding.Latin1.GetString(answer.Body.Span), StringComparison.Ordinal);
        World.FromProvider(_fixture.Provider.InCalledDialog("ACK", answer, _contact, sdp: ProviderScript.Sdp(), number: 1));
        World.Wait(0.2);
        Assert.NotEmpty(World.ProviderMedia);
    }

    /// <summary>SIP.GATEWAY.OPTIONS, SIP.GATEWAY.INCOMING: what providers send besides calls.</summary>
    [Theory]
    [InlineData("OPTIONS", 200)]
    [InlineData("NOTIFY", 489)]
    [InlineData("MESSAGE", 405)]
    [InlineData("BYE", 481)]
    public void OtherRequests_AreAnsweredHere(string method, int status)
    {
        World.FromProvider($"{method} {_contact} SIP/2.0\nVia: SIP/2.0/TLS 198.51.100.5:5061;branch=z9hG4bKo1\nFrom: <sip:a@example.org>;tag=1\nTo: <sip:alice@example.org>\nCall-ID: o1\nCSeq: 1 {method}\nContent-Length: 0\n\n");
        World.ProviderGets(status);
        Assert.Empty(World.AtPhone.OfType<SipRequest>());
    }

    private SipRequest Ring()
    {
        World.FromProvider(_fixture.Provider.Invite(_contact, ProviderScript.Sdp()));
        SipRequest invite = World.PhoneGetsRequest("INVITE");
        World.FromPhone(_fixture.Phone.Respond(invite, 180));
        World.ProviderGets(180);
        return invite;
    }

    private SipResponse Answer(SipRequest invite)
    {
        World.FromPhone(_fixture.Phone.Respond(invite, 200, sdp: _fixture.Phone.Sdp(formats: "8 101")));
        World.PhoneGetsRequest("ACK");
        return World.ProviderGets(200);
    }
}
