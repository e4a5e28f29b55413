using System;
using System.Collections.Generic;
using System.Buffers.Binary;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// Several clients, all relays linked to all, and a network that loses, delays, reorders, repeats and garbles what
/// it carries.
/// </summary>
/// <remarks>
/// Link ids: at a relay, client c is link 1 + c and relay r is link 100 + r; the relay with the lower number initiated.
/// Every body carries a number of its own, so that what arrives can be held against what was sent.
/// </remarks>
internal sealed class CircuitWorld
{
    private const int RelayCount = 5;
    private const int ClientCount = 4;
    private const int RelayLinks = 100;
    private const int MaxCircuits = 6;

    private readonly SeededEntropy _entropy;
    private readonly byte[] _networkId = new byte[32];
    private readonly RelayCircuitTable[] _relays = new RelayCircuitTable[RelayCount];
    private readonly HopTarget[] _targets = new HopTarget[RelayCount];
    private readonly List<Peer> _clients = [];
    private readonly List<Parcel> _wire = [];
    private readonly Dictionary<ulong, (Peer Client, int Relay, bool Forward)> _sent = [];
    private readonly HashSet<ulong> _arrived = [];
    private readonly Dictionary<(int Relay, CircuitHandle Handle), Peer> _owners = [];
    private Instant _now = Instant.FromMilliseconds(1);
    private ulong _nextBody = 1;

    internal CircuitWorld(ulong seed)
    {
        _entropy = new SeededEntropy(seed);
        for (int relay = 0; relay < RelayCount; relay++)
        {
            byte[] key = new byte[32];
            byte[] identity = new byte[32];
            _entropy.Fill(key);
            _entropy.Fill(identity);
            X25519KeyPair onionKey = new(key);
            RelayCircuitOptions options = new(RelayId.FromBytes(identity), onionKey, _networkId)
            {
                MaxCircuits = MaxCircuits,
                MaxCircuitsPerLink = 4,
                MaxReassemblies = 3,
                MaxReassembliesPerLink = 2,
            };
            _targets[relay] = new HopTarget(options.Identity, OnionPublicKey.FromBytes(onionKey.PublicKey));
            _relays[relay] = new RelayCircuitTable(_now, options, _entropy);
        }
    }

    internal int Arrived => _arrived.Count;

    internal int Hops { get; private set; }

