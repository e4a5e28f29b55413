using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>SIP.LOCATION</summary>
public sealed class ServerLocationTests
{
    private readonly Dictionary<LocationQuestion, ResolveAnswer[]> _zone = [];
    private readonly List<LocationQuestion> _asked = [];

    /// <summary>SIP.LOCATION: NAPTR leads to SRV leads to addresses; another transport is never taken (rule 5).</summary>
    [Fact]
    public void Naptr_LeadsToTheSameTransportOnly()
    {
        _zone[new(ResolveKind.NamingAuthority, "example.org")] =
        [
            ResolveAnswer.ForNamingAuthority(10, 10, "s", "SIP+D2U", string.Empty, "_sip._udp.cheap.example.org"),
            ResolveAnswer.ForNamingAuthority(50, 10, "s", "SIPS+D2T", string.Empty, "_sips._tcp.sbc.example.org."),
        ];
        _zone[new(ResolveKind.Service, "_sips._tcp.sbc.example.org")] = [ResolveAnswer.ForService(1, 1, 5061, "A.sbc.example.org.")];
        _zone[new(ResolveKind.Address4, "a.sbc.example.org")] = [Address(1)];
        ServerLocation location = Run(new LocationTarget("example.org", 0, LocationTransport.Tls, false));
        Assert.Equal([Peer(1, 5061)], location.Candidates);
        Assert.Equal(1, location.Drops[LocationDrop.OtherTransport]);
        Assert.DoesNotContain(_asked, question => question.Name.Contains("_udp", StringComparison.Ordinal));
    }

    /// <summary>SIP.LOCATION: without NAPTR and SRV the domain's own addresses and the default port serve.</summary>
    [Theory]
    [InlineData(LocationTransport.Tls, 5061)]
    [InlineData(LocationTransport.Tcp, 5060)]
    [InlineData(LocationTransport.Udp, 5060)]
    public void BareDomain_UsesItsAddress(LocationTransport transport, int port)
    {
        _zone[new(ResolveKind.Address4, "example.org")] = [Address(1), Address(2)];
        Assert.Equal([Peer(1, port), Peer(2, port)], Run(new LocationTarget("example.org", 0, transport, false)).Candidates);
    }

    /// <summary>SIP.LOCATION: an address is taken as it is, a port asks for addresses alone.</summary>
    [Fact]
    public void AddressOrPort_SkipsTheRecords()
    {
        Assert.Equal("192.0.2.1:5061", Run(new LocationTarget("192.0.2.1", 0, LocationTransport.Tls, false)).Candidates.Single().Reveal());
        Assert.Equal("[2001:db8::1]:7000", Run(new LocationTarget("[2001:db8::1]", 7_000, LocationTransport.Tls, false)).Candidates.Single().Reveal());
        Assert.Empty(_asked);
        _zone[new(ResolveKind.Address4, "example.org")] = [Address(1)];
        Assert.Equal([Peer(1, 5_070)], Run(new LocationTarget("example.org", 5_070, LocationTransport.Tls, false)).Candidates);
        Assert.Equal([ResolveKind.Address4], _asked.Select(question => question.Kind));
    }

    /// <summary>SIP.LOCATION: lower priority first; within one the draw follows the weights (RFC 2782).</summary>
    [Fact]
    public void Weights_AreDrawn()
    {
        _zone[new(ResolveKind.Service, "_sips._tcp.example.org")] =
        [
            ResolveAnswer.ForService(20, 100, 1, "late"),
            ResolveAnswer.ForService(10, 75, 2, "heavy"),
            ResolveAnswer.ForService(10, 25, 3, "light"),
        ];
        foreach ((byte number, string name) in (ReadOnlySpan<(byte, string)>)[(1, "late"), (2, "heavy"), (3, "light")])
        {
            _zone[new(ResolveKind.Address4, name)] = [Address(number)];
        }

        int heavyFirst = 0;
        for (ulong seed = 0; seed < 1_000; seed++)
        {
            ServerLocation location = Run(new LocationTarget("example.org", 0, LocationTransport.Tls, false), seed);
            heavyFirst += location.Candidates[0].Port == 2 ? 1 : 0;
            Assert.Equal(1, location.Candidates[2].Port);
        }

        Assert.InRange(heavyFirst, 690, 810);
    }

