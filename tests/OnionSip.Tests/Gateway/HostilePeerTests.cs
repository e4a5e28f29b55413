using System;
using System.Linq;
using System.Text;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>What a phone or a provider can say to make the gateway leak, send elsewhere, or keep something for ever.</summary>
public sealed class HostilePeerTests
{
    private readonly CallFixture _fixture = new();

    private GatewayWorld World => _fixture.World;

    /// <summary>SIP.GATEWAY.FAIL-CLOSED, SIP.GATEWAY.MEDIA: a description that names an address outside this machine gets no packet there.</summary>
    [Theory]
    [InlineData("192.0.2.66")]
    [InlineData("192.168.1.20")]
    public void PhoneNamesAnAddressElsewhere_MediaStaysOnLoopback(string address)
    {
        _fixture.Answered(phoneSdp: _fixture.Phone.Sdp().Replace("c=IN IP4 127.0.0.77", "c=IN IP4 " + address, StringComparison.Ordinal));
        World.Do(gateway => gateway.HandleNetworkMedia(World.Now, World.NetworkMedia, false, GatewayWorld.ProviderMediaAddress, Rtp.Packet(8, 1, 160, 7, new byte[160])));
        World.Wait(10);
        Assert.NotEmpty(World.PhoneMediaPackets);
        Assert.All(World.PhoneMediaPackets, packet => Assert.Equal("127.0.0.77", packet.To.Address.Reveal()));
        Assert.Contains(World.PhoneMediaPackets, packet => !packet.IsRtcp && packet.To.Port == 30000);
        Assert.Equal(GatewayDrop.None, World.Gateway.HandlePhoneMedia(World.Now, World.LocalMediaId, false, GatewayWorld.PhoneMedia, Rtp.Packet(8, 1, 160, 7, new byte[160])));
        Assert.Equal(GatewayDrop.ForeignMedia, World.Gateway.HandlePhoneMedia(World.Now, World.LocalMediaId, false, GatewayWorld.Address(address + ":30000"), Rtp.Packet(8, 2, 320, 7, new byte[160])));
    }

    /// <summary>SIP.RULE-1, SIP.GATEWAY.DIALOG: a phone that puts anything but the target it was given into a Request-URI of the dialog does not get it across.</summary>
    [Theory]
    [InlineData("BYE", "sip:127.0.0.10:5060;lr")]
    [InlineData("BYE", "sip:bob-0x1234@192.0.2.44:5080;transport=tcp;ob;device=kanari")]
    [InlineData("BYE", "sip:bob-0x1234:kanari@192.0.2.44:5080;transport=tcp;ob")]
    [InlineData("INVITE", "sip:alice@192.168.1.20")]
    public void ForeignRequestUriInDialog_IsReplacedByTheTarget(string method, string uri)
    {
        SipResponse answer = _fixture.Answered();
        string request = _fixture.Phone.InDialog(method, answer, CallFixture.Credentials(uri), method == "INVITE" ? _fixture.Phone.Sdp("sendonly") : null);
        World.FromPhone(request.Replace(method + " " + ProviderScript.Target + " ", method + " " + uri + " ", StringComparison.Ordinal));
        SipRequest seen = World.ProviderGetsRequest(method);
        Assert.Equal(ProviderScript.Target, seen.Uri.Reveal());
        Assert.False(seen.Headers.Has("Authorization"));
        Assert.DoesNotContain(uri, World.AllProviderText(), StringComparison.Ordinal);
    }