    internal void Run(int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            Step();
            Drain();
            CheckLimits();
        }
    }

    /// <summary>Everybody goes: no table may keep anything.</summary>
    internal void Finish()
    {
        _wire.Clear();
        foreach (Peer client in _clients)
        {
            client.Circuit.Close(_now);
            _relays[client.Path[0]].HandleLinkClosed(_now, new LinkId(1 + client.Number));
        }

        Drain();
        while (_wire.Count > 0)
        {
            Deliver(0, remove: true);
            Drain();
        }

        foreach (RelayCircuitTable relay in _relays)
        {
            relay.HandleTimeout(_now + TimeSpan.FromMinutes(30));
            Assert.Equal(0, relay.Count);
            Assert.Equal(0, relay.ReassemblyCount);
            for (int link = 0; link < RelayLinks + RelayCount; link++)
            {
                Assert.Equal(0, relay.CircuitsOn(new LinkId(link)));
            }
        }
    }

    private void Step()
    {
        int choice = _entropy.NextInt32(100);
        switch (choice)
        {
            case < 45 when _wire.Count > 0:
                Deliver(_entropy.NextInt32(Math.Min(_wire.Count, 4)), remove: true);
                break;
            case < 50 when _wire.Count > 0:
                Deliver(_entropy.NextInt32(_wire.Count), remove: false);
                break;
            case < 53 when _wire.Count > 0:
                _wire.RemoveAt(_entropy.NextInt32(_wire.Count));
                break;
            case < 56 when _wire.Count > 0:
                Garble(_wire[_entropy.NextInt32(_wire.Count)]);
                break;
            case < 75:
                SendForward();
                break;
            case < 90:
                SendBackward();
                break;
            case < 94:
                Extend();
                break;
            case < 97:
                NewClient();
                break;
            case < 98:
                Pass(_entropy.NextInt32(900));
                break;
            default:
                Break(_entropy.NextInt32(40));
                break;
        }
    }

    private void NewClient()
    {
        if (_clients.Count(client => client.Circuit.State != ClientCircuitState.Closed) >= ClientCount)
        {
            return;
        }

        int guard = _entropy.NextInt32(RelayCount);
        CircuitId id = CircuitIdChoice.Draw(weInitiatedLink: true, _entropy);
        ClientCircuit circuit = new(_now, id, in _targets[guard], _networkId, _entropy);
        _clients.Add(new Peer(_clients.Count % 50, circuit, [guard]));
    }

    private void SendForward()
    {
        if (Pick() is not { } client || client.Circuit.Hops.Count == 0)
        {
            return;
        }

        int hop = _entropy.NextInt32(client.Circuit.Hops.Count);
        byte[] cell = new byte[WireLayout.CellBytes];
        byte[] body = NewBody(client, client.Path[hop], forward: true);
        if (client.Circuit.TrySealBody(_now, new HopIndex(hop), body, cell, out Slot slot))
        {
            _wire.Add(new(client, client.Path[0], new LinkId(1 + client.Number), client.Circuit.Id, slot, cell));
        }
    }

    private void SendBackward()
    {
        if (_owners.Count == 0)
        {
            return;
        }

        ((int relay, CircuitHandle handle), Peer client) = _owners.ElementAt(_entropy.NextInt32(_owners.Count));
        byte[] cell = new byte[WireLayout.CellBytes];
        byte[] body = NewBody(client, relay, forward: false);
        if (_relays[relay].TrySealBody(_now, handle, body, cell, out CellRoute route))
        {
            Send(relay, in route, cell);
        }
    }

    private void Extend()
    {
        if (Pick() is not { Circuit.State: ClientCircuitState.Open } client || client.Last is not { } last)
        {
            return;
        }

        int next = _entropy.NextInt32(RelayCount);
        byte[] message = new byte[CreateLayout.ExtendBytes];
        if (client.Circuit.BeginExtend(_now, ++client.Request, in _targets[next], message) == 0)
        {
            return;
        }

        Assert.True(ExtendMessage.TryParse(message, out ExtendMessage extend));
        client.Asked = next;
        ControlStatus status = next == last.Relay ? ControlStatus.BadRequest : _relays[last.Relay].Extend(
            _now,
            last.Handle,
            extend.Request,
            new LinkId(RelayLinks + next),
            last.Relay < next,
            extend.ForwardOffset,
            extend.BackwardOffset,
            extend.Create);
        if (status != ControlStatus.None)
        {
            client.Circuit.FailExtend();
        }
    }

    private void Pass(int milliseconds)
    {
        _now += TimeSpan.FromMilliseconds(milliseconds);
        _clients.ForEach(client => client.Circuit.HandleTimeout(_now));
        foreach (RelayCircuitTable relay in _relays)
        {
            relay.HandleTimeout(_now);
        }
    }

    private void Break(int what)
    {
        if (what == 0)
        {
            int relay = _entropy.NextInt32(RelayCount);
            int other = _entropy.NextInt32(RelayCount);
            _relays[relay].HandleLinkClosed(_now, new LinkId(RelayLinks + other));
            _relays[other].HandleLinkClosed(_now, new LinkId(RelayLinks + relay));
        }
        else if (what < 3)
        {
            Pick()?.Circuit.Close(_now);
        }
        else if (what == 3 && _owners.Count > 0)
        {
            (int relay, CircuitHandle handle) = _owners.Keys.ElementAt(_entropy.NextInt32(_owners.Count));
            _relays[relay].Destroy(_now, handle);
            _owners.Remove((relay, handle));
        }
    }

    private Peer? Pick() =>
        _clients.Count == 0 ? null : _clients[^(1 + _entropy.NextInt32(Math.Min(_clients.Count, ClientCount)))];

    private byte[] NewBody(Peer client, int relay, bool forward)
    {
        byte[] body = new byte[WireLayout.BodyBytes];
        _entropy.Fill(body);
        BinaryPrimitives.WriteUInt64BigEndian(body, _nextBody);
        _sent.Add(_nextBody++, (client, relay, forward));
        return body;
    }

    private void Garble(Parcel parcel)
    {
        // Cells only: link messages are in the hands of the two ends of an authenticated link.
        if (parcel.Circuit.Value != 0)
        {
            parcel.Bytes[_entropy.NextInt32(parcel.Bytes.Length)] ^= (byte)(1 << _entropy.NextInt32(8));
        }
    }

    private void Deliver(int index, bool remove)
    {
        Parcel parcel = _wire[index];
        byte[] bytes = (byte[])parcel.Bytes.Clone();
        if (remove)
        {
            _wire.RemoveAt(index);
        }

        if (parcel.Relay < 0)
        {
            DeliverToClient(parcel, bytes);
        }
        else if (parcel.Circuit.Value == 0)
        {
            int peer = parcel.Link.Value - RelayLinks;
            _relays[parcel.Relay].HandleMessage(_now, parcel.Link, peer >= 0 && parcel.Relay < peer, bytes);
        }
        else
        {
            CircuitDrop drop = _relays[parcel.Relay].HandleCell(
                _now, parcel.Link, parcel.Circuit, parcel.Slot, bytes, out CellRoute route);
            Assert.Equal(drop == CircuitDrop.None, route.Kind != CellRouteKind.None);
            Send(parcel.Relay, in route, bytes);
        }
    }

    private void DeliverToClient(Parcel parcel, byte[] bytes)
    {
        Peer client = parcel.Client!;
        if (parcel.Circuit.Value == 0)
        {
            client.Circuit.HandleMessage(_now, bytes);
        }
        else if (client.Circuit.HandleCell(_now, parcel.Slot, bytes, out HopIndex from) == CircuitDrop.None)
        {
            CheckArrival(bytes, client, client.Path[from.Value], forward: false);
        }
    }

    private void Send(int relay, in CellRoute route, byte[] cell)
    {
        if (route.Kind == CellRouteKind.Deliver)
        {
            Assert.True(_owners.TryGetValue((relay, route.Handle), out Peer? owner));
            CheckArrival(cell, owner, relay, forward: true);
        }
        else if (route.Kind == CellRouteKind.Forward)
        {
            Add(relay, route.Link, route.Circuit, route.Slot, cell);
        }
    }

    private void Add(int relay, LinkId link, CircuitId circuit, Slot slot, byte[] bytes)
    {
        int peer = link.Value - RelayLinks;
        _wire.Add(peer >= 0
            ? new(null, peer, new LinkId(RelayLinks + relay), circuit, slot, bytes)
            : new(_clients.FindLast(client => 1 + client.Number == link.Value), -1, default, circuit, slot, bytes));
    }

    private void CheckArrival(byte[] cell, Peer client, int relay, bool forward)
    {
        ulong number = BinaryPrimitives.ReadUInt64BigEndian(cell.AsSpan(WireLayout.OwnerMarkBytes));
        Assert.True(_sent.TryGetValue(number, out (Peer Client, int Relay, bool Forward) sent), "a body nobody sent");
        Assert.Equal((client, relay, forward), sent);
        Assert.True(_arrived.Add(number), "a body arrived twice");
    }

    private void Drain()
    {
        bool any = true;
        while (any)
        {
            any = false;
            for (int relay = 0; relay < RelayCount; relay++)
            {
                any |= DrainRelay(relay);
            }

            foreach (Peer client in _clients)
            {
                any |= DrainClient(client);
            }
        }
    }

    private bool DrainRelay(int relay)
    {
        bool any = false;
        byte[] message = new byte[WireLayout.CellBytes];
        while (_relays[relay].PollMessage(out LinkId link, message))
        {
            any = true;
            Add(relay, link, default, default, (byte[])message.Clone());
        }

        while (_relays[relay].PollEvent(out RelayCircuitEvent circuitEvent))
        {
            any = true;
            HandleEvent(relay, in circuitEvent);
        }

        return any;
    }

    private bool DrainClient(Peer client)
    {
        bool any = false;
        byte[] message = new byte[WireLayout.CellBytes];
        while (client.Circuit.PollMessage(message))
        {
            any = true;
            _wire.Add(
                new(client, client.Path[0], new LinkId(1 + client.Number), default, default, (byte[])message.Clone()));
        }

        while (client.Circuit.PollEvent(out ClientCircuitEvent circuitEvent))
        {
            any = true;
            Hops += circuitEvent.Kind == ClientCircuitEventKind.HopAdded ? 1 : 0;
        }

        return any;
    }

    private void HandleEvent(int relay, in RelayCircuitEvent circuitEvent)
    {
        _owners.TryGetValue((relay, circuitEvent.Handle), out Peer? client);
        switch (circuitEvent.Kind)
        {
            case RelayCircuitEventKind.Created:
                ClaimNewCircuit(relay, circuitEvent.Handle);
                break;
            case RelayCircuitEventKind.Extended when client is not null && circuitEvent.Request == client.Request:
                if (client.Circuit.CompleteExtend(_now, circuitEvent.CreatedMessage.Span) == CircuitDrop.None)
                {
                    client.Path.Add(client.Asked);
                }

                break;
            case RelayCircuitEventKind.ExtendFailed when client is not null && circuitEvent.Request == client.Request:
                client.Circuit.FailExtend();
                break;
            case RelayCircuitEventKind.Destroyed:
                _owners.Remove((relay, circuitEvent.Handle));
                break;
            default:
                break;
        }
    }

    /// <summary>Whose circuit this is: the world knows the links, as the relay does not.</summary>
    private void ClaimNewCircuit(int relay, CircuitHandle handle)
    {
        RelayCircuit circuit = _relays[relay].Store.Find(handle)!;
        int peer = circuit.ClientLink.Value - RelayLinks;
        Peer? client = peer < 0
            ? _clients.Find(candidate => candidate.Circuit.Id == circuit.ClientCircuit)
            : OwnerOfNext(peer, relay, circuit.ClientCircuit);
        if (client is not null)
        {
            _owners[(relay, handle)] = client;
            client.Last = (relay, handle);
        }
    }

    private Peer? OwnerOfNext(int previous, int relay, CircuitId id)
    {
        foreach (((int at, CircuitHandle handle), Peer client) in _owners)
        {
            RelayCircuit? circuit = at == previous ? _relays[at].Store.Find(handle) : null;
            if (circuit is { HasNext: true } && circuit.NextCircuit == id && circuit.NextLink.Value == RelayLinks + relay)
            {
                return client;
            }
        }

        return null;
    }

    private void CheckLimits()
    {
        foreach (RelayCircuitTable relay in _relays)
        {
            Assert.InRange(relay.Count, 0, MaxCircuits);
            Assert.InRange(relay.ReassemblyCount, 0, 3);
        }
    }

    /// <summary>One client, its circuit and where it goes.</summary>
    private sealed class Peer(int number, ClientCircuit circuit, List<int> path)
    {
        internal int Number { get; } = number;

        internal ClientCircuit Circuit { get; } = circuit;

        internal List<int> Path { get; } = path;

        internal (int Relay, CircuitHandle Handle)? Last { get; set; }

        internal ushort Request { get; set; }

        internal int Asked { get; set; }
    }

    /// <summary>
    /// Something under way to a relay, or to a client when the relay is -1; a link message when the circuit is 0.
    /// </summary>
    private sealed record Parcel(Peer? Client, int Relay, LinkId Link, CircuitId Circuit, Slot Slot, byte[] Bytes);
}
