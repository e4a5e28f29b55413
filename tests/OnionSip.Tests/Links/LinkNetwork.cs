using System;
using System.Collections.Generic;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Tests.Links;

/// <summary>What a network does to a datagram.</summary>
internal sealed record LinkFaults
{
    internal int LossPercent { get; init; }

    internal int DuplicatePercent { get; init; }

    internal int JitterMilliseconds { get; init; }

    internal int DelayMilliseconds { get; init; } = 20;
}

/// <summary>One node of the harness: its table, its address, and all that came out of it.</summary>
internal sealed class LinkNode(string name, PeerAddress address, LinkTable table, RelayId? identity, LinkPublicKey key)
{
    internal string Name => name;

    internal PeerAddress Address { get; set; } = address;

    internal LinkTable Table { get; set; } = table;

    internal RelayId Identity => identity!.Value;

    internal LinkPublicKey Key => key;

    internal LinkTarget Target => new(Identity, Address, Key);

    internal List<LinkEvent> Events { get; } = [];

    internal List<(ReceivedCell Cell, byte[] Bytes)> Cells { get; } = [];

    internal List<LinkDrop> Drops { get; } = [];
}

/// <summary>Nodes with in-memory datagrams between them under virtual time that jumps to the next thing due.</summary>
internal sealed class LinkNetwork
{
    private readonly PriorityQueue<(PeerAddress From, PeerAddress To, byte[] Bytes), (long At, long Order)> _wire = new();
    private readonly Dictionary<PeerAddress, LinkNode> _nodes = [];
    private readonly SeededEntropy _chance;
    private readonly ulong _seed;
    private long _order;

    internal LinkNetwork(ulong seed, LinkFaults? faults = null)
    {
        _seed = seed;
        Faults = faults ?? new LinkFaults();
        _chance = new SeededEntropy(seed ^ 0x6E65_7477_6F72_6B00);
    }

    internal static byte[] NetworkId { get; } = Filled(0x4E, 32);

    internal LinkFaults Faults { get; set; }

    internal Instant Now { get; private set; } = Instant.FromMilliseconds(1000);

    /// <summary>Sees every datagram sent; may change it; returns false to lose it.</summary>
    internal Func<LinkNode, PeerAddress, byte[], bool>? Tap { get; set; }

    /// <summary>Sees every datagram just before it is handed over.</summary>
    internal Action<LinkNode, PeerAddress, byte[]>? Arriving { get; set; }

    internal static byte[] Filled(byte value, int count)
    {
        byte[] bytes = new byte[count];
        Array.Fill(bytes, value);
        return bytes;
    }

    internal static PeerAddress Address(string text)
    {
        bool parsed = PeerAddress.TryParse(text, out PeerAddress address);
        return parsed ? address : throw new ArgumentException(text);
    }

    internal LinkNode AddRelay(string name, string address, Func<LinkOptions, LinkOptions>? change = null)
    {
        byte[] identity = Filled((byte)name[0], 32);
        byte[] secret = Filled((byte)(name[0] ^ 0x55), 32);
        byte[] key = new byte[32];
        OnionSip.Crypto.X25519.DerivePublicKey(secret, key);
        LinkOptions options = new()
        {
            NetworkId = NetworkId,
            Identity = RelayId.FromBytes(identity),
            StaticPrivateKey = secret,
            StartWallTime = new WallTime(1_800_000_000),
        };
        return Add(name, address, change is null ? options : change(options), LinkPublicKey.FromBytes(key));
    }

    internal LinkNode AddClient(string name, string address, Func<LinkOptions, LinkOptions>? change = null)
    {
        LinkOptions options = new() { NetworkId = NetworkId };
        return Add(name, address, change is null ? options : change(options), default);
    }

    /// <summary>Tells every relay of all relays.</summary>
    internal void Introduce(params LinkNode[] relays)
    {
        List<(LinkPublicKey, RelayId)> peers = [];
        foreach (LinkNode relay in relays)
        {
            peers.Add((relay.Key, relay.Identity));
        }

        foreach (LinkNode relay in relays)
        {
            relay.Table.SetPeers(peers);
        }
    }

    internal void Move(LinkNode node, string address)
    {
        _ = _nodes.Remove(node.Address);
        node.Address = Address(address);
        _nodes.Add(node.Address, node);
    }

    internal LinkId Open(LinkNode from, LinkNode to)
    {
        LinkId link = from.Table.Open(Now, to.Target);
        Drain(from);
        return link;
    }