    /// <summary>SIP.RULE-1: a phone that leaves parameters of the target out is copied as it writes: its digest names that form.</summary>
    [Fact]
    public void TargetWithFewerParameters_IsCopied()
    {
        const string Short = "sip:bob-0x1234@192.0.2.44:5080";
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer, CallFixture.Credentials(Short)).Replace("BYE " + ProviderScript.Target, "BYE " + Short, StringComparison.Ordinal));
        SipRequest seen = World.ProviderGetsRequest("BYE");
        Assert.Equal(Short, seen.Uri.Reveal());
        Assert.True(seen.Headers.Has("Authorization"));
    }

    /// <summary>SIP.GATEWAY.CALL: a caller's BYE before the answer ends the INVITE too; one that never got a final answer would stay for ever.</summary>
    [Fact]
    public void ByeBeforeAnswer_LeavesNoTransaction()
    {
        string contact = ProviderScript.ContactOf(_fixture.Register());
        World.FromProvider(_fixture.Provider.Invite(contact, ProviderScript.Sdp()));
        SipRequest invite = World.PhoneGetsRequest("INVITE");
        World.FromPhone(_fixture.Phone.Respond(invite, 180));
        SipResponse ringing = World.ProviderGets(180);
        World.FromProvider(_fixture.Provider.InCalledDialog("BYE", ringing, contact));
        World.ProviderGets(200);
        World.FromPhone(_fixture.Phone.Respond(invite, 487));
        Assert.Equal(0, World.Gateway.ExchangeCount);
        World.Wait(200);
        Assert.Equal(0, World.Gateway.TransactionCount);
        Assert.Contains(World.AtProvider, message => message is SipResponse { Status: 487 });
    }

    /// <summary>SIP.GATEWAY.REINVITE: a phone that hangs up while its hold waits gets an answer to both; nothing stays.</summary>
    [Fact]
    public void ByeWhileHoldWaits_LeavesNoTransaction()
    {
        SipResponse answer = _fixture.Answered();
        World.FromPhone(_fixture.Phone.InDialog("INVITE", answer, sdp: _fixture.Phone.Sdp("sendonly")));
        World.ProviderGetsRequest("INVITE");
        World.FromPhone(_fixture.Phone.InDialog("BYE", answer));
        World.FromProvider(_fixture.Provider.Respond(World.ProviderGetsRequest("BYE"), 200));
        World.PhoneGets(200);
        World.PhoneGets(487);
        World.Wait(300);
        Assert.Equal(0, World.Gateway.ExchangeCount);
        Assert.Equal(0, World.Gateway.TransactionCount);
    }

    /// <summary>SIP.GATEWAY.LIMITS: a far side that answers one call with a thousand branches: each is acknowledged, few are ended one by one, nothing grows.</summary>
    [Fact]
    public void ThousandForks_AreBounded()
    {
        _fixture.Answered();
        for (int fork = 0; fork < 1_000; fork++)
        {
            World.FromProvider(_fixture.Provider.Respond(_fixture.Outer, 200, sdp: ProviderScript.Sdp(), tag: "fork" + fork));
        }

        Assert.InRange(World.Gateway.ExchangeCount, 2, 1 + GatewayLimits.MaxForks);
        Assert.InRange(World.Gateway.TransactionCount, 1, 100);
    }

    /// <summary>SIP.RULE-6: a branch that repeats its 2xx is acknowledged again and ended once.</summary>
    [Fact]
    public void RepeatedFork_IsEndedOnce()
    {
        _fixture.Answered();
        for (int repetition = 0; repetition < 5; repetition++)
        {
            World.FromProvider(_fixture.Provider.Respond(_fixture.Outer, 200, sdp: ProviderScript.Sdp(), tag: "other"));
        }

        Assert.Equal(5, World.AtProvider.Count(message => message is SipRequest { Method: "ACK" } ack && ack.To.Tag == "other"));
        Assert.Equal(1, World.AtProvider.Count(message => message is SipRequest { Method: "BYE" }));
    }

    /// <summary>SIP.GATEWAY.CALL: a phone that crashed in a call: the provider gets its BYE; a phone that only keeps silent is left alone.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SilentPhoneInCall_IsAskedAndEndedWhenGone(bool lives)
    {
        _fixture.Answered();
        for (int second = 0; second < 80; second++)
        {
            World.Wait(1);
            if (lives && World.AtPhone.FirstOrDefault(message => message is SipRequest { Method: "OPTIONS" }) is SipRequest probe)
            {
                World.AtPhone.Clear();
                World.FromPhone(_fixture.Phone.Respond(probe, 200));
            }
        }

        Assert.Equal(lives ? 0 : 1, World.AtProvider.Count(message => message is SipRequest { Method: "BYE" }));
        Assert.Equal(lives ? 0 : 1, World.CountOf<CallEnded>());
        Assert.DoesNotContain(World.AtProvider, message => message is SipRequest { Method: "OPTIONS" });
    }

    /// <summary>SIP.GATEWAY.CALL: while the phone's media or reports come, it is not asked.</summary>
    [Fact]
    public void PhoneThatOnlyReports_IsNotAsked()
    {
        _fixture.Answered();
        for (int report = 0; report < 16; report++)
        {
            World.Do(gateway => gateway.HandlePhoneMedia(World.Now, World.LocalMediaId, true, GatewayWorld.PhoneMedia with { Port = 30001 }, new byte[] { 0x80, 201, 0, 1, 0, 0, 0, 7 }));
            World.Wait(5);
        }

        Assert.DoesNotContain(World.AtPhone, message => message is SipRequest { Method: "OPTIONS" });
    }

    /// <summary>SIP.GATEWAY.UPSTREAM: an exit that never answers a question is given up with its path; the next attempt asks again.</summary>
    [Fact]
    public void ResolverNeverAnswers_NextAttemptAsksAgain()
    {
        CallFixture fixture = new(nextHop: null);
        GatewayWorld world = fixture.World;
        world.FromPhone(fixture.Phone.Register());
        int asked = world.CountOf<ResolveName>();
        Assert.InRange(asked, 1, 8);
        world.Wait(16);
        world.PhoneGets(503);
        Assert.Equal(1, world.CountOf<ReleasePath>());
        world.Wait(5);
        world.FromPhone(fixture.Phone.Register());
        Assert.Equal(2 * asked, world.CountOf<ResolveName>());
        Assert.Equal(2, world.CountOf<NeedPath>());
    }

    /// <summary>SIP.RULE-7: what is passed of a redirection are sip addresses alone; a link would be fetched from here.</summary>
    [Fact]
    public void RedirectionToALink_IsNotPassed()
    {
        World.FromPhone(_fixture.Phone.Invite());
        World.FromProvider(_fixture.Provider.Respond(World.ProviderGetsRequest("INVITE"), 302, "Contact: <http://tracker.invalid/x>\n"));
        Assert.False(World.PhoneGets(302).Headers.Has("Contact"));
    }

    /// <summary>SIP.GATEWAY.MEDIA: an association lost between challenge and answer is not described to anybody.</summary>
    [Fact]
    public void AssociationLostWhileChallenged_IsNotOffered()
    {
        World.FromPhone(_fixture.Phone.Invite());
        World.FromProvider(_fixture.Provider.Respond(World.ProviderGetsRequest("INVITE"), 407, "Proxy-Authenticate: " + ProviderScript.Challenge + "\n"));
        World.FromPhone(_fixture.Phone.Ack(World.PhoneGets(407), refusal: true));
        World.Do(gateway => gateway.HandleAssociationLost(World.Now, World.NetworkMedia, GatewayFailure.Closed));
        World.ExitMediaWorks = false;
        World.FromPhone(_fixture.Phone.Invite(extra: CallFixture.Credentials("sip:bob@example.org", name: "Proxy-Authorization")));
        World.Do(gateway => gateway.HandleAssociated(World.Now, World.NetworkMedia, GatewayWorld.Address("203.0.113.8:22000")));
        Assert.Contains("m=audio 22000", Encoding.Latin1.GetString(World.ProviderGetsRequest("INVITE").Body.Span), StringComparison.Ordinal);
    }
}
