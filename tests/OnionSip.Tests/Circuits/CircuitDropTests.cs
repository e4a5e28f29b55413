using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// Every refusal is made to happen and is counted once for each time it is returned. CIRCUIT.DROPS, CIRCUIT.LIMITS, CIRCUIT.RATE,
/// CIRCUIT.ADMISSION
/// </summary>
public sealed class CircuitDropTests
{
    private static readonly LinkId s_link = CircuitNetwork.ClientSide;

    public static TheoryData<string> EveryReason() => new(Enum.GetNames<CircuitDrop>().Skip(1));

    [Theory]
    [MemberData(nameof(EveryReason))]
    public void Reason_IsProducedAndCounted(string reason)
    {
        CircuitDrop drop = Enum.Parse<CircuitDrop>(reason);
        Assert.True(Produce(drop) > 0, reason);
    }

    /// <summary>Makes it happen and says how often it was counted.</summary>
    private static long Produce(CircuitDrop drop) => drop switch
    {
        CircuitDrop.BadLength => Message(drop, new byte[247]),
        CircuitDrop.NotACircuitMessage => Message(drop, new byte[248]),
        CircuitDrop.UnknownCircuit => Cell(drop, network => (new CircuitId(77), default)),
        CircuitDrop.BadCircuitId => Message(drop, Fragment(0x8000_0001, CreateLayout.CreateBytes, 0)),
        CircuitDrop.BadMessage => Message(drop, Fragment(7, CreateLayout.CreateBytes + 1, 5)),
        CircuitDrop.RepeatedFragment => Message(drop, Fragment(7, CreateLayout.CreateBytes, 0), twice: true),
        CircuitDrop.CircuitInUse => InUse(),
        CircuitDrop.LinkReassemblyFull =>
            Creates(drop, 5, 1, options => new(options) { MaxReassembliesPerLink = 4 }, whole: false),
        CircuitDrop.ReassemblyFull =>
            Creates(drop, 5, 1, options => new(options) { MaxReassemblies = 4 }, whole: false),
        CircuitDrop.ReassemblyTimeout => Creates(drop, 5, 5, static options => options, whole: false, wait: true),
        CircuitDrop.TooManyCircuits => Creates(drop, 3, 1, options => new(options) { MaxCircuits = 2 }),
        CircuitDrop.TooManyCircuitsOnLink => Creates(drop, 3, 1, options => new(options) { MaxCircuitsPerLink = 2 }),
        CircuitDrop.HandshakeRate => Creates(
            drop, 3, 1, options => new(options) { Share = LinkShare.Relay with { CreateBurst = 2, CreatesPerSecond = 1 } }),
        CircuitDrop.TooManyCircuitsOfPrefix => Creates(
            drop, 3, 1, options => new(options) { Origins = new OnePrefix(), Prefix = LinkShare.Prefix with { MaxCircuits = 2 } }),
        CircuitDrop.HandshakeFailed =>
            Message(drop, CreatePieces.Of(new CircuitId(7), new byte[CreateLayout.CreateBytes])),
        CircuitDrop.BadPayload => BadPayload(),
        CircuitDrop.UnexpectedCreated =>
            Message(drop, CreatePieces.Of(new(7), new byte[CreateLayout.CreatedBytes], LinkCommand.Created)),
        CircuitDrop.NotOpen => NotOpen(),
        CircuitDrop.SlotReplayed => Cell(drop, network => (network.Client.Id, Sent(network, 0))),
        CircuitDrop.SlotTooOld => Cell(drop, network => (network.Client.Id, Sent(network, 1024))),
        CircuitDrop.SlotTooFar => Cell(drop, network => (network.Client.Id, Sent(network, 0) + 4097)),
        CircuitDrop.SlotLate => Voice(drop, delayed: 12),
        CircuitDrop.SlotEarly => Voice(drop, delayed: 0),
        CircuitDrop.TickSkipped => Voice(drop, delayed: 0, stall: true),
        CircuitDrop.MissingCell => Cell(drop, network => (network.Client.Id, Sent(network, 0) + 1)),
        CircuitDrop.QueueFull => Creates(drop, 5, 1, options => new(options) { MaxCircuits = 1 }),
        CircuitDrop.IdleTimeout => Idle(),
        CircuitDrop.CreateTimeout => ExtendTimeout(),
        CircuitDrop.StaleWork => StaleWork(),
        CircuitDrop.VoiceRefused => VoiceRefused(),
        CircuitDrop.VoiceLapsed => VoiceLapsed(),
        CircuitDrop.OverRate => OverRate(),
        _ => throw new ArgumentOutOfRangeException(nameof(drop), drop, "no scenario for this reason"),
    };