    /// <summary>SIP.LOCATION: a target of "." says that there is no service; so does nothing at all.</summary>
    [Fact]
    public void NoService_IsNotFound()
    {
        _zone[new(ResolveKind.Service, "_sips._tcp.example.org")] = [ResolveAnswer.ForService(0, 0, 0, ".")];
        _zone[new(ResolveKind.Address4, "example.org")] = [Address(1)];
        Assert.Equal(LocationState.NotFound, Run(new LocationTarget("example.org", 0, LocationTransport.Tls, false)).State);
        Assert.Equal(LocationState.NotFound, Run(new LocationTarget("other.org", 0, LocationTransport.Tls, false)).State);
    }

    /// <summary>SIP.LOCATION, SIP.LIMITS: a hostile zone cannot make it ask or keep more than its limits.</summary>
    [Fact]
    public void HostileZone_IsBounded()
    {
        _zone[new(ResolveKind.NamingAuthority, "example.org")] =
        [
            ResolveAnswer.ForNamingAuthority(1, 1, "u", "SIPS+D2T", "!.*!sip:evil!", string.Empty),
            ResolveAnswer.ForNamingAuthority(1, 1, "s", "SIPS+D2T", string.Empty, "_sips._tcp.example.org"),
        ];
        _zone[new(ResolveKind.Service, "_sips._tcp.example.org")] = [.. Enumerable.Range(1, 16).Select(number => ResolveAnswer.ForService(1, 1, 5061, "t" + number)), ResolveAnswer.ForService(1, 1, 5061, "bad\r\nname")];
        for (int number = 1; number <= 16; number++)
        {
            _zone[new(ResolveKind.Address4, "t" + number)] = [.. Enumerable.Range(1, 16).Select(host => Address((byte)(((number * 16) + host - 17) & 0xFF)))];
        }

        ServerLocation location = Run(new LocationTarget("example.org", 0, LocationTransport.Tls, false));
        Assert.Equal(ServerLocation.MaxCandidates, location.Candidates.Count);
        Assert.Equal(ServerLocation.MaxTargets, _asked.Count(question => question.Kind == ResolveKind.Address4));
        Assert.Equal(2, location.Drops[LocationDrop.Unusable]);
        Assert.Equal(12, location.Drops[LocationDrop.TooMany]);
    }

    /// <summary>SIP.LOCATION: an answer that nobody asked for is dropped.</summary>
    [Fact]
    public void UnaskedAnswer_IsDropped()
    {
        ServerLocation location = new(new LocationTarget("example.org", 0, LocationTransport.Tls, false), new SeededEntropy(1));
        Assert.Equal(LocationDrop.NotAsked, location.HandleAnswers(new(ResolveKind.Address4, "example.org"), [Address(1)]));
        Assert.Equal(LocationState.Asking, location.State);
    }

    /// <summary>SIP.LOCATION: IPv6 where it is allowed.</summary>
    [Fact]
    public void IPv6_IsAskedWhereAllowed()
    {
        Run(new LocationTarget("example.org", 5_061, LocationTransport.Tls, true));
        Assert.Contains(_asked, question => question.Kind == ResolveKind.Address6);
    }

    private static ResolveAnswer Address(byte last) => ResolveAnswer.ForAddress(IpAddress.FromIPv4(0xC0000200u | last));

    private static PeerAddress Peer(byte last, int port) => new(IpAddress.FromIPv4(0xC0000200u | last), (ushort)port);

    private ServerLocation Run(LocationTarget target, ulong seed = 1)
    {
        ServerLocation location = new(target, new SeededEntropy(seed));
        while (location.PollQuestion(out LocationQuestion question))
        {
            _asked.Add(question);
            location.HandleAnswers(question, _zone.GetValueOrDefault(question, []));
        }

        return location;
    }
}
