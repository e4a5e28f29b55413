using System;
using System.Collections.Generic;
using OnionSip.Directory;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Simulation;

namespace OnionSip.Tests.Nodes;

/// <summary>Three relays and a client joined by queues, in virtual time, with datagrams kept apart until they are moved. The exit answers by hand.</summary>
internal sealed class NodeMesh : IDisposable
{
    public static readonly PeerAddress ClientAddress = new(IpAddress.FromIPv4(0x0B000001), 7000);

    private static readonly Instant s_origin = Instant.FromMilliseconds(1000);

    private readonly Queue<(PeerAddress From, PeerAddress To, byte[] Datagram)> _wire = new();
    private readonly byte[] _buffer = new byte[2048];
    private readonly byte[] _train = new byte[Train.SegmentsMax * 280];
    private readonly SampleNetwork _network;

    public NodeMesh(
        string exitPolicy = "accept *:*",
        bool isTestNetwork = true,
        int relays = 3,
        Func<RelayNodeOptions, RelayNodeOptions>? change = null,
        ClientNodeOptions? client = null)
    {
        List<PeerAddress> addresses = [];
        for (int index = 0; index < relays; index++)
        {
            addresses.Add(AddressOf(index));
        }

        _network = SampleNetwork.Create("mesh", addresses, WallNow, new SeededEntropy(42), exitPolicy, isTestNetwork);
        Document = _network.Document;
        for (int index = 0; index < relays; index++)
        {
            RelayNodeOptions options = change is null ? _network.Relays[index] : change(_network.Relays[index]);
            Relays.Add(new(Now, WallNow, options, Document, new SeededEntropy(100 + (ulong)index)));
        }

        Client = new(Now, WallNow, client ?? new ClientNodeOptions(), Document, new SeededEntropy(7));
    }

    public static WallTime WallNow => new(1_800_000_000);

    /// <summary>False leaves the relays' work to the test.</summary>
    public bool TakesWork { get; set; } = true;

    public Instant Now { get; private set; } = s_origin;

    /// <summary>How fast the client's clock goes beside the relays'.</summary>
    public double ClientRate { get; init; } = 1;

    /// <summary>What the client's clock says.</summary>
    public Instant ClientNow => new(s_origin.Ticks + (long)((Now - s_origin).Ticks * ClientRate));

    public NetworkDocument Document { get; }

    public List<RelayNode> Relays { get; } = [];

    public ClientNode Client { get; }

    public Queue<ClientEvent> ClientEvents { get; } = new();

    public Queue<(RelayNode Relay, RelayEvent Event)> RelayEvents { get; } = new();

    /// <summary>Sees every datagram; false drops it.</summary>
    public Func<PeerAddress, PeerAddress, byte[], bool> Tap { get; set; } = static (_, _, _) => true;

    /// <summary>Relays take and give trains instead of datagrams. (MACHINE.TRAIN)</summary>
    public bool UsesTrains { get; init; }

    public static PeerAddress AddressOf(int relay) => new(IpAddress.FromIPv4(0x0A000001 + ((uint)relay << 16)), 9001);

    /// <summary>A relay as it was at the start: same keys, same randomness to come.</summary>
    public RelayNode Again(int relay) =>
        new(Instant.FromMilliseconds(1000), WallNow, _network.Relays[relay], Document, new SeededEntropy(100 + (ulong)relay));

    public RelayNode RelayNamed(string name) => Relays[name[^1] - '0'];

    /// <summary>Moves datagrams and time until nothing is left to do within <paramref name="limit"/>.</summary>
    public void Run(TimeSpan limit)
    {
        Instant until = Now + limit;
        Settle();
        while (NextTimeout() is { } next && next <= until)
        {
            Now = Instant.Max(Now, next);
            foreach (RelayNode relay in Relays)
            {
                if (relay.PollTimeout() <= Now)
                {
                    relay.HandleTimeout(Now);
                }
            }

            if (Client.PollTimeout() <= ClientNow)
            {
                Client.HandleTimeout(ClientNow);
            }

            Settle();
        }

        Now = until;
    }

    /// <summary>Time passes and the client is not run: then it is, once.</summary>
    public void Stall(TimeSpan length)
    {
        Now += length;
        Client.HandleTimeout(ClientNow);
        Settle();
    }

