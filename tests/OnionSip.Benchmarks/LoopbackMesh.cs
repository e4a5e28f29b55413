using System;
using System.Collections.Generic;
using System.Diagnostics;
using OnionSip.Directory;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Simulation;
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
        List<PeerAddress> addresses = [];
        for (int index = 0; index < Relays; index++)
        {
            addresses.Add(new(IpAddress.FromIPv4(0x7F000301 + (uint)index), 19001));
        }

        OsEntropy entropy = new();
        WallTime now = _loop.Clock.WallNow;
        SampleNetwork network = SampleNetwork.Create("bench", addresses, now, entropy);
        for (int index = 0; index < Relays; index++)
        {
            _relays.Add((network.Relays[index].Identity, new(addresses[index], network.Relays[index], network.Document)));
        }

        _client = new(_loop.Clock.Now, now, new ClientNodeOptions(), network.Document, entropy);
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
