using System;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>SIP.GATEWAY.FAIL-CLOSED, SIP.RULE-6</summary>
public sealed class FailureTests
{
    private readonly CallFixture _fixture = new();

    private GatewayWorld World => _fixture.World;

    /// <summary>SIP.GATEWAY.FAIL-CLOSED: no circuit: 503, Retry-After, a sentence; not one byte elsewhere.</summary>
    [Fact]
    public void NoPath_Is503WithASentence()
    {
        World.PathsWork = false;
        World.PathsFail = true;
        World.FromPhone(_fixture.Phone.Invite());
        SipResponse refusal = World.PhoneGets(503);
        Assert.InRange(int.Parse(refusal.Headers.Find("Retry-After")!), 5, 10);
        Assert.Contains("no path", refusal.ReasonPhrase, StringComparison.Ordinal);
        Assert.Equal(CallEndReason.PathLost, World.Event<CallEnded>().Reason);
        Assert.Equal(0, World.CountOf<SendUpstream>() + World.CountOf<OpenUpstream>() + World.CountOf<ResolveName>() + World.CountOf<SendNetworkMedia>());
    }

    /// <summary>SIP.GATEWAY.FAIL-CLOSED: a path that never comes.</summary>
    [Fact]
    public void PathNeverComes_Is503InTime()
    {
        World.PathsWork = false;
        World.FromPhone(_fixture.Phone.Register());
        World.Wait(16);
        World.PhoneGets(503);
        Assert.Equal(1, World.CountOf<ReleasePath>());
    }

    /// <summary>SIP.GATEWAY.FAIL-CLOSED: the same for a call.</summary>
    [Fact]
    public void PathNeverComesForACall_IsNotReached()
    {
        World.PathsWork = false;
        World.FromPhone(_fixture.Phone.Invite());
        World.Wait(40);
        World.PhoneGets(503);
        Assert.Equal(CallEndReason.NotReached, World.Event<CallEnded>().Reason);
    }

    /// <summary>SIP.GATEWAY.FAIL-CLOSED: a TLS account never speaks over a connection that is not TLS, and says what is wrong.</summary>
    [Fact]
    public void ConnectionWithoutTls_IsNotUsed()
    {
        World.ProviderWorks = false;
        World.FromPhone(_fixture.Phone.Register());
        World.Do(gateway => gateway.HandleUpstreamReady(World.Now, World.Upstream, GatewayWorld.ExitLocal, GatewayWorld.ProviderAddress, isTls: false));
        Assert.Contains("certificate", World.PhoneGets(503).ReasonPhrase, StringComparison.Ordinal);
        Assert.Empty(World.ProviderBytes);
    }

    /// <summary>SIP.GATEWAY.FAIL-CLOSED: a bad certificate is told as such.</summary>
    [Fact]
    public void BadCertificate_IsToldToThePhone()
    {
        World.ProviderWorks = false;
        World.FromPhone(_fixture.Phone.Invite());
        World.Do(gateway => gateway.HandleUpstreamClosed(World.Now, World.Upstream, GatewayFailure.BadCertificate));
        Assert.Contains("nothing was sent", World.PhoneGets(503).ReasonPhrase, StringComparison.Ordinal);
    }