    /// <summary>Moves datagrams until none is left, without time passing.</summary>
    public void Settle()
    {
        bool any = true;
        while (any)
        {
            any = Collect();
            while (_wire.TryDequeue(out (PeerAddress From, PeerAddress To, byte[] Datagram) item))
            {
                any = true;
                Deliver(item.From, item.To, item.Datagram);
                Collect();
            }
        }
    }

    /// <summary>A document of the same network with its first relays only.</summary>
    public NetworkDocument DocumentOf(int relays) => _network.DocumentOf(relays);

    /// <summary>Opens a path and runs until it is ready.</summary>
    public PathId ReadyPath()
    {
        PathId path = Client.OpenPath(ClientNow)!.Value;
        Run(TimeSpan.FromSeconds(3));
        while (ClientEvents.TryDequeue(out ClientEvent clientEvent))
        {
            if (clientEvent.Kind == ClientEventKind.PathReady)
            {
                return path;
            }
        }

        throw new InvalidOperationException("no path");
    }

    public void Dispose()
    {
        Client.Dispose();
        foreach (RelayNode relay in Relays)
        {
            relay.Dispose();
        }
    }

    private Instant? NextTimeout()
    {
        Instant next = Client.PollTimeout();
        next = ClientRate == 1 || next.IsNever ? next : new(s_origin.Ticks + (long)Math.Ceiling((next - s_origin).Ticks / ClientRate) + 1);
        foreach (RelayNode relay in Relays)
        {
            next = Instant.Min(next, relay.PollTimeout());
        }

        return next.IsNever ? null : next;
    }

    private void Deliver(PeerAddress from, PeerAddress to, byte[] datagram)
    {
        if (!Tap(from, to, datagram))
        {
            return;
        }

        if (to == ClientAddress)
        {
            Client.HandleDatagram(ClientNow, from, datagram);
            return;
        }

        for (int index = 0; index < Relays.Count; index++)
        {
            if (AddressOf(index) == to)
            {
                Hand(Relays[index], from, datagram);
            }
        }
    }

    private void Hand(RelayNode relay, PeerAddress from, byte[] datagram)
    {
        if (UsesTrains && datagram.Length > 0)
        {
            relay.HandleTrain(Now, from, (byte[])datagram.Clone(), datagram.Length);
            return;
        }

        relay.HandleDatagram(Now, from, datagram);
    }

    private bool CollectDatagrams(int index)
    {
        bool any = false;
        if (UsesTrains)
        {
            while (Relays[index].PollTrain(Now, _train, out Train train))
            {
                any = true;
                for (int offset = 0; offset < train.Bytes; offset += train.SegmentBytes)
                {
                    int bytes = Math.Min(train.SegmentBytes, train.Bytes - offset);
                    _wire.Enqueue((AddressOf(index), train.To, _train.AsSpan(offset, bytes).ToArray()));
                }
            }

            return any;
        }

        while (Relays[index].PollTransmit(Now, _buffer, out Transmit transmit))
        {
            any = true;
            _wire.Enqueue((AddressOf(index), transmit.To, _buffer.AsSpan(0, transmit.Bytes).ToArray()));
        }

        return any;
    }

    private bool Collect()
    {
        bool any = false;
        for (int index = 0; index < Relays.Count; index++)
        {
            while (Relays[index].PollEvent(out RelayEvent relayEvent))
            {
                any = true;
                RelayEvents.Enqueue((Relays[index], relayEvent));
            }

            any |= CollectDatagrams(index);
        }

        for (int index = 0; TakesWork && index < Relays.Count; index++)
        {
            while (Relays[index].PollWork(Now, out NodeWork? work))
            {
                any = true;
                work.Run();
                Relays[index].HandleWork(Now, work);
            }
        }

        while (Client.PollEvent(out ClientEvent clientEvent))
        {
            any = true;
            ClientEvents.Enqueue(clientEvent);
        }

        while (Client.PollTransmit(ClientNow, _buffer, out Transmit transmit))
        {
            any = true;
            _wire.Enqueue((ClientAddress, transmit.To, _buffer.AsSpan(0, transmit.Bytes).ToArray()));
        }

        return any;
    }
}
