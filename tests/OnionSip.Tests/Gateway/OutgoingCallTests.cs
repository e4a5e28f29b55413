using System.Linq;
using System.Text;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>SIP.GATEWAY.OUTGOING, SIP.GATEWAY.DIALOG</summary>
public sealed class OutgoingCallTests
{
    private readonly CallFixture _fixture = new();

    private GatewayWorld World => _fixture.World;

    /// <summary>SIP.GATEWAY.OUTGOING</summary>
    [Fact]
    public void Call_AnsweredAndHungUpByPhone_EndsCleanly()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer));
        SipRequest bye = World.ProviderGetsRequest("BYE");
        World.FromProvider(_fixture.Provider.Respond(bye, 200));
        World.PhoneGets(200);
        Assert.Equal(CallEndReason.PhoneHungUp, World.Event<CallEnded>().Reason);
        Assert.Equal(0, World.Gateway.ExchangeCount);
        Assert.Equal(1, World.CountOf<ReleaseAssociation>());
        Assert.Equal(1, World.CountOf<CloseLocalMedia>());
    }

    /// <summary>SIP.RULE-1: the provider's Contact byte for byte, the gateway alone in Record-Route, Request-URI copied exactly.</summary>
    [Fact]
    public void Answer_ToPhone_BearsProvidersTargetByteForByte()
    {
        SipResponse answer = _fixture.Answered();
        Assert.Equal("<" + ProviderScript.Target + ">", answer.Headers.Find("Contact"));
        Assert.Equal("<sip:127.0.0.10:5060;lr>", Assert.Single(answer.Headers.FindAll("Record-Route")));
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer));
        SipRequest bye = World.ProviderGetsRequest("BYE");
        Assert.Equal(ProviderScript.Target, bye.Uri.Reveal());
        Assert.Equal(ProviderScript.RecordRoute, Assert.Single(bye.Headers.FindAll("Route")));
    }

    /// <summary>SIP.RULE-1: Linphone sends Proxy-Authorization on BYE unasked, with the Contact it was given as its uri.</summary>
    [Fact]
    public void ByeWithUnaskedCredentials_PassesThemWithTheirUri()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer, CallFixture.Credentials(ProviderScript.Target, 5, name: "Proxy-Authorization")));
        SipRequest bye = World.ProviderGetsRequest("BYE");
        Assert.Contains("uri=\"" + ProviderScript.Target + "\"", bye.Headers.Find("Proxy-Authorization"), System.StringComparison.Ordinal);
    }

    /// <summary>SIP.RULE-2: from challenge to answer Call-ID, From tag, connection and server stay; CSeq + 1.</summary>
    [Fact]
    public void ChallengedCall_ContinuesWithSameIdentifiers()
    {
        World.FromPhone(_fixture.Phone.Invite());
        SipRequest first = World.ProviderGetsRequest("INVITE");
        World.FromProvider(_fixture.Provider.Respond(first, 407, "Proxy-Authenticate: " + ProviderScript.Challenge + "\n", contact: false));
        SipResponse challenge = World.PhoneGets(407);
        Assert.Equal("Digest realm=\"example.org\", nonce=\"nonce1\", algorithm=MD5, qop=\"auth\"", challenge.Headers.Find("Proxy-Authenticate"));
        World.FromPhone(_fixture.Phone.Ack(challenge, refusal: true));
        World.FromPhone(_fixture.Phone.Invite(extra: CallFixture.Credentials("sip:bob@example.org", name: "Proxy-Authorization")));
        SipRequest second = World.ProviderGetsRequest("INVITE");
        Assert.Equal(first.CallId, second.CallId);
        Assert.Equal(first.From.Tag, second.From.Tag);
        Assert.Equal(first.CSeq.Number + 1, second.CSeq.Number);
        Assert.Equal(1, World.CountOf<OpenUpstream>());
        Assert.Equal(1, World.CountOf<CallStarted>());
        Assert.Contains("username=\"alice\"", second.Headers.Find("Proxy-Authorization"), System.StringComparison.Ordinal);
    }

    /// <summary>SIP.RULE-6: CANCEL waits for a provisional response; the phone hears 487 at once.</summary>
    [Fact]
    public void CancelBeforeProvisional_IsHeld()
    {
        World.FromPhone(_fixture.Phone.Invite());
        SipRequest invite = World.ProviderGetsRequest("INVITE");
        World.FromPhone(_fixture.Phone.Cancel());
        World.PhoneGets(487);
        Assert.DoesNotContain(World.AtProvider, message => message is SipRequest { Method: "CANCEL" });
        World.FromProvider(_fixture.Provider.Respond(invite, 180));
        SipRequest cancel = World.ProviderGetsRequest("CANCEL");
        Assert.Equal(invite.TopVia.Branch, cancel.TopVia.Branch);
        World.FromProvider(_fixture.Provider.Respond(invite, 487, contact: false));
        World.ProviderGetsRequest("ACK");
        Assert.Equal(0, World.Gateway.ExchangeCount);
        Assert.Equal(CallEndReason.Cancelled, World.Event<CallEnded>().Reason);
    }

    /// <summary>SIP.RULE-6: a 200 that crosses the CANCEL gets ACK and BYE.</summary>
    [Fact]
    public void LateAnswerAfterCancel_GetsAckAndBye()
    {
        World.FromPhone(_fixture.Phone.Invite());
        SipRequest invite = World.ProviderGetsRequest("INVITE");
        World.FromProvider(_fixture.Provider.Respond(invite, 180));
        World.PhoneGets(180);
        World.FromPhone(_fixture.Phone.Cancel());
        World.ProviderGetsRequest("CANCEL");
        World.FromProvider(_fixture.Provider.Respond(invite, 200, sdp: ProviderScript.Sdp()));
        World.ProviderGetsRequest("ACK");
        SipRequest bye = World.ProviderGetsRequest("BYE");
        Assert.Equal("provtag", bye.To.Tag);
        Assert.DoesNotContain(World.AtPhone, message => message is SipResponse { Status: 200, CSeq.Method: "INVITE" });
        World.FromProvider(_fixture.Provider.Respond(bye, 200));
        World.Wait(40);
        Assert.Equal(0, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.RULE-6: one local To tag however the far side forks; a second 2xx gets ACK and BYE.</summary>
    [Fact]
    public void ForkedAnswers_ShowOneTagAndEndTheSecond()
    {
        World.FromPhone(_fixture.Phone.Invite());
        SipRequest invite = World.ProviderGetsRequest("INVITE");
        World.FromProvider(_fixture.Provider.Respond(invite, 180, tag: "fork1"));
        World.FromProvider(_fixture.Provider.Respond(invite, 183, tag: "fork2", sdp: ProviderScript.Sdp()));
        World.FromProvider(_fixture.Provider.Respond(invite, 200, tag: "fork1", sdp: ProviderScript.Sdp()));
        World.FromProvider(_fixture.Provider.Respond(invite, 200, tag: "fork2", sdp: ProviderScript.Sdp()));
        string?[] tags = [.. World.AtPhone.OfType<SipResponse>().Where(response => response.Status > 100).Select(response => response.To.Tag).Distinct()];
        Assert.Single(tags);
        Assert.Equal(["fork1", "fork2"], World.AtProvider.OfType<SipRequest>().Where(request => request.Method == "ACK").Select(request => request.To.Tag));
        Assert.Equal("fork2", World.ProviderGetsRequest("BYE").To.Tag);
    }

    /// <summary>SIP.GATEWAY.OUTGOING: a 200 that is repeated is acknowledged again and told to nobody.</summary>
    [Fact]
    public void RepeatedAnswer_IsAcknowledgedAgain()
    {
        _fixture.Answered();
        int before = World.AtPhone.Count;
        World.FromProvider(_fixture.Provider.Respond(_fixture.Outer, 200, sdp: ProviderScript.Sdp()));
        World.ProviderGetsRequest("ACK");
        Assert.Equal(before, World.AtPhone.Count);
    }

    /// <summary>SIP.GATEWAY.OUTGOING: 183 with a description opens early media.</summary>
    [Fact]
    public void EarlyMedia_ReachesThePhone()
    {
        World.FromPhone(_fixture.Phone.Invite());
        SipRequest invite = World.ProviderGetsRequest("INVITE");
        World.FromProvider(_fixture.Provider.Respond(invite, 183, sdp: ProviderScript.Sdp()));
        SipResponse progress = World.PhoneGets(183);
        Assert.Contains("m=audio 7000 RTP/AVP", Encoding.Latin1.GetString(progress.Body.Span), System.StringComparison.Ordinal);
        World.Do(gateway => gateway.HandleNetworkMedia(
            World.Now, World.NetworkMedia, false, GatewayWorld.ProviderMediaAddress, Rtp.Packet(8, 1, 160, 7, new byte[160])));
        Assert.Equal(GatewayWorld.PhoneMedia, Assert.Single(World.PhoneMediaPackets, packet => !packet.IsRtcp).To);
    }

    /// <summary>SIP.GATEWAY.OUTGOING: BYE of the far side.</summary>
    [Fact]
    public void FarSideHangsUp_PhoneGetsBye()
    {
        _fixture.Answered();
        World.FromProvider(_fixture.Provider.InDialog("BYE", _fixture.Outer, ProviderScript.ContactOf(_fixture.Outer)));
        World.ProviderGets(200);
        SipRequest bye = World.PhoneGetsRequest("BYE");
        Assert.Equal(_fixture.Phone.CallId, bye.CallId);
        Assert.Equal(CallEndReason.FarSideHungUp, World.Event<CallEnded>().Reason);
        Assert.Equal(0, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.RULE-10: no codec in common is 488 with a sentence, and nothing goes upstream.</summary>
    [Fact]
    public void NoCommonCodec_Is488()
    {
        World.FromPhone(_fixture.Phone.Invite(sdp: _fixture.Phone.Sdp(formats: "96")));
        Assert.Contains("PCMA", World.PhoneGets(488).ReasonPhrase, System.StringComparison.Ordinal);
        Assert.Equal(CallEndReason.NoCommonCodec, World.Event<CallEnded>().Reason);
        Assert.Equal(0, World.CountOf<SendUpstream>());
        Assert.Equal(0, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.RULE-12: a phone that insists on secured media is told what to do; nothing is downgraded in silence.</summary>
    [Fact]
    public void SecuredOffer_Is488WithASentence()
    {
        World.FromPhone(_fixture.Phone.Invite(sdp: _fixture.Phone.Sdp().Replace("RTP/AVP 0", "RTP/SAVP 0", System.StringComparison.Ordinal)));
        Assert.Contains("encryption", World.PhoneGets(488).ReasonPhrase, System.StringComparison.Ordinal);
        Assert.Equal(0, World.CountOf<SendUpstream>());
    }

    /// <summary>SIP.RULE-10: one audio line upstream; every other line of the phone answered with port 0 in its place.</summary>
    [Fact]
    public void SecondLines_AreAnsweredWithPortZero()
    {
        string sdp = _fixture.Phone.Sdp(more: "m=video 30002 RTP/AVP 97\na=rtpmap:97 H264/90000\nm=image 30004 udptl t38");
        SipResponse answer = _fixture.Answered(phoneSdp: sdp);
        string[] lines = [.. Encoding.Latin1.GetString(answer.Body.Span).Split("\r\n").Where(line => line.StartsWith("m=", System.StringComparison.Ordinal))];
        Assert.Equal(["m=audio 7000 RTP/AVP 0 101", "m=video 0 RTP/AVP 97", "m=image 0 udptl t38"], lines);
        Assert.Single(Encoding.Latin1.GetString(_fixture.Outer.Body.Span).Split("\r\n"), line => line.StartsWith("m=", System.StringComparison.Ordinal));
    }

    /// <summary>SIP.RULE-5: the next hop follows the From account whatever host is dialled.</summary>
    [Fact]
    public void ForeignHostDialled_GoesToTheAccountsProvider()
    {
        World.FromPhone(_fixture.Phone.Invite("sip:carol@elsewhere.example"));
        Assert.Equal("sip:carol@elsewhere.example", World.ProviderGetsRequest("INVITE").Uri.Reveal());
        Assert.Equal(GatewayWorld.ProviderAddress, World.Event<OpenUpstream>().Remote);
        Assert.Equal("example.org", World.Event<OpenUpstream>().CertificateName);
    }

    /// <summary>SIP.RULE-7: a redirection is followed by the gateway through the same account; the phone does not see it.</summary>
    [Fact]
    public void Redirection_IsFollowedThroughTheAccount()
    {
        World.FromPhone(_fixture.Phone.Invite());
        SipRequest invite = World.ProviderGetsRequest("INVITE");
        World.FromProvider(_fixture.Provider.Respond(invite, 302, "Contact: <sip:carol@other.example;x=1>\n", contact: false));
        World.ProviderGetsRequest("ACK");
        SipRequest again = World.ProviderGetsRequest("INVITE");
        Assert.Equal(("sip:carol@other.example;x=1", invite.CallId, invite.CSeq.Number + 1), (again.Uri.Reveal(), again.CallId, again.CSeq.Number));
        World.FromProvider(_fixture.Provider.Respond(again, 200, sdp: ProviderScript.Sdp()));
        World.PhoneGets(200);
        Assert.Equal(1, World.CountOf<OpenUpstream>());
    }

    /// <summary>SIP.RULE-7: one that wants a digest of its own goes to the phone byte for byte, whose new INVITE leaves through the same account.</summary>
    [Fact]
    public void ChallengedRedirection_IsThePhonesToFollow()
    {
        World.FromPhone(_fixture.Phone.Invite(extra: CallFixture.Credentials("sip:bob@example.org", name: "Proxy-Authorization")));
        SipRequest invite = World.ProviderGetsRequest("INVITE");
        World.FromProvider(_fixture.Provider.Respond(invite, 302, "Contact: <sip:carol@other.example;x=1>\n", contact: false));
        SipRequest again = World.ProviderGetsRequest("INVITE");
        Assert.False(again.Headers.Has("Proxy-Authorization"));
        World.FromProvider(_fixture.Provider.Respond(again, 407, "Proxy-Authenticate: " + ProviderScript.Challenge + "\n", contact: false));
        SipResponse moved = World.PhoneGets(302);
        Assert.Equal("<sip:carol@other.example;x=1>", moved.Headers.Find("Contact"));
        World.FromPhone(_fixture.Phone.Ack(moved, refusal: true));
        World.FromPhone(_fixture.Phone.Invite("sip:carol@other.example;x=1"));
        Assert.Equal("sip:carol@other.example;x=1", World.ProviderGetsRequest("INVITE").Uri.Reveal());
        Assert.Equal(1, World.CountOf<OpenUpstream>());
    }

    /// <summary>SIP.ACCOUNT: another domain than the configured ones is refused and asked of nobody.</summary>
    [Fact]
    public void UnknownAccount_IsRefusedWithoutAPath()
    {
        World.FromPhone(_fixture.Phone.Invite().Replace("alice@example.org", "alice@stranger.example", System.StringComparison.Ordinal));
        Assert.Equal(403, World.PhoneGets(403).Status);
        Assert.Equal(0, World.CountOf<NeedPath>());
    }

    /// <summary>SIP.GATEWAY.OUTGOING: a phone that offers nothing is offered to, and answers in its ACK.</summary>
    [Fact]
    public void InviteWithoutOffer_IsOfferedInTheAnswer()
    {
        World.FromPhone(_fixture.Phone.Invite(sdp: string.Empty).Replace("Content-Type: application/sdp\n", string.Empty, System.StringComparison.Ordinal));
        SipRequest invite = World.ProviderGetsRequest("INVITE");
        World.FromProvider(_fixture.Provider.Respond(invite, 200, sdp: ProviderScript.Sdp()));
        SipResponse answer = World.PhoneGets(200);
        Assert.Contains("m=audio 7000 RTP/AVP 8 0 101", Encoding.Latin1.GetString(answer.Body.Span), System.StringComparison.Ordinal);
        World.FromPhone(_fixture.Phone.Ack(answer, body: _fixture.Phone.Sdp()));
        World.Do(gateway => gateway.HandlePhoneMedia(World.Now, World.LocalMediaId, false, GatewayWorld.PhoneMedia, Rtp.Packet(0, 1, 160, 7, new byte[160])));
        World.Wait(0.1);
        Assert.NotEmpty(World.ProviderMedia);
    }
}
