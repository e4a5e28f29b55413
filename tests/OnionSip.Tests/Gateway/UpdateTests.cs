using System;
using System.Linq;
using System.Text;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>SIP.GATEWAY.REINVITE, SIP.GATEWAY.INFO, SIP.GATEWAY.OPTIONS</summary>
public sealed class UpdateTests
{
    private readonly CallFixture _fixture = new();

    private GatewayWorld World => _fixture.World;

    /// <summary>SIP.GATEWAY.REINVITE: hold goes upstream as a direction alone, and comes back.</summary>
    [Fact]
    public void Hold_GoesUpstreamAsADirection()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("INVITE", answer, sdp: _fixture.Phone.Sdp("sendonly")));
        SipRequest hold = World.ProviderGetsRequest("INVITE");
        Assert.Contains("a=sendonly", Body(hold), StringComparison.Ordinal);
        Assert.Equal(_fixture.Outer.CallId, hold.CallId);
        World.FromProvider(_fixture.Provider.Respond(hold, 200, sdp: ProviderScript.Sdp("recvonly")));
        World.ProviderGetsRequest("ACK");
        SipResponse held = World.PhoneGets(200);
        Assert.Contains("a=recvonly", Body(held), StringComparison.Ordinal);
        World.FromPhone(_fixture.Phone.Ack(held));
        World.FromPhone(_fixture.Phone.InDialog("INVITE", answer, sdp: _fixture.Phone.Sdp()));
        SipRequest back = World.ProviderGetsRequest("INVITE");
        Assert.Contains("a=sendrecv", Body(back), StringComparison.Ordinal);
        Assert.Equal(Version(Body(hold)) + 1, Version(Body(back)));
    }

    /// <summary>SIP.GATEWAY.REINVITE: a re-INVITE that changes no direction is the phone's own affair and is not seen upstream.</summary>
    [Fact]
    public void RefreshOfPhone_IsAnsweredHere()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("INVITE", answer, sdp: _fixture.Phone.Sdp(formats: "8 0 101")));
        Assert.Contains("m=audio 7000 RTP/AVP 8 101", Body(World.PhoneGets(200)), StringComparison.Ordinal);
        Assert.DoesNotContain(World.AtProvider, message => message is SipRequest { Method: "INVITE" });
    }

    /// <summary>SIP.RULE-9: a new remote description gets consent before anything is sent to it.</summary>
    [Fact]
    public void ProviderMovesItsMedia_NewAddressGetsConsent()
    {
        _fixture.Answered();
        World.FromProvider(_fixture.Provider.InDialog("INVITE", _fixture.Outer, ProviderScript.ContactOf(_fixture.Outer), sdp: ProviderScript.Sdp(port: 50000)));
        Assert.Contains("m=audio 20000 RTP/AVP 8 101", Body(World.ProviderGets(200)), StringComparison.Ordinal);
        Consent consent = World.Event<Consent>();
        Assert.Equal(["198.51.100.9:50000", "198.51.100.9:50001"], consent.Endpoints.Select(endpoint => endpoint.Reveal()));
        World.Wait(0.05);
        Assert.Equal(50000, World.ProviderMedia.Last(packet => !packet.IsRtcp).To.Port);
    }

    /// <summary>SIP.GATEWAY.REINVITE: two at once are refused with 491.</summary>
    [Fact]
    public void CrossingReInvites_AreRefused()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("INVITE", answer, sdp: _fixture.Phone.Sdp("sendonly")));
        World.ProviderGetsRequest("INVITE");
        World.FromProvider(_fixture.Provider.InDialog("INVITE", _fixture.Outer, ProviderScript.ContactOf(_fixture.Outer), sdp: ProviderScript.Sdp()));
        World.ProviderGets(491);
        World.FromPhone(_fixture.Phone.InDialog("INVITE", answer, sdp: _fixture.Phone.Sdp("inactive")));
        World.PhoneGets(491);
    }

    /// <summary>SIP.GATEWAY.REINVITE: a challenge to a re-INVITE is passed.</summary>
    [Fact]
    public void ChallengedHold_IsPassedToThePhone()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("INVITE", answer, sdp: _fixture.Phone.Sdp("sendonly")));
        SipRequest hold = World.ProviderGetsRequest("INVITE");
        World.FromProvider(_fixture.Provider.Respond(hold, 407, "Proxy-Authenticate: " + ProviderScript.Challenge + "\n"));
        SipResponse challenge = World.PhoneGets(407);
        World.FromPhone(_fixture.Phone.Ack(challenge, refusal: true));
        World.FromPhone(_fixture.Phone.InDialog("INVITE", answer, CallFixture.Credentials(ProviderScript.Target, name: "Proxy-Authorization"), _fixture.Phone.Sdp("sendonly")));
        Assert.True(World.ProviderGetsRequest("INVITE").Headers.Has("Proxy-Authorization"));
    }

    /// <summary>SIP.GATEWAY.INFO: a key press is written anew; its duration is always the same.</summary>
    [Theory]
    [InlineData("application/dtmf-relay", "Signal= 5\r\nDuration= 271\r\n", "Signal=5\r\nDuration=160\r\n")]
    [InlineData("application/dtmf", "#", "Signal=#\r\nDuration=160\r\n")]
    public void KeyPress_IsWrittenAnew(string type, string body, string expected)
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(Info(answer, type, body));
        SipRequest info = World.ProviderGetsRequest("INFO");
        Assert.Equal(expected, Body(info));
        Assert.Equal("application/dtmf-relay", info.Headers.Find("Content-Type"));
        World.FromProvider(_fixture.Provider.Respond(info, 200));
        World.PhoneGets(200);
    }

    /// <summary>SIP.GATEWAY.INFO: anything else does not pass.</summary>
    [Fact]
    public void OtherInfo_IsRefused()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(Info(answer, "application/x-kanari", "secret"));
        World.PhoneGets(415);
        Assert.DoesNotContain(World.AtProvider, message => message is SipRequest { Method: "INFO" });
    }

    /// <summary>SIP.GATEWAY.OPTIONS: to the gateway itself it is answered here; about somebody else it is asked anew.</summary>
    [Fact]
    public void Options_AreAnsweredOrAskedAnew()
    {
        World.FromPhone("OPTIONS sip:127.0.0.10:5060 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.77:5071;branch=z9hG4bKo1;rport\nFrom: <sip:alice@example.org>;tag=o\nTo: <sip:127.0.0.10>\nCall-ID: o1\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n");
        Assert.Equal("INVITE, ACK, CANCEL, BYE, OPTIONS, INFO", World.PhoneGets(200).Headers.Find("Allow"));
        Assert.Equal(0, World.CountOf<NeedPath>());
        World.FromPhone("OPTIONS sip:bob@example.org SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.77:5071;branch=z9hG4bKo2;rport\nFrom: <sip:alice@example.org>;tag=o\nTo: <sip:bob@example.org>\nCall-ID: o2\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n");
        SipRequest asked = World.ProviderGetsRequest("OPTIONS");
        World.FromProvider(_fixture.Provider.Respond(asked, 200));
        World.PhoneGets(200);
    }

    /// <summary>SIP.GATEWAY.PHONES: what is not offered is refused in the right words.</summary>
    [Fact]
    public void OtherRequestsOfPhone_AreRefused()
    {
        World.FromPhone(_fixture.Phone.Invite(extra: "Require: 100rel\n"));
        Assert.Equal("100rel", World.PhoneGets(420).Headers.Find("Unsupported"));
        World.FromPhone("SUBSCRIBE sip:bob@example.org SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.77:5071;branch=z9hG4bKs2;rport\nFrom: <sip:alice@example.org>;tag=o\nTo: <sip:bob@example.org>\nCall-ID: s2\nCSeq: 1 SUBSCRIBE\nContent-Length: 0\n\n");
        World.PhoneGets(405);
        Assert.Equal(0, World.CountOf<NeedPath>());
    }

    /// <summary>SIP.GATEWAY.CALL: a challenged BYE is passed, and the phone's second one ends the call.</summary>
    [Fact]
    public void ChallengedBye_IsPassedAndAnswered()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer));
        World.FromProvider(_fixture.Provider.Respond(World.ProviderGetsRequest("BYE"), 407, "Proxy-Authenticate: " + ProviderScript.Challenge + "\n"));
        World.PhoneGets(407);
        Assert.Equal(1, World.CountOf<CloseLocalMedia>());
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer, CallFixture.Credentials(ProviderScript.Target, name: "Proxy-Authorization")));
        SipRequest second = World.ProviderGetsRequest("BYE");
        Assert.True(second.Headers.Has("Proxy-Authorization"));
        World.FromProvider(_fixture.Provider.Respond(second, 200));
        World.PhoneGets(200);
        Assert.Equal(0, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.GATEWAY.DIALOG: an old CSeq is refused, an unknown dialog too.</summary>
    [Fact]
    public void OldNumberOrUnknownDialog_IsRefused()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer).Replace($"CSeq: {_fixture.Phone.Number} BYE", "CSeq: 1 BYE", StringComparison.Ordinal));
        World.PhoneGets(500);
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer).Replace("phonetag1", "stranger", StringComparison.Ordinal));
        World.PhoneGets(481);
        Assert.Equal(1, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.GATEWAY.REINVITE: one without offer is offered to, on either leg, and answers in its ACK.</summary>
    [Fact]
    public void ReInviteWithoutOffer_IsOfferedTo()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("INVITE", answer));
        SipResponse offered = World.PhoneGets(200);
        Assert.Contains("m=audio 7000 RTP/AVP 8 0 101", Body(offered), StringComparison.Ordinal);
        World.FromPhone(_fixture.Phone.Ack(offered, body: _fixture.Phone.Sdp(formats: "8")));
        string contact = ProviderScript.ContactOf(_fixture.Outer);
        World.FromProvider(_fixture.Provider.InDialog("INVITE", _fixture.Outer, contact));
        SipResponse upstream = World.ProviderGets(200);
        Assert.Contains("m=audio 20000 RTP/AVP 8 0 101", Body(upstream), StringComparison.Ordinal);
        World.FromProvider(_fixture.Provider.InDialog("ACK", _fixture.Outer, contact, sdp: ProviderScript.Sdp(port: 52000)).Replace(
            $"CSeq: {upstream.CSeq.Number + 1} ACK", $"CSeq: {upstream.CSeq.Number} ACK", StringComparison.Ordinal));
        Assert.Equal(52000, World.Event<Consent>().Endpoints[0].Port);
    }

    /// <summary>SIP.GATEWAY.INFO: a key press of the far side reaches the phone; its answer goes back.</summary>
    [Fact]
    public void FarKeyPress_ReachesThePhone()
    {
        _fixture.Answered();
        World.FromProvider(_fixture.Provider.InDialog("INFO", _fixture.Outer, ProviderScript.ContactOf(_fixture.Outer)).Replace(
            "Content-Length: 0\n\n", "Content-Type: application/dtmf-relay\nContent-Length: 9\n\nSignal=*\n", StringComparison.Ordinal));
        SipRequest info = World.PhoneGetsRequest("INFO");
        Assert.Equal("Signal=*\r\nDuration=160\r\n", Body(info));
        World.FromPhone(_fixture.Phone.Respond(info, 200));
        World.ProviderGets(200);
    }

    /// <summary>SIP.RULE-6: the phone gives up a hold that nobody answered; its late answer is acknowledged.</summary>
    [Fact]
    public void CancelledHold_IsAcknowledgedLate()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("INVITE", answer, sdp: _fixture.Phone.Sdp("sendonly")));
        SipRequest hold = World.ProviderGetsRequest("INVITE");
        World.FromPhone(_fixture.Phone.Cancel(ProviderScript.Target));
        World.PhoneGets(487);
        World.FromProvider(_fixture.Provider.Respond(hold, 200, sdp: ProviderScript.Sdp("recvonly")));
        World.ProviderGetsRequest("ACK");
        Assert.Equal(1, World.Gateway.ExchangeCount);
    }

    private string Info(SipResponse answer, string type, string body) =>
        _fixture.Phone.InDialog("INFO", answer).Replace("Content-Length: 0\n\n", $"Content-Type: {type}\nContent-Length: {body.Length}\n\n{body}", StringComparison.Ordinal);

    private static string Body(SipMessage message) => Encoding.Latin1.GetString(message.Body.Span);

    private static long Version(string sdp) => long.Parse(sdp.Split("\r\n").Single(line => line.StartsWith("o=", StringComparison.Ordinal)).Split(' ')[2]);
}