    /// <summary>SIP.RULE-6: the exit is lost in a call: the phone gets BYE at once, the provider's BYE goes over a new path until answered.</summary>
    [Fact]
    public void ExitLostInCall_PhoneGetsByeAndProviderToo()
    {
        _fixture.Answered();
        World.Wait(1);
        World.PathsWork = false;
        World.Do(gateway => gateway.HandlePathLost(World.Now, World.Path, GatewayFailure.PathLost));
        Assert.Contains("lost its path", World.PhoneGetsRequest("BYE").Headers.Find("Reason"), StringComparison.Ordinal);
        Assert.Equal(CallEndReason.PathLost, World.Event<CallEnded>().Reason);
        World.PathsWork = true;
        World.Do(gateway => gateway.HandlePathReady(World.Now, World.Path));
        SipRequest bye = World.ProviderGetsRequest("BYE");
        Assert.Equal((_fixture.Outer.CallId, "provtag"), (bye.CallId, bye.To.Tag));
        World.FromProvider(_fixture.Provider.Respond(bye, 200));
        Assert.Equal(0, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.RULE-6: nobody answers that BYE: it ends after 32 s.</summary>
    [Fact]
    public void OrphanedBye_EndsAfter32Seconds()
    {
        _fixture.Answered();
        World.PathsWork = false;
        World.PathsFail = true;
        World.Do(gateway => gateway.HandlePathLost(World.Now, World.Path, GatewayFailure.PathLost));
        World.Wait(31);
        Assert.Equal(1, World.Gateway.ExchangeCount);
        World.Wait(2);
        Assert.Equal(0, World.Gateway.ExchangeCount);
        Assert.True(World.CountOf<NeedPath>() is > 3 and < 12);
    }

    /// <summary>SIP.GATEWAY.CALL: after the exit is lost the next call works without a restart.</summary>
    [Fact]
    public void ExitLost_NextCallWorks()
    {
        _fixture.Answered();
        World.Do(gateway => gateway.HandlePathLost(World.Now, World.Path, GatewayFailure.PathLost));
        _fixture.Phone.CallId = "phonecall-2";
        World.AtProvider.Clear();
        SipResponse answer = _fixture.Answered();
        Assert.Equal(200, answer.Status);
    }

    /// <summary>SIP.GATEWAY.CALL: the provider closes the connection: both sides end, over a new connection on the same path.</summary>
    [Fact]
    public void ProviderLostInCall_EndsBothSides()
    {
        _fixture.Answered();
        World.Do(gateway => gateway.HandleUpstreamClosed(World.Now, World.Upstream, GatewayFailure.Closed));
        World.PhoneGetsRequest("BYE");
        World.ProviderGetsRequest("BYE");
        Assert.Equal(CallEndReason.ProviderLost, World.Event<CallEnded>().Reason);
        Assert.Equal(1, World.CountOf<NeedPath>());
        Assert.Equal(2, World.CountOf<OpenUpstream>());
    }

    /// <summary>SIP.GATEWAY.FAIL-CLOSED: lost while it rings: 503 at once.</summary>
    [Fact]
    public void ExitLostWhileRinging_Is503()
    {
        World.FromPhone(_fixture.Phone.Invite());
        World.FromProvider(_fixture.Provider.Respond(World.ProviderGetsRequest("INVITE"), 180));
        World.Do(gateway => gateway.HandlePathLost(World.Now, World.Path, GatewayFailure.PathLost));
        World.PhoneGets(503);
        Assert.Equal(0, World.Gateway.ExchangeCount);
    }

    /// <summary>SIP.GATEWAY.MEDIA: the association alone is lost.</summary>
    [Fact]
    public void AssociationLostInCall_EndsBothSides()
    {
        _fixture.Answered();
        World.Do(gateway => gateway.HandleAssociationLost(World.Now, World.NetworkMedia, GatewayFailure.PathLost));
        World.PhoneGetsRequest("BYE");
        World.ProviderGetsRequest("BYE");
    }

    /// <summary>SIP.GATEWAY.FAIL-CLOSED: the exit has no port for media.</summary>
    [Fact]
    public void NoAssociation_Is503()
    {
        World.ExitMediaWorks = false;
        World.FromPhone(_fixture.Phone.Invite());
        World.Do(gateway => gateway.HandleAssociationLost(World.Now, World.NetworkMedia, GatewayFailure.Busy));
        Assert.Contains("busy", World.PhoneGets(503).ReasonPhrase, StringComparison.Ordinal);
        Assert.Empty(World.ProviderBytes);
    }

    /// <summary>SIP.GATEWAY: stopping ends calls on both sides and leaves nothing half open.</summary>
    [Fact]
    public void Shutdown_LeavesNothingHalfOpen()
    {
        _fixture.Answered();
        World.Do(gateway => gateway.Shutdown(World.Now));
        World.PhoneGetsRequest("BYE");
        SipRequest bye = World.ProviderGetsRequest("BYE");
        World.FromProvider(_fixture.Provider.Respond(bye, 200));
        Assert.Equal(Instant.Never, World.Gateway.PollTimeout());
        Assert.Equal(1, World.CountOf<CloseUpstream>());
        Assert.Equal(1, World.CountOf<ReleasePath>());
        Assert.Equal(1, World.CountOf<ReleaseAssociation>());
        Assert.Equal(1, World.CountOf<CloseLocalMedia>());
    }

    /// <summary>SIP.GATEWAY: a gateway that was restarted answers what belongs to calls it does not know, so that both sides end.</summary>
    [Fact]
    public void RestartedGateway_EndsOldDialogs()
    {
        SipResponse answer = _fixture.Answered();
        CallFixture fresh = new(seed: 2);
        fresh.World.FromPhone(_fixture.Phone.InDialog("BYE", answer));
        fresh.World.PhoneGets(481);
        fresh.World.FromPhone(_fixture.Phone.Ack(answer));
        Assert.Equal(1, fresh.World.Gateway.Drops[GatewayDrop.StrayAck]);
    }

    /// <summary>SIP.GATEWAY.LIMITS: a thousand calls that go nowhere: a bounded table, 503 beyond, nothing left afterwards.</summary>
    [Fact]
    public void FloodOfCalls_IsBounded()
    {
        World.ProviderWorks = false;
        for (int call = 0; call < 1_000; call++)
        {
            PhoneScript phone = new() { CallId = "flood-" + call, Tag = "t" + call, Canary = "c" + call + "x" };
            World.FromPhone(phone.Invite());
        }

        Assert.InRange(World.Gateway.ExchangeCount, 1, GatewayLimits.MaxExchanges);
        Assert.Contains(World.AtPhone, message => message is SipResponse { Status: 503 });
        World.Wait(100);
        Assert.Equal(0, World.Gateway.ExchangeCount);
        Assert.Equal(0, World.Gateway.TransactionCount);
    }

    /// <summary>SIP.GATEWAY.DROPS: each reason has an input that causes it.</summary>
    [Fact]
    public void BadInputs_AreCountedByReason()
    {
        SipGateway gateway = World.Gateway;
        Assert.Equal(GatewayDrop.Malformed, gateway.HandlePhoneDatagram(World.Now, GatewayWorld.PhoneAddress, "nonsense\r\n\r\n"u8));
        Assert.Equal(GatewayDrop.KeepAlive, gateway.HandlePhoneDatagram(World.Now, GatewayWorld.PhoneAddress, "\r\n\r\n"u8));
        Assert.Equal(GatewayDrop.ForeignPhone, gateway.HandlePhoneDatagram(World.Now, GatewayWorld.ProviderAddress, "\r\n\r\n"u8));
        Assert.Equal(GatewayDrop.UnknownId, gateway.HandlePhoneStream(World.Now, new PhoneConnectionId(99), "x"u8));
        Assert.Equal(GatewayDrop.UnknownId, gateway.HandleNetworkMedia(World.Now, new CallMediaId(99), false, GatewayWorld.ProviderAddress, "x"u8));
        World.FromPhone(_fixture.Phone.Respond(new SipRequest("INVITE", SipUri.Create("a", "b")).Complete(), 200));
        Assert.Equal(1, gateway.Drops[GatewayDrop.StrayResponse]);
        for (int connection = 100; connection < 170; connection++)
        {
            gateway.HandlePhoneConnected(World.Now, new PhoneConnectionId(connection), GatewayWorld.PhoneAddress);
        }

        Assert.Equal(6, gateway.Drops[GatewayDrop.LimitReached]);
        Assert.Equal(1, gateway.Drops[GatewayDrop.ForeignPhone]);
    }
}

/// <summary>Fills in what a request must have.</summary>
internal static class RequestFilling
{
    public static SipRequest Complete(this SipRequest request)
    {
        request.Headers.Add("Via", "SIP/2.0/UDP 127.0.0.10:5060;branch=z9hG4bKnobody").Add("From", "<sip:a@b>;tag=1").Add("To", "<sip:c@d>").Add("Call-ID", "x").Add("CSeq", "1 INVITE");
        return request;
    }
}