    /// <summary>Talks a while, then sends one cell late or ten at once, to a guard that may stand still in between.</summary>
    private static long Voice(CircuitDrop drop, int delayed, bool stall = false)
    {
        VoiceLine line = new(2, 80);
        line.IsStalled = (relay, now) => stall && relay == 0 && now.Ticks % (TimeSpan.TicksPerMillisecond * 400) < 0.2 * TimeSpan.TicksPerSecond;
        line.Talk(30, count => TimeSpan.FromMilliseconds(count == 15 ? delayed * 5 : 0));
        for (int count = 0; count < 12; count++)
        {
            line.Send(1, TimeSpan.Zero);
        }

        line.Run(TimeSpan.FromMilliseconds(400));
        return line.Relay(0).Drops[drop];
    }

    private static byte[] Fragment(uint circuit, int messageBytes, int index) =>
        CreatePieces.Of(new CircuitId(circuit), new byte[messageBytes])[index];

    private static long Message(CircuitDrop expected, byte[] message, bool twice = false) =>
        Message(expected, twice ? [message, message] : [message]);

    /// <summary>The last but the parity of the messages must be refused for that reason.</summary>
    private static long Message(CircuitDrop expected, List<byte[]> messages)
    {
        CircuitNetwork network = new(1, 81);
        RelayCircuitTable relay = network.Relays[0];
        List<CircuitDrop> drops = messages.ConvertAll(
            message => relay.HandleMessage(network.Now, s_link, weInitiatedLink: false, message));
        Assert.True(drops.Contains(expected), string.Join(' ', drops));
        Assert.Equal(drops.Count(drop => drop == expected), relay.Drops[expected]);
        return relay.Drops[expected];
    }

