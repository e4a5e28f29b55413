using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>One client and a row of relays, with cells and link messages passed in memory.</summary>
/// <remarks>
/// Relay i knows the side of the client as link 1 and the next relay as link 2; the side nearer to the client
/// initiated each link.
/// </remarks>
internal sealed class CircuitNetwork
{
    internal static readonly LinkId ClientSide = new(1);
    internal static readonly LinkId NextSide = new(2);

    /// <summary>Most tests stop the clock and send a thousand cells.</summary>
    internal static readonly CellRate Unlimited = new(TimeSpan.Zero, 1, 0);

    private readonly List<RelayCircuitEvent>[] _relayEvents;

    internal CircuitNetwork(int relays, ulong seed, LayerCipherFactory? ciphers = null, VoiceOptions? voice = null, bool hasRates = false)
    {
        Voice = voice ?? new VoiceOptions();
        HasRates = hasRates;
        Entropy = new SeededEntropy(seed);
        Ciphers = ciphers ?? Hctr2CipherFactory.Instance;
        NetworkId = Random(32);
        Relays = new RelayCircuitTable[relays];
        Targets = new HopTarget[relays];
        Options = new RelayCircuitOptions[relays];
        Handles = new CircuitHandle[relays];
        _relayEvents = new List<RelayCircuitEvent>[relays];
        for (int index = 0; index < relays; index++)
        {
            AddRelay(index);
        }

        Client = NewClient();
    }

    internal SeededEntropy Entropy { get; }

    internal LayerCipherFactory Ciphers { get; }

    internal VoiceOptions Voice { get; }

    internal bool HasRates { get; }

    internal byte[] NetworkId { get; }

    internal Instant Now { get; set; } = Instant.FromMilliseconds(1000);

    internal RelayCircuitTable[] Relays { get; }

    internal RelayCircuitOptions[] Options { get; }

    internal HopTarget[] Targets { get; }

    internal CircuitHandle[] Handles { get; }

    internal ClientCircuit Client { get; set; }

    internal List<ClientCircuitEvent> ClientEvents { get; } = [];

    /// <summary>True loses a link message; the argument counts the messages sent so far.</summary>
    internal Func<int, bool> Loses { get; set; } = static _ => false;

    internal int MessagesSent { get; private set; }

    internal ushort LastRequest { get; private set; }

    /// <summary>A circuit through all relays.</summary>
    internal static CircuitNetwork Built(int relays, ulong seed, LayerCipherFactory? ciphers = null)
    {
        CircuitNetwork network = new(relays, seed, ciphers);
        network.Build();
        return network;
    }

    internal IReadOnlyList<RelayCircuitEvent> EventsOf(int relay) => _relayEvents[relay];

    internal byte[] Random(int bytes)
    {
        byte[] random = new byte[bytes];
        Entropy.Fill(random);
        return random;
    }

    internal ClientCircuit NewClient() =>
        new(Now, CircuitIdChoice.Draw(weInitiatedLink: true, Entropy), in Targets[0], NetworkId, Entropy, Ciphers);

    internal void Build()
    {
        Pump();
        Assert.Equal(ClientCircuitState.Open, Client.State);
        for (int relay = 1; relay < Relays.Length; relay++)
        {
            Assert.Equal(ControlStatus.None, Extend(relay));
            Pump();
            Assert.Equal(relay + 1, Client.Hops.Count);
        }
    }

    /// <summary>
    /// Lets the client extend to a relay; the request reaches the hop before it by another way than cells.
    /// </summary>
    internal ControlStatus Extend(int relay) => Extend(relay - 1, in Targets[relay]);

    internal ControlStatus Extend(int lastHop, in HopTarget target)
    {
        byte[] message = new byte[CreateLayout.ExtendBytes];
        LastRequest++;
        int written = Client.BeginExtend(Now, LastRequest, in target, message);
        Assert.Equal(message.Length, written);
        Assert.True(ExtendMessage.TryParse(message, out ExtendMessage extend));
        Assert.Equal(target.Relay, extend.Relay);
        return Relays[lastHop].Extend(
            Now, Handles[lastHop], extend.Request, NextSide, weInitiatedLink: true, extend.ForwardOffset, extend.BackwardOffset, extend.Create);
    }

    /// <summary>Passes link messages and events until nothing moves.</summary>
    internal void Pump()
    {
        bool any = true;
        while (any)
        {
            any = PumpClient();
            for (int relay = 0; relay < Relays.Length; relay++)
            {
                any |= PumpRelay(relay);
            }
        }
    }

    /// <summary>Jumps to the next deadline of anybody, runs it, and passes what follows.</summary>
    internal bool RunNextTimeout(Instant limit)
    {
        Instant next = Client.PollTimeout();
        foreach (RelayCircuitTable relay in Relays)
        {
            next = Instant.Min(next, relay.PollTimeout());
        }

        if (next > limit)
        {
            return false;
        }

        Now = Instant.Max(Now, next);
        Client.HandleTimeout(Now);
        foreach (RelayCircuitTable relay in Relays)
        {
            relay.HandleTimeout(Now);
        }

        Pump();
        return true;
    }

    internal byte[] SealForward(int hop, ReadOnlySpan<byte> body, out Slot slot)
    {
        byte[] cell = new byte[WireLayout.CellBytes];
        Assert.True(Client.TrySealBody(Now, new HopIndex(hop), body, cell, out slot));
        return cell;
    }

