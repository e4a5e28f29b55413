using System;
using System.Collections.Generic;
using System.Diagnostics;
using OnionSip.Crypto;
using OnionSip.Directory;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;

namespace OnionSip.Benchmarks;

/// <summary>Relays on 127.0.3.1 to 127.0.3.3 and a client on 127.0.3.9, driven by the caller's thread.</summary>
internal sealed class LoopbackMesh : INodeHandler<ClientEvent>, IDisposable
{
    private const int Relays = 3;
    private static readonly PeerAddress s_peer = new(IpAddress.FromIPv4(0x7F000509), 4000);

    private readonly List<(RelayId Id, BenchRelay Relay)> _relays = [];
    private readonly EventLoop _loop = new(new HostClock(TimeProvider.System));
    private readonly NodeLoop<ClientNode, ClientEvent> _links;
    private readonly ClientNode _client;
    private readonly byte[] _packet = new byte[172];
    private ClientEventKind _last;
    private PathId _path;
    private FlowKey _flow;

    public LoopbackMesh()
    {
        List<(PeerAddress Address, RelayNodeOptions Options)> relays = [];
        List<byte[]> descriptors = [];
        OsEntropy entropy = new();
        WallTime now = _loop.Clock.WallNow;
        for (int index = 0; index < Relays; index++)
        {
            PeerAddress address = new(IpAddress.FromIPv4(0x7F000301 + (uint)index), 19001);
            (RelayNodeOptions options, byte[] descriptor) = NewRelay(index, address, entropy, now);
            relays.Add((address, options));
            descriptors.Add(descriptor);
        }

        byte[] authority = Key(entropy);
        byte[] authorityKey = new byte[32];
        Ed25519.DerivePublicKey(authority, authorityKey);
        byte[] file = NetworkDocument.Sign("bench", true, now, TimeSpan.FromDays(1), descriptors, authority);
        NetworkDocument.TryParse(file, authorityKey, now, out NetworkDocument? document);
        foreach ((PeerAddress address, RelayNodeOptions options) in relays)
        {
            _relays.Add((options.Identity, new(address, options, document!)));
        }

        _client = new(_loop.Clock.Now, now, new ClientNodeOptions(), document!, entropy);
        _links = new(_loop, _client, this, [new(IpAddress.FromIPv4(0x7F000309), 0)]);
    }

    public Instant NextDeadline => Instant.Never;

    /// <summary>Milliseconds until a path of three hops is ready.</summary>
    public double BuildCircuit()
    {
        if (_path != default)
        {
            _client.ClosePath(_loop.Clock.Now, _path);
            Turn(TimeSpan.FromMilliseconds(20));
        }

        long start = Stopwatch.GetTimestamp();
        _path = _client.OpenPath(_loop.Clock.Now)!.Value;
        Await(ClientEventKind.PathReady);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public void Associate()
    {
        _flow = _client.Associate(_loop.Clock.Now, _path, isIPv6: false)!.Value;
        Await(ClientEventKind.Associated);
        _client.Consent(_loop.Clock.Now, _flow, [s_peer]);
        Turn(TimeSpan.FromMilliseconds(50));
    }

    /// <summary>Every 5 ms a burst of voice packets, as many calls of one client would send.</summary>
    public void SendBursts(int bursts, int packets)
    {
        for (int burst = 0; burst < bursts; burst++)
        {
            for (int packet = 0; packet < packets; packet++)
            {
                _client.SendDatagram(_loop.Clock.Now, _flow, isRtcp: false, s_peer, _packet);
            }

            Turn(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>Guard and middle together: the two that send cells on.</summary>
    public ForwardCost Cost()
    {
        ForwardCost sum = default;
        foreach (RelayDescriptor hop in (List<RelayDescriptor>)[_client.RelaysOf(_path)[0], _client.RelaysOf(_path)[1]])
        {
            ForwardCost cost = _relays.Find(relay => relay.Id == hop.Identity).Relay.Cost();
            sum = new(sum.Nanoseconds + cost.Nanoseconds, sum.Cells + cost.Cells);
        }

        return sum;
    }

    public void HandleDatagram(Instant now, in PeerAddress from, Span<byte> datagram) => _client.HandleDatagram(now, from, datagram);

    public void HandleEvent(Instant now, in ClientEvent nodeEvent) => _last = nodeEvent.Kind;

    public void HandleDeadline(Instant now)
    {
    }

    public bool HandleDrained(Instant now) => false;

    public void Dispose()
    {
        foreach ((_, BenchRelay relay) in _relays)
        {
            relay.Dispose();
        }

        _links.Dispose();
        _client.Dispose();
        _loop.Dispose();
    }

    private static byte[] Key(OsEntropy entropy)
    {
        byte[] key = new byte[32];
        entropy.Fill(key);
        return key;
    }

    private static (RelayNodeOptions Options, byte[] Descriptor) NewRelay(int index, PeerAddress address, OsEntropy entropy, WallTime now)
    {
        byte[] seed = Key(entropy);
        byte[] link = Key(entropy);
        byte[] onion = Key(entropy);
        byte[] identity = new byte[32];
        byte[] linkKey = new byte[32];
        byte[] onionKey = new byte[32];
        Ed25519.DerivePublicKey(seed, identity);
        X25519.DerivePublicKey(link, linkKey);
        X25519.DerivePublicKey(onion, onionKey);
        RelayNodeOptions options = new()
        {
            Identity = RelayId.FromBytes(identity),
            LinkPrivateKey = link,
            OnionPrivateKey = onion,
            Roles = RelayRoles.Guard | RelayRoles.Middle | RelayRoles.Exit,
            ExitPolicy = ["accept *:*"],
            OwnAddresses = [address.Address],
        };
        RelayDescriptor descriptor = new()
        {
            Identity = options.Identity,
            LinkKey = linkKey,
            OnionKey = onionKey,
            Name = "bench" + (char)('0' + index),
            Addresses = [address],
            Roles = options.Roles,
            Published = now,
        };
        return (options, descriptor.Sign(seed));
    }

    private void Await(ClientEventKind kind)
    {
        long start = Stopwatch.GetTimestamp();
        _last = ClientEventKind.None;
        while (_last != kind)
        {
            _loop.Turn(_links, TimeSpan.FromMilliseconds(50));
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(20) || _last is ClientEventKind.PathFailed or ClientEventKind.PathClosed)
            {
                throw new InvalidOperationException($"waited for {kind}, got {_last}");
            }
        }
    }

    private void Turn(TimeSpan duration)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            _loop.Turn(_links, TimeSpan.FromMilliseconds(1));
        }
    }
}