    /// <summary>A random cell at the given circuit and slot.</summary>
    private static long Cell(CircuitDrop expected, Func<CircuitNetwork, (CircuitId Circuit, Slot Slot)> where)
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 82);
        (CircuitId circuit, Slot slot) = where(network);
        byte[] cell = network.Random(WireLayout.CellBytes);
        Assert.Equal(
            expected, network.Relays[0].HandleCell(network.Now, s_link, circuit, slot, cell, out CellRoute route));
        Assert.Equal(CellRouteKind.None, route.Kind);
        return network.Relays[0].Drops[expected];
    }

    /// <summary>Sends a cell, then so many more, and gives the slot of the first.</summary>
    private static Slot Sent(CircuitNetwork network, int more)
    {
        byte[] cell = network.SealForward(0, [], out Slot first);
        network.PassForward(0, network.Client.Id, first, cell, out _, out _);
        for (int index = 0; index < more; index++)
        {
            network.AssertForward(0);
        }

        return first;
    }

    /// <summary>So many CREATE messages of different circuits over one link, nothing polled.</summary>
    private static long Creates(
        CircuitDrop expected, int count, long times, Func<LimitedOptions, LimitedOptions> limit, bool whole = true, bool wait = false)
    {
        CircuitNetwork network = new(1, 83);
        RelayCircuitTable relay = new(network.Now, limit(new(network.Options[0])).Make(), network.Entropy);
        for (int index = 0; index < count; index++)
        {
            network.Client = network.NewClient();
            List<byte[]> messages = CreatePieces.Sent(network, 0);
            foreach (byte[] message in whole ? messages : messages.Take(1))
            {
                relay.HandleMessage(network.Now, s_link, weInitiatedLink: false, message);
            }
        }

        Assert.True(wait || relay.Count + relay.ReassemblyCount <= count);
        relay.HandleTimeout(wait ? relay.PollTimeout() : network.Now);
        Assert.Equal(times, relay.Drops[expected]);
        return relay.Drops[expected];
    }

    private static long InUse()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 84);
        byte[] other = CreatePieces.Of(network.Client.Id, network.Random(CreateLayout.CreateBytes))[0];
        Assert.Equal(CircuitDrop.CircuitInUse, network.Relays[0].HandleMessage(network.Now, s_link, false, other));
        return network.Relays[0].Drops[CircuitDrop.CircuitInUse];
    }

    private static long BadPayload()
    {
        CircuitNetwork network = new(1, 85);
        byte[] prologue = new byte[Prologue.Bytes];
        Prologue.Build(HandshakeRole.Circuit, network.NetworkId, network.Targets[0].Relay.ToArray(), 0, prologue);
        byte[] key = network.Options[0].OnionKey.PublicKey.ToArray();
        using HandshakeState handshake = new(HandshakePattern.NKhfs, true, prologue, [], key, network.Entropy);
        byte[] create = new byte[CreateLayout.CreateBytes];
        byte[] payload = new byte[CreateLayout.CreatePayloadBytes];
        payload[0] = CreateLayout.Version + 1;
        handshake.WriteMessage(payload, create);
        CreatePieces.Of(new CircuitId(7), create).ForEach(
            message => network.Relays[0].HandleMessage(network.Now, s_link, false, message));
        Assert.Equal(0, network.Relays[0].Count);
        return network.Relays[0].Drops[CircuitDrop.BadPayload];
    }

    private static long NotOpen()
    {
        CircuitNetwork network = new(1, 86);
        Assert.Equal(CircuitDrop.NotOpen, network.Client.HandleCell(
            network.Now, default, new byte[WireLayout.CellBytes], out _));
        return network.Client.Drops[CircuitDrop.NotOpen];
    }

    private static long Idle()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 87);
        network.Relays[0].HandleTimeout(network.Now + TimeSpan.FromMilliseconds(2 * CircuitLimits.IdleMilliseconds));
        Assert.Equal(0, network.Relays[0].Count);
        network.Pump();
        Assert.Equal(ClientCircuitState.Closed, network.Client.State);
        return network.Relays[0].Drops[CircuitDrop.IdleTimeout];
    }

    private static long ExtendTimeout()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 88);
        network.Extend(0, network.Targets[0]);
        byte[] message = new byte[WireLayout.CellBytes];
        while (network.Relays[0].Drops[CircuitDrop.CreateTimeout] == 0)
        {
            network.Relays[0].HandleTimeout(network.Relays[0].PollTimeout());
            Assert.True(network.Relays[0].PollMessage(out _, message) || network.Relays[0].Drops[CircuitDrop.CreateTimeout] > 0);
        }

        return network.Relays[0].Drops[CircuitDrop.CreateTimeout];
    }

    private static long StaleWork()
    {
        CircuitNetwork network = new(1, 89);
        RelayCircuitTable relay = new(network.Now, CircuitWorkTests.HandingOut(network.Options[0]), network.Entropy);
        CircuitWorkTests.Ask(network, relay, s_link);
        Assert.True(relay.PollWork(network.Now, out NodeWork? work));
        relay.HandleLinkClosed(network.Now, s_link);
        work.Run();
        Assert.True(relay.HandleWork(network.Now, work));
        Assert.Equal(0, relay.Count);
        return relay.Drops[CircuitDrop.StaleWork];
    }

    private static long VoiceRefused()
    {
        VoiceOptions hard = new() { Capacity = 0, BandPercent = 0, SpreadPercent = 0 };
        CircuitNetwork network = new(1, 90, voice: hard);
        network.Targets[0] = network.Targets[0] with { Flags = CircuitFlags.Voice };
        network.Client = network.NewClient();
        network.Pump();
        Assert.Equal(ClientCircuitState.Closed, network.Client.State);
        return network.Relays[0].Drops[CircuitDrop.VoiceRefused];
    }

    private static long VoiceLapsed()
    {
        CircuitNetwork network = new(1, 91);
        network.Targets[0] = network.Targets[0] with { Flags = CircuitFlags.Voice };
        network.Client = network.NewClient();
        network.Build();
        network.Now += 2 * TimeSpan.FromMilliseconds(CircuitLimits.VoiceWindowMilliseconds);
        network.Relays[0].HandleTimeout(network.Now);
        network.Relays[0].HandleTimeout(network.Now + TimeSpan.FromMilliseconds(CircuitLimits.VoiceWindowMilliseconds));
        Assert.Equal(0, network.Relays[0].Count);
        return network.Relays[0].Drops[CircuitDrop.VoiceLapsed];
    }

    private static long OverRate()
    {
        CircuitNetwork network = new(1, 92, hasRates: true);
        network.Build();
        for (int cells = 0; cells < CircuitLimits.SignallingBurst; cells++)
        {
            network.AssertForward(0);
        }

        byte[] cell = network.SealForward(0, [], out Slot slot);
        Assert.Equal(CircuitDrop.OverRate, network.PassForward(0, network.Client.Id, slot, cell, out _, out _));
        return network.Relays[0].Drops[CircuitDrop.OverRate];
    }

    private sealed class OnePrefix : ILinkOrigins
    {
        public LinkOrigin OriginOf(LinkId link) => new(IsRelay: false, 7);
    }

    /// <summary>The options of a relay with some limits made small.</summary>
    private sealed class LimitedOptions
    {
        private readonly RelayCircuitOptions _from;

        internal LimitedOptions(RelayCircuitOptions from) => _from = from;

        internal LimitedOptions(LimitedOptions from) => _from = from._from;

        internal int MaxCircuits { get; init; } = CircuitLimits.MaxCircuits;

        internal int MaxCircuitsPerLink { get; init; } = CircuitLimits.MaxCircuitsPerLink;

        internal int MaxReassemblies { get; init; } = CircuitLimits.MaxReassemblies;

        internal int MaxReassembliesPerLink { get; init; } = CircuitLimits.MaxReassembliesPerLink;

        internal LinkShare Share { get; init; } = LinkShare.Relay;

        internal LinkShare Prefix { get; init; } = LinkShare.Prefix;

        internal ILinkOrigins? Origins { get; init; }

        internal RelayCircuitOptions Make() => new(_from.Identity, _from.OnionKey, _from.NetworkId)
        {
            MaxCircuits = MaxCircuits,
            MaxCircuitsPerLink = MaxCircuitsPerLink,
            MaxReassemblies = MaxReassemblies,
            MaxReassembliesPerLink = MaxReassembliesPerLink,
            RelayShare = Share,
            PrefixShare = Prefix,
            Origins = Origins,
        };
    }
}