    /// <summary>Seals a cell and sends it; false when the link is not open.</summary>
    internal bool Send(LinkNode from, LinkId link, uint circuit, uint slot, byte fill)
    {
        byte[] datagram = new byte[WireLayout.DatagramBytes];
        byte[] cell = Filled(fill, WireLayout.CellBytes);
        bool isSealed = from.Table.TrySeal(Now, link, new CircuitId(circuit), new Slot(slot), cell, datagram, out Transmit transmit);
        if (isSealed)
        {
            Put(from, transmit.To, datagram);
        }

        return isSealed;
    }

    /// <summary>Hands a datagram to a node at once, whoever sent it.</summary>
    internal LinkDrop Inject(LinkNode to, PeerAddress from, byte[] datagram)
    {
        byte[] cell = new byte[WireLayout.CellBytes];
        LinkDrop drop = to.Table.HandleDatagram(Now, from, datagram, cell, out ReceivedCell received);
        to.Drops.Add(drop);
        if (received.Kind != ReceivedKind.None)
        {
            to.Cells.Add((received, cell));
        }

        Drain(to);
        return drop;
    }

    /// <summary>Opens a link and waits until both sides have it; returns the ids.</summary>
    internal (LinkId AtFrom, LinkId AtTo) Connect(LinkNode from, LinkNode to)
    {
        int before = to.Events.Count;
        LinkId link = Open(from, to);
        bool isOpen = RunUntil(() => from.Table.IsOpen(link) && to.Events.Count > before, TimeSpan.FromSeconds(15));
        Run(TimeSpan.FromMilliseconds(100));
        return isOpen ? (link, to.Events[^1].Link) : throw new InvalidOperationException("the link did not open");
    }

    internal void Run(TimeSpan span) => RunUntil(() => false, span);

    /// <summary>Runs until the condition holds; false when the time was over first.</summary>
    internal bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        Instant end = Now + limit;
        while (!condition())
        {
            Instant next = NextDue();
            if (next > end)
            {
                Now = end;
                return condition();
            }

            Now = Instant.Max(Now, next);
            Step();
        }

        return true;
    }

    internal void Drain(LinkNode node)
    {
        byte[] buffer = new byte[WireLayout.DatagramBytes];
        while (node.Table.PollTransmit(Now, buffer, out Transmit transmit))
        {
            Put(node, transmit.To, buffer.AsSpan(0, transmit.Bytes).ToArray());
        }

        while (node.Table.PollEvent(out LinkEvent linkEvent))
        {
            node.Events.Add(linkEvent);
        }
    }

    internal int Chance(int exclusiveMax) => _chance.NextInt32(exclusiveMax);

    private LinkNode Add(string name, string address, LinkOptions options, LinkPublicKey key)
    {
        LinkTable table = new(Now, options, new SeededEntropy(_seed + (ulong)_nodes.Count + 1));
        LinkNode node = new(name, Address(address), table, options.Identity, key);
        _nodes.Add(node.Address, node);
        return node;
    }

    private void Put(LinkNode from, PeerAddress to, byte[] datagram)
    {
        if (Tap is not null && !Tap(from, to, datagram))
        {
            return;
        }

        if (Chance(100) < Faults.LossPercent)
        {
            return;
        }

        Enqueue(from.Address, to, datagram);
        if (Chance(100) < Faults.DuplicatePercent)
        {
            Enqueue(from.Address, to, datagram);
        }
    }

    private void Enqueue(PeerAddress from, PeerAddress to, byte[] datagram)
    {
        int delay = Faults.DelayMilliseconds + Chance(Faults.JitterMilliseconds + 1);
        Instant at = Now + TimeSpan.FromMilliseconds(delay);
        _wire.Enqueue((from, to, datagram), (at.Ticks, _order++));
    }

    private Instant NextDue()
    {
        Instant next = _wire.TryPeek(out _, out (long At, long Order) first) ? new Instant(first.At) : Instant.Never;
        foreach (LinkNode node in _nodes.Values)
        {
            next = Instant.Min(next, node.Table.PollTimeout());
        }

        return next;
    }

    private void Step()
    {
        while (_wire.TryPeek(out (PeerAddress From, PeerAddress To, byte[] Bytes) datagram, out (long At, long Order) due)
            && due.At <= Now.Ticks)
        {
            _ = _wire.Dequeue();
            if (_nodes.TryGetValue(datagram.To, out LinkNode? node))
            {
                Arriving?.Invoke(node, datagram.From, datagram.Bytes);
                _ = Inject(node, datagram.From, datagram.Bytes);
            }
        }

        foreach (LinkNode node in _nodes.Values)
        {
            if (node.Table.PollTimeout() <= Now)
            {
                node.Table.HandleTimeout(Now);
                Drain(node);
            }
        }
    }
}
