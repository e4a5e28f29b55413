using System;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>SIP.GATEWAY.UPSTREAM, SIP.GATEWAY.EVENTS, SIP.RULE-5</summary>
public sealed class UpstreamTests
{
    private readonly CallFixture _fixture = new(nextHop: null);

    private GatewayWorld World => _fixture.World;

    /// <summary>SIP.RULE-5, SIP.GATEWAY.EVENTS: names are asked of the exit; a record for another transport is never taken instead of TLS.</summary>
    [Fact]
    public void Location_AsksTheExitAndStaysOnTls()
    {
        World.FromPhone(_fixture.Phone.Register());
        ResolveName[] asked = [.. World.Events.OfType<ResolveName>()];
        Assert.Equal(["example.org", "_sips._tcp.example.org"], asked.Select(question => question.Name));
        World.Do(gateway => gateway.HandleResolved(World.Now, asked[0].Request, [ResolveAnswer.ForNamingAuthority(1, 1, "s", "SIP+D2U", string.Empty, "_sip._udp.example.org")]));
        World.Do(gateway => gateway.HandleResolved(World.Now, asked[1].Request, [ResolveAnswer.ForService(1, 1, 5062, "sip1.example.org")]));
        ResolveName address = World.Event<ResolveName>();
        Assert.Equal((ResolveKind.Address4, "sip1.example.org"), (address.Kind, address.Name));
        World.Do(gateway => gateway.HandleResolved(World.Now, address.Request, [ResolveAnswer.ForAddress(GatewayWorld.ProviderAddress.Address)]));
        OpenUpstream open = World.Event<OpenUpstream>();
        Assert.Equal((UpstreamTransport.Tls, "198.51.100.5:5062", "example.org"), (open.Transport, open.Remote.Reveal(), open.CertificateName));
    }

    /// <summary>SIP.GATEWAY.UPSTREAM: the second server is tried when the first does not answer.</summary>
    [Fact]
    public void FirstServerDead_SecondIsTried()
    {
        World.ProviderWorks = false;
        World.FromPhone(_fixture.Phone.Register());
        ResolveName[] asked = [.. World.Events.OfType<ResolveName>()];
        World.Do(gateway => gateway.HandleResolveFailed(World.Now, asked[0].Request, GatewayFailure.NotFound));
        World.Do(gateway => gateway.HandleResolveFailed(World.Now, asked[1].Request, GatewayFailure.NotFound));
        World.Do(gateway => gateway.HandleResolved(World.Now, World.Event<ResolveName>().Request,
            [ResolveAnswer.ForAddress(GatewayWorld.ProviderAddress.Address), ResolveAnswer.ForAddress(IpAddress.FromIPv4(0xC6336407))]));
        World.ProviderWorks = true;
        World.Do(gateway => gateway.HandleUpstreamClosed(World.Now, World.Upstream, GatewayFailure.Unreachable));
        Assert.Equal(["198.51.100.5:5061", "198.51.100.7:5061"], World.Events.OfType<OpenUpstream>().Select(open => open.Remote.Reveal()));
        World.ProviderGetsRequest("REGISTER");
    }

    /// <summary>SIP.GATEWAY.FAIL-CLOSED: a domain without servers.</summary>
    [Fact]
    public void NoServer_Is503()
    {
        World.FromPhone(_fixture.Phone.Register());
        while (World.CountOf<ResolveName>() is var count && World.Events.OfType<ResolveName>().Any(question => World.Gateway.PollTimeout() != Instant.Never) && count < 4)
        {
            foreach (ResolveName question in World.Events.OfType<ResolveName>().ToArray())
            {
                World.Do(gateway => gateway.HandleResolveFailed(World.Now, question.Request, GatewayFailure.NotFound));
            }

            if (World.CountOf<ResolveName>() == count)
            {
                break;
            }
        }

        Assert.Contains("no SIP server", World.PhoneGets(503).ReasonPhrase, StringComparison.Ordinal);
    }

    /// <summary>SIP.ACCOUNT: UDP to the provider only where the account says so, one message in each datagram; with its warning.</summary>
    [Fact]
    public void UdpAccount_SendsDatagrams()
    {
        CallFixture fixture = new(transport: UpstreamTransport.Udp);
        SipRequest request = fixture.Register();
        Assert.Equal("UDP", request.TopVia.Transport);
        Assert.EndsWith(";transport=udp", ProviderScript.ContactOf(request), StringComparison.Ordinal);
        Assert.NotNull(fixture.World.Event<NeedPath>().Options.Warning);
        Assert.Null(_fixture.World.Gateway.Options.Accounts[0].Warning);
    }

    /// <summary>SIP.GATEWAY.UPSTREAM: a provider whose stream loses its framing is cut off, and the phone's call ends.</summary>
    [Fact]
    public void BrokenStream_IsClosed()
    {
        CallFixture fixture = new();
        fixture.Answered();
        fixture.World.FromProvider("INVITE sip:x SIP/2.0\nContent-Length: nonsense\n\n");
        fixture.World.PhoneGetsRequest("BYE");
        Assert.Equal(1, fixture.World.CountOf<CloseUpstream>());
    }

    /// <summary>SIP.GATEWAY.UPSTREAM: responses cut into single bytes are put together.</summary>
    [Fact]
    public void ResponseInSingleBytes_IsTaken()
    {
        CallFixture fixture = new();
        fixture.World.FromPhone(fixture.Phone.Register());
        string response = fixture.Provider.Registered(fixture.World.ProviderGetsRequest("REGISTER")).ReplaceLineEndings("\r\n");
        foreach (char one in response)
        {
            fixture.World.Do(gateway => gateway.HandleUpstreamData(fixture.World.Now, fixture.World.Upstream, [(byte)one]));
        }

        fixture.World.PhoneGets(200);
    }
}
