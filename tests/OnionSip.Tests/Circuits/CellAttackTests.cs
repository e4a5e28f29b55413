using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// Replay, truncation, reordering and splicing of cells. CIRCUIT.SLOT, CIRCUIT.GARBLED, CIRCUIT.LAYER
/// </summary>
public sealed class CellAttackTests
{
    [Fact]
    public void ForwardCell_Replayed_IsRefusedAtTheFirstHonestHop()
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 21);
        byte[] cell = network.SealForward(2, network.Random(10), out Slot slot);
        byte[] copy = (byte[])cell.Clone();
        Assert.Equal(CircuitDrop.None, network.PassForward(0, network.Client.Id, slot, cell, out int reached, out _));
        Assert.Equal(2, reached);
        Assert.Equal(CircuitDrop.SlotReplayed, network.PassForward(
            0, network.Client.Id, slot, copy, out reached, out CellRoute route));
        Assert.Equal(0, reached);
        Assert.Equal(CellRouteKind.None, route.Kind);
        Assert.Equal(1, network.Relays[0].Drops[CircuitDrop.SlotReplayed]);
    }

    [Fact]
    public void BackwardCell_Replayed_IsRefusedByMiddleAndClient()
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 22);
        byte[] cell = network.SealBackward(2, 2, network.Random(10), out CellRoute atMiddle);
        byte[] copy = (byte[])cell.Clone();
        Assert.Equal(CircuitDrop.None, HandleBackward(network, 1, atMiddle, cell, out CellRoute route));
        Assert.Equal(CircuitDrop.SlotReplayed, HandleBackward(network, 1, atMiddle, copy, out _));
        Assert.Equal(CircuitDrop.None, HandleBackward(network, 0, route, cell, out route));
        copy = (byte[])cell.Clone();
        Assert.Equal(CircuitDrop.None, network.Client.HandleCell(network.Now, route.Slot, cell, out _));
        Assert.Equal(CircuitDrop.SlotReplayed, network.Client.HandleCell(network.Now, route.Slot, copy, out _));
    }

    /// <summary>
    /// Cells caught just before a ratchet come again just after it, a window later, and at the end of the next
    /// epoch.
    /// </summary>
    [Fact]
    public void CellsOfTheLastEpoch_ReplayedAfterTheRatchet_AreRefused()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 23);
        List<(Slot Slot, byte[] Cell)> caught = [];
        for (int index = 0; index < (2 * CircuitLimits.EpochSlots) + 10; index++)
        {
            byte[] cell = network.SealForward(0, [], out Slot slot);
            if (index is > CircuitLimits.EpochSlots - 10 and <= CircuitLimits.EpochSlots)
            {
                caught.Add((slot, (byte[])cell.Clone()));
            }

            Assert.Equal(CircuitDrop.None, network.PassForward(0, network.Client.Id, slot, cell, out _, out _));
            CircuitDrop expected = index < CircuitLimits.EpochSlots + 1000 ? CircuitDrop.SlotReplayed : CircuitDrop.SlotTooOld;
            foreach ((Slot oldSlot, byte[] oldCell) in index is 4100 or 5000 or 5500 or 8190 or 8200 ? caught : [])
            {
                Assert.Equal(expected, network.PassForward(
                    0, network.Client.Id, oldSlot, (byte[])oldCell.Clone(), out _, out _));
            }
        }

        Assert.Equal(10, caught.Count);
    }

    /// <summary>
    /// The attacker gives the old bytes a slot that is free: they are another slot's bytes, and nobody's.
    /// </summary>
    [Fact]
    public void Cell_SplicedIntoAnotherSlot_IsMissingAndUsesTheSlotUp()
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 24);
        byte[] first = network.SealForward(2, network.Random(200), out Slot slot);
        byte[] second = network.SealForward(2, network.Random(200), out Slot next);
        Assert.Equal(slot + 1, next);
        Assert.Equal(
            CircuitDrop.MissingCell, network.PassForward(0, network.Client.Id, next, first, out int reached, out _));
        Assert.Equal(2, reached);
        Assert.Equal(
            CircuitDrop.SlotReplayed, network.PassForward(0, network.Client.Id, next, second, out reached, out _));
        Assert.Equal(0, reached);
    }

    [Fact]
    public void Cell_SplicedIntoAnotherCircuitOfTheSameRelay_IsMissing()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 25);
        ClientCircuit first = network.Client;
        network.Client = network.NewClient();
        network.Pump();
        byte[] mine = network.SealForward(0, network.Random(200), out Slot _);
        byte[] others = new byte[WireLayout.CellBytes];
        Assert.True(first.TrySealBody(network.Now, new HopIndex(0), network.Random(200), others, out Slot slot));
        Assert.Equal(CircuitDrop.None, network.PassForward(0, first.Id, slot, (byte[])others.Clone(), out _, out _));
        network.SealForward(0, [], out Slot free);
        Assert.Equal(CircuitDrop.MissingCell, network.PassForward(0, network.Client.Id, free, others, out _, out _));
        Assert.NotEqual(mine, others);
    }

    [Fact]
    public void BackwardCell_SentForward_IsMissing()
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 26);
        byte[] cell = network.SealBackward(0, 0, network.Random(200), out _);
        network.SealForward(0, [], out Slot slot);
        Assert.Equal(CircuitDrop.MissingCell, network.PassForward(0, network.Client.Id, slot, cell, out _, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(247)]
    [InlineData(249)]
    [InlineData(280)]
    public void Cell_OfAnotherLength_IsRefusedAndItsSlotStaysFree(int length)
    {
        CircuitNetwork network = CircuitNetwork.Built(1, 27);
        byte[] cell = network.SealForward(0, network.Random(20), out Slot slot);
        byte[] other = new byte[length];
        cell.AsSpan(0, Math.Min(length, cell.Length)).CopyTo(other);
        Assert.Equal(CircuitDrop.BadLength, network.PassForward(0, network.Client.Id, slot, other, out _, out _));
        Assert.Equal(CircuitDrop.BadLength, network.Client.HandleCell(network.Now, default, other, out _));
        Assert.Equal(CircuitDrop.None, network.PassForward(0, network.Client.Id, slot, cell, out _, out _));
    }

    /// <summary>A thousand cells in random order, over two epochs: every one arrives whole, once.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Cells_ReorderedWithinTheWindow_AllArriveOnce(int seed)
    {
        CircuitNetwork network = CircuitNetwork.Built(2, (ulong)seed);
        for (int index = 0; index < CircuitLimits.EpochSlots - 500; index++)
        {
            network.AssertForward(1);
        }

        List<(Slot Slot, byte[] Cell, byte[] Body)> cells = [];
        for (int index = 0; index < 1000; index++)
        {
            byte[] body = network.Random(WireLayout.BodyBytes);
            cells.Add((default, network.SealForward(1, body, out Slot slot), body));
            cells[^1] = (slot, cells[^1].Cell, body);
        }

        Shuffle(cells, network.Entropy);
        foreach ((Slot slot, byte[] cell, byte[] body) in cells)
        {
            Assert.Equal(
                CircuitDrop.None, network.PassForward(0, network.Client.Id, slot, cell, out int reached, out _));
            Assert.Equal(1, reached);
            Assert.Equal(body, cell[WireLayout.OwnerMarkBytes..]);
        }

        Assert.Equal(1, network.Relays[1].Store.Find(network.Handles[1])!.Forward.Ratchet.Epoch);
    }

    /// <summary>Everything a middle shows to the outside, for good cells and for noise.</summary>
    [Fact]
    public void Middle_GivenNoise_BehavesAsWithGoodCells()
    {
        RecordingCipherFactory goodCalls = new();
        RecordingCipherFactory badCalls = new();
        CircuitNetwork good = CircuitNetwork.Built(3, 28, goodCalls);
        CircuitNetwork bad = CircuitNetwork.Built(3, 28, badCalls);
        for (int index = 0; index < 1000; index++)
        {
            byte[] cell = good.SealForward(2, good.Random(100), out Slot slot);
            byte[] other = bad.SealForward(2, [], out _);
            CircuitNetwork.ThroughGuard(good, slot, cell, out CellRoute goodRoute);
            CircuitNetwork.ThroughGuard(bad, slot, other, out CellRoute badRoute);
            bad.Entropy.Fill(other);
            CircuitDrop goodDrop = HandleForward(good, 1, goodRoute, cell, out goodRoute);
            CircuitDrop badDrop = HandleForward(bad, 1, badRoute, other, out badRoute);
            Assert.Equal(goodDrop, badDrop);
            Assert.Equal(goodRoute, badRoute);
        }

        Assert.Equal(goodCalls.Calls, badCalls.Calls);
        Assert.Equal(good.Relays[1].Drops.Total, bad.Relays[1].Drops.Total);
        Assert.Equal(good.Relays[1].PollTimeout(), bad.Relays[1].PollTimeout());
        Assert.False(bad.Relays[1].PollMessage(out _, new byte[WireLayout.CellBytes]));
        Assert.False(bad.Relays[1].PollEvent(out _));
    }

    [Fact]
    public void Exit_GivenNoise_CountsItAndAnswersNothing()
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 29);
        long before = network.Relays[0].Drops.Total + network.Relays[1].Drops.Total;
        for (int index = 0; index < 100; index++)
        {
            network.SealForward(2, [], out Slot slot);
            byte[] noise = network.Random(WireLayout.CellBytes);
            Assert.Equal(CircuitDrop.MissingCell, network.PassForward(
                0, network.Client.Id, slot, noise, out int reached, out _));
            Assert.Equal(2, reached);
        }

        Assert.Equal(100, network.Relays[2].Drops[CircuitDrop.MissingCell]);
        Assert.Equal(before, network.Relays[0].Drops.Total + network.Relays[1].Drops.Total);
        Assert.False(network.Relays[2].PollMessage(out _, new byte[WireLayout.CellBytes]));
        Assert.False(network.Relays[2].PollEvent(out _));
        network.AssertForward(2);
    }

    /// <summary>
    /// The far jump is refused before any key moves, so noise with far slots costs the relay no ratchet.
    /// </summary>
    [Fact]
    public void FarJump_IsRefusedAndMovesNoKey()
    {
        RecordingCipherFactory ciphers = new();
        CircuitNetwork network = CircuitNetwork.Built(1, 30, ciphers);
        network.AssertForward(0);
        network.SealForward(0, [], out Slot slot);
        int keys = ciphers.KeysSet.Count;
        int calls = ciphers.Calls;
        foreach (uint jump in new uint[] { CircuitLimits.AheadSlots, 100_000, 1u << 31 })
        {
            CircuitDrop drop = network.PassForward(
                0, network.Client.Id, slot + jump, network.Random(248), out _, out _);
            Assert.Contains(drop, new[] { CircuitDrop.SlotTooFar, CircuitDrop.SlotTooOld });
        }

        Assert.Equal(keys, ciphers.KeysSet.Count);
        Assert.Equal(calls, ciphers.Calls);
    }

    private static CircuitDrop HandleForward(
        CircuitNetwork network, int relay, in CellRoute at, byte[] cell, out CellRoute route) =>
        network.Relays[relay].HandleCell(network.Now, CircuitNetwork.ClientSide, at.Circuit, at.Slot, cell, out route);

    private static CircuitDrop HandleBackward(
        CircuitNetwork network, int relay, in CellRoute at, byte[] cell, out CellRoute route) =>
        network.Relays[relay].HandleCell(network.Now, CircuitNetwork.NextSide, at.Circuit, at.Slot, cell, out route);

    private static void Shuffle<T>(List<T> list, Entropy entropy)
    {
        for (int left = list.Count - 1; left > 0; left--)
        {
            int other = entropy.NextInt32(left + 1);
            (list[left], list[other]) = (list[other], list[left]);
        }
    }
}
