using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>One relay and any number of voice circuits over any links, made by one CREATE under many ids.</summary>
/// <remarks>A CREATE may be sent under many ids: each gets a circuit of its own. Nobody here deciphers anything; a cell is noise in the next slot.</remarks>
internal sealed class VoiceCrowd
{
    private readonly byte[] _create = new byte[CreateLayout.CreateBytes];
    private readonly byte[] _message = new byte[WireLayout.CellBytes];
    private uint _lastId;

    internal VoiceCrowd(ulong seed, VoiceOptions voice, CircuitFlags flags = CircuitFlags.Voice, bool handsOutWork = false)
    {
        CircuitNetwork network = new(1, seed);
        HopTarget target = network.Targets[0] with { Flags = flags };
        using CreateInitiator initiator = new(in target, network.NetworkId, network.Entropy);
        Assert.True(initiator.TryWriteCreate(0, 0, _create));
        RelayCircuitOptions from = network.Options[0];
        Relay = new RelayCircuitTable(
            Now,
            new RelayCircuitOptions(from.Identity, from.OnionKey, from.NetworkId)
            {
                Voice = voice,
                HandsOutWork = handsOutWork,
                HandshakesPerSecond = 100_000,
                HandshakeBurst = 10_000,
                RelayShare = LinkShare.Relay with
                {
                    CreatesPerSecond = 100_000, CreateBurst = 10_000, VoicePerSecond = 100_000, VoiceBurst = 10_000,
                },
            },
            network.Entropy);
    }

    internal Instant Now { get; set; } = Instant.FromMilliseconds(1000);

    internal RelayCircuitTable Relay { get; }

    /// <summary>Handles of circuits that ended without anybody here asking for it.</summary>
    internal List<CircuitHandle> Lost { get; } = [];

    /// <summary>Sends CREATE; true when a circuit was made.</summary>
    internal bool Ask(int link, out CircuitId id)
    {
        int before = Relay.Count;
        SendCreate(link, out id);
        Drain();
        return Relay.Count > before;
    }

    internal void SendCreate(int link, out CircuitId id)
    {
        id = new CircuitId(++_lastId);
        FragmentSplitter splitter = new(LinkCommand.Create, id, _create);
        for (int index = 0; index < splitter.CellCount - 1; index++)
        {
            splitter.WriteCell(index, _message);
            Relay.HandleMessage(Now, new LinkId(link), weInitiatedLink: false, _message);
        }
    }

    internal void Leave(int link, CircuitId id)
    {
        LinkMessage.WriteDestroy(_message, id);
        Assert.Equal(CircuitDrop.None, Relay.HandleMessage(Now, new LinkId(link), false, _message));
        while (Relay.PollEvent(out _))
        {
        }
    }

    /// <summary>One cell in that slot.</summary>
    internal CircuitDrop Say(int link, CircuitId id, uint slot)
    {
        Span<byte> cell = stackalloc byte[WireLayout.CellBytes];
        cell.Fill(0x5A);
        return Relay.HandleCell(Now, new LinkId(link), id, new Slot(slot), cell, out _);
    }

    internal void Pass(TimeSpan span)
    {
        Now += span;
        Relay.HandleTimeout(Now);
        Drain();
    }

    internal void Drain()
    {
        while (Relay.PollEvent(out RelayCircuitEvent circuitEvent))
        {
            if (circuitEvent.Kind == RelayCircuitEventKind.Destroyed)
            {
                Lost.Add(circuitEvent.Handle);
            }
        }

        while (Relay.PollMessage(out _, _message))
        {
        }
    }
}
