using System;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.EXTEND, CIRCUIT.HANDOVER, CIRCUIT.STATE</summary>
public sealed class ExtendTests
{
    private static readonly byte[] s_create = new byte[CreateLayout.CreateBytes];

    [Fact]
    public void Extend_OfAnUnknownCircuit_IsClosed()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 91);
        CircuitHandle gone = network.Handles[0] with { Generation = 99 };
        Assert.Equal(ControlStatus.Closed, network.Relays[0].Extend(
            network.Now, gone, 1, CircuitNetwork.NextSide, true, 0, 0, s_create));
        Assert.Equal(ControlStatus.Closed, network.Relays[0].Extend(
            network.Now, new(-1, 0), 1, CircuitNetwork.NextSide, true, 0, 0, s_create));
    }

    [Fact]
    public void Extend_BackToTheLinkItCameFrom_IsBad()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 92);
        Assert.Equal(
            ControlStatus.BadRequest,
            network.Relays[0].Extend(
                network.Now, network.Handles[0], 1, CircuitNetwork.ClientSide, true, 0, 0, s_create));
    }

    [Fact]
    public void Extend_WithACreateOfAnotherLength_IsBad()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 93);
        ControlStatus status = network.Relays[0].Extend(
            network.Now, network.Handles[0], 1, CircuitNetwork.NextSide, true, 0, 0, s_create.AsSpan(1));
        Assert.Equal(ControlStatus.BadRequest, status);
    }

    [Fact]
    public void Extend_OfAnExtendedCircuit_IsBad()
    {
        CircuitNetwork network = CircuitNetwork.Built(2, 94);
        Assert.Equal(
            ControlStatus.BadRequest,
            network.Relays[0].Extend(network.Now, network.Handles[0], 9, new LinkId(5), true, 0, 0, s_create));
    }

    [Fact]
    public void Extend_OverAFullLink_IsBusy()
    {
        CircuitNetwork network = new(2, 95);
        RelayCircuitOptions options = new(network.Options[0].Identity, network.Options[0].OnionKey, network.NetworkId)
        {
            MaxCircuitsPerLink = 1,
        };
        network.Relays[0] = new RelayCircuitTable(network.Now, options, network.Entropy);
        network.Pump();
        Assert.Equal(ControlStatus.None, network.Extend(1));
        network.Pump();
        // A second client comes over a link of its own; only the link to the next relay is full.
        CircuitNetwork other = new(1, 96);
        ClientCircuit second = new(
            network.Now, new CircuitId(5), in network.Targets[0], network.NetworkId, other.Entropy);
        byte[] message = new byte[WireLayout.CellBytes];
        while (second.PollMessage(message))
        {
            network.Relays[0].HandleMessage(network.Now, new LinkId(3), false, message);
        }

        Assert.True(network.Relays[0].PollEvent(out RelayCircuitEvent created));
        Assert.Equal(
            ControlStatus.Busy,
            network.Relays[0].Extend(network.Now, created.Handle, 1, CircuitNetwork.NextSide, true, 0, 0, s_create));
    }

    [Fact]
    public void Extend_Refused_LeavesTheCircuitOpenAndCanBeTriedAgain()
    {
        CircuitNetwork network = new(2, 97);
        network.Pump();
        HopTarget wrong = network.Targets[1] with { OnionKey = network.Targets[0].OnionKey };
        Assert.Equal(ControlStatus.None, network.Extend(0, in wrong));
        network.Pump();
        RelayCircuitEvent failed = network.EventsOf(0)[^1];
        Assert.Equal(RelayCircuitEventKind.ExtendFailed, failed.Kind);
        Assert.Equal(ControlStatus.Refused, failed.Status);
        Assert.Equal(ClientCircuitState.Open, network.Client.State);
        Assert.Equal(0, network.Relays[0].CircuitsOn(CircuitNetwork.NextSide));
        network.AssertForward(0);
        network.AssertBackward(0);
        Assert.Equal(ControlStatus.None, network.Extend(1));
        network.Pump();
        network.AssertForward(1);
        network.AssertBackward(1);
    }

    [Fact]
    public void Extend_FailedTooOften_IsRefused()
    {
        CircuitNetwork network = new(2, 98);
        network.Pump();
        HopTarget wrong = network.Targets[1] with { OnionKey = network.Targets[0].OnionKey };
        for (int attempt = 0; attempt < CircuitLimits.ExtendAttempts; attempt++)
        {
            Assert.Equal(ControlStatus.None, network.Extend(0, in wrong));
            network.Pump();
        }

        Assert.Equal(0, network.Client.BeginExtend(network.Now, 9, in wrong, new byte[CreateLayout.ExtendBytes]));
        ControlStatus status = network.Relays[0].Extend(
            network.Now, network.Handles[0], 9, CircuitNetwork.NextSide, true, 0, 0, s_create);
        Assert.Equal(ControlStatus.Refused, status);
    }

    [Fact]
    public void Extend_NeverAnswered_IsUnreachableAfterFourTries()
    {
        CircuitNetwork network = new(2, 99);
        network.Pump();
        Instant start = network.Now;
        network.Loses = static _ => true;
        Assert.Equal(ControlStatus.None, network.Extend(1));
        network.Pump();
        int sent = network.MessagesSent;
        while (network.Client.State == ClientCircuitState.Extending && network.RunNextTimeout(
            Instant.FromMilliseconds(60_000)))
        {
        }

        Assert.Equal(6000, (network.Now - start).TotalMilliseconds);
        Assert.Equal(ControlStatus.Unreachable, network.EventsOf(0)[^1].Status);
        Assert.Equal(ClientCircuitState.Open, network.Client.State);
        // Three more CREATE of seven fragments, and a DESTROY in case the next hop made the circuit after all.
        Assert.Equal((3 * 7) + 1, network.MessagesSent - sent);
    }

    /// <summary>
    /// Whatever the hop before sends while it is being replaced, it stays below the numbers of the hop after it.
    /// </summary>
    [Fact]
    public void PreviousHop_CannotReachTheNumbersOfTheNext()
    {
        CircuitNetwork network = new(2, 104);
        network.Pump();
        network.AssertBackward(0);
        byte[] message = new byte[CreateLayout.ExtendBytes];
        network.Client.BeginExtend(network.Now, 1, in network.Targets[1], message);
        Assert.True(ExtendMessage.TryParse(message, out ExtendMessage extend));
        network.Relays[0].Extend(
            network.Now, network.Handles[0], 1, CircuitNetwork.NextSide, true, extend.ForwardOffset, extend.BackwardOffset, extend.Create);
        int before = SendAll(network);
        byte[] created = CreatePieces.CreatedFor(network);
        int after = SendAll(network);
        Assert.Equal(CircuitLimits.ExtendingCells, before);
        Assert.Equal(CircuitLimits.HandOverCells, after);
        Assert.True(before + after < CircuitLimits.HandOverGapSlots);
        Assert.Equal(CircuitDrop.None, network.Client.CompleteExtend(network.Now, created));
        Assert.True(network.Relays[1].PollEvent(out RelayCircuitEvent made));
        network.Handles[1] = made.Handle;
        network.AssertForward(1);
        network.AssertBackward(1);
    }

    [Fact]
    public void Extended_Lost_FailsTheClientsCircuitInTime()
    {
        CircuitNetwork network = new(2, 100);
        network.Pump();
        byte[] message = new byte[CreateLayout.ExtendBytes];
        network.Client.BeginExtend(network.Now, 1, in network.Targets[1], message);
        network.Client.HandleTimeout(network.Client.PollTimeout());
        Assert.Equal(ClientCircuitState.Closed, network.Client.State);
        network.Pump();
        Assert.Equal(ClientCircuitEventKind.Failed, network.ClientEvents[^1].Kind);
        Assert.Equal(0, network.Relays[0].Count);
    }

    [Fact]
    public void NinthHop_IsRefusedByTheClient()
    {
        CircuitNetwork network = CircuitNetwork.Built(CircuitLimits.MaxHops, 101);
        Assert.Equal(
            0, network.Client.BeginExtend(network.Now, 99, in network.Targets[0], new byte[CreateLayout.ExtendBytes]));
        Assert.Equal(ClientCircuitState.Open, network.Client.State);
    }

    [Fact]
    public void LowOrderOnionKey_IsOfNoUse()
    {
        CircuitNetwork network = new(1, 102);
        HopTarget useless = network.Targets[0] with { OnionKey = default };
        ClientCircuit circuit = new(network.Now, new CircuitId(1), in useless, network.NetworkId, network.Entropy);
        Assert.Equal(ClientCircuitState.Closed, circuit.State);
        Assert.True(circuit.PollEvent(out ClientCircuitEvent failed));
        Assert.Equal(ClientCircuitEventKind.Failed, failed.Kind);
        network.Pump();
        Assert.Equal(0, network.Client.BeginExtend(network.Now, 1, in useless, new byte[CreateLayout.ExtendBytes]));
    }

    /// <summary>Lets the guard send backward until it may not, and says how many cells that were.</summary>
    private static int SendAll(CircuitNetwork network)
    {
        int sent = 0;
        while (
            network.Relays[0].TrySealBody(network.Now, network.Handles[0], [], new byte[WireLayout.CellBytes], out _))
        {
            sent++;
        }

        return sent;
    }

    /// <summary>Two relays that are not neighbours see numbers that tell nothing of each other.</summary>
    [Fact]
    public void SlotNumbers_OfLinksThatDoNotTouch_AreUnrelated()
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 103);
        byte[] cell = network.SealForward(2, [], out Slot atGuard);
        network.PassForward(0, network.Client.Id, atGuard, cell, out _, out CellRoute atExit);
        uint difference = unchecked(atExit.Slot.Value - atGuard.Value);
        uint[] offsets = network.Relays.Take(2).Select((relay, index) =>
            relay.Store.Find(network.Handles[index])!.Offsets.Forward).ToArray();
        Assert.Equal(unchecked(offsets[0] + offsets[1]), difference);
        Assert.NotEqual(0u, offsets[0]);
        Assert.NotEqual(0u, offsets[1]);
        Assert.NotEqual(offsets[0], offsets[1]);
    }

    /// <summary>The numbering of every link passes 2^32 within the test and nobody notices.</summary>
    [Fact]
    public void Slots_WrapAround_Unnoticed()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            CircuitNetwork network = CircuitNetwork.Built(2, seed);
            RelayCircuit guard = network.Relays[0].Store.Find(network.Handles[0])!;
            byte[] chain = new byte[LayerRatchet.ChainBytes];
            guard.Forward.Start(uint.MaxValue - 5, chain);
            LayerRatchet client = network.Client.HopKeys[0].Forward;
            client.Start(chain);
            for (long index = 0; index < 12; index++)
            {
                byte[] cell = new byte[WireLayout.CellBytes];
                Slot slot = new(unchecked(uint.MaxValue - 5 + (uint)index));
                client.Encrypt(index, slot, cell);
                Assert.Equal(CircuitDrop.None, network.PassForward(
                    0, network.Client.Id, slot, cell, out _, out CellRoute route));
                Assert.Equal(CellRouteKind.Deliver, route.Kind);
            }
        }
    }
}