    /// <summary>Hands a cell to the relays from one on, until one does not forward it.</summary>
    internal CircuitDrop PassForward(
        int from, CircuitId circuit, Slot slot, byte[] cell, out int reached, out CellRoute route)
    {
        reached = from;
        CircuitDrop drop = Relays[reached].HandleCell(Now, ClientSide, circuit, slot, cell, out route);
        while (drop == CircuitDrop.None && route.Kind == CellRouteKind.Forward)
        {
            reached++;
            drop = Relays[reached].HandleCell(Now, ClientSide, route.Circuit, route.Slot, cell, out route);
        }

        return drop;
    }

    /// <summary>Passes a client's cell through the guard.</summary>
    internal static void ThroughGuard(CircuitNetwork network, Slot slot, byte[] cell, out CellRoute route) =>
        Assert.Equal(CircuitDrop.None, network.Relays[0].HandleCell(
            network.Now, ClientSide, network.Client.Id, slot, cell, out route));

    /// <summary>
    /// Lets a hop make a backward cell and passes it as far as the link that leads to hop <paramref
    /// name="until"/>'s client side.
    /// </summary>
    internal byte[] SealBackward(int hop, int until, ReadOnlySpan<byte> body, out CellRoute route)
    {
        byte[] cell = new byte[WireLayout.CellBytes];
        Assert.True(Relays[hop].TrySealBody(Now, Handles[hop], body, cell, out route));
        for (int relay = hop - 1; relay >= until; relay--)
        {
            Assert.Equal(
                CircuitDrop.None, Relays[relay].HandleCell(Now, NextSide, route.Circuit, route.Slot, cell, out route));
        }

        return cell;
    }

    /// <summary>Sends a body forward and asserts that it arrives at that hop.</summary>
    internal void AssertForward(int hop)
    {
        byte[] body = Random(WireLayout.BodyBytes);
        byte[] cell = SealForward(hop, body, out Slot slot);
        Assert.Equal(CircuitDrop.None, PassForward(0, Client.Id, slot, cell, out int reached, out CellRoute route));
        Assert.Equal(hop, reached);
        Assert.Equal(CellRouteKind.Deliver, route.Kind);
        Assert.Equal(Handles[hop], route.Handle);
        Assert.Equal(body, cell[WireLayout.OwnerMarkBytes..]);
    }

    /// <summary>Sends a body backward and asserts that the client knows whose it is.</summary>
    internal void AssertBackward(int hop)
    {
        byte[] body = Random(WireLayout.BodyBytes);
        byte[] cell = SealBackward(hop, 0, body, out CellRoute route);
        Assert.Equal(Client.Id, route.Circuit);
        Assert.Equal(CircuitDrop.None, Client.HandleCell(Now, route.Slot, cell, out HopIndex from));
        Assert.Equal(hop, from.Value);
        Assert.Equal(body, cell[WireLayout.OwnerMarkBytes..]);
    }

    private void AddRelay(int index)
    {
        X25519KeyPair onionKey = new(Random(32));
        RelayId identity = RelayId.FromBytes(Random(32));
        Targets[index] = new HopTarget(identity, OnionPublicKey.FromBytes(onionKey.PublicKey));
        Options[index] = new RelayCircuitOptions(identity, onionKey, NetworkId)
        {
            SignallingRate = HasRates ? CellRate.Signalling : Unlimited,
            Voice = Voice,
        };
        Options[index].SetDocumentDigest(Random(32));
        Relays[index] = new RelayCircuitTable(Now, Options[index], Entropy, Ciphers);
        _relayEvents[index] = [];
    }

    private bool PumpClient()
    {
        bool any = false;
        byte[] message = new byte[WireLayout.CellBytes];
        while (Client.PollMessage(message))
        {
            any = true;
            if (!Loses(MessagesSent++))
            {
                Relays[0].HandleMessage(Now, ClientSide, weInitiatedLink: false, message);
            }
        }

        while (Client.PollEvent(out ClientCircuitEvent circuitEvent))
        {
            any = true;
            ClientEvents.Add(circuitEvent);
        }

        return any;
    }

    private bool PumpRelay(int relay)
    {
        bool any = false;
        byte[] message = new byte[WireLayout.CellBytes];
        while (Relays[relay].PollMessage(out LinkId link, message))
        {
            any = true;
            if (!Loses(MessagesSent++))
            {
                Deliver(relay, link, message);
            }
        }

        while (Relays[relay].PollEvent(out RelayCircuitEvent circuitEvent))
        {
            any = true;
            _relayEvents[relay].Add(circuitEvent);
            HandleRelayEvent(relay, in circuitEvent);
        }

        return any;
    }

    private void Deliver(int relay, LinkId link, byte[] message)
    {
        if (link == NextSide)
        {
            Relays[relay + 1].HandleMessage(Now, ClientSide, weInitiatedLink: false, message);
        }
        else if (relay > 0)
        {
            Relays[relay - 1].HandleMessage(Now, NextSide, weInitiatedLink: true, message);
        }
        else
        {
            Client.HandleMessage(Now, message);
        }
    }

    private void HandleRelayEvent(int relay, in RelayCircuitEvent circuitEvent)
    {
        switch (circuitEvent.Kind)
        {
            case RelayCircuitEventKind.Created:
                Handles[relay] = circuitEvent.Handle;
                break;
            case RelayCircuitEventKind.Extended when circuitEvent.Request == LastRequest:
                // EXTENDED comes in cells of that hop; the message itself takes the short way.
                AssertBackward(relay);
                Client.CompleteExtend(Now, circuitEvent.CreatedMessage.Span);
                break;
            case RelayCircuitEventKind.ExtendFailed when circuitEvent.Request == LastRequest:
                Client.FailExtend();
                break;
            default:
                break;
        }
    }
}
