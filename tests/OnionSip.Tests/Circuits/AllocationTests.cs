using System;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>A relay forwards without allocating, ratchets included. CIRCUIT.LIMITS</summary>
[Collection(AloneCollection.Name)]
public sealed class AllocationTests
{
    private const int Cells = 9000;

    [Fact]
    public void ForwardedCells_Forward_AllocateNothing()
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 51);
        (CellRoute Route, byte[] Cell)[] cells = new (CellRoute, byte[])[Cells];
        for (int index = 0; index < Cells; index++)
        {
            byte[] cell = network.SealForward(2, [], out Slot slot);
            CircuitNetwork.ThroughGuard(network, slot, cell, out CellRoute route);
            cells[index] = (route, cell);
        }

        Assert.Equal(0, Measure(network.Relays[1], CircuitNetwork.ClientSide, cells));
    }

    [Fact]
    public void ForwardedCells_Backward_AllocateNothing()
    {
        CircuitNetwork network = CircuitNetwork.Built(3, 52);
        (CellRoute Route, byte[] Cell)[] cells = new (CellRoute, byte[])[Cells];
        for (int index = 0; index < Cells; index++)
        {
            byte[] cell = network.SealBackward(2, 2, [], out CellRoute route);
            cells[index] = (route, cell);
        }

        Assert.Equal(0, Measure(network.Relays[1], CircuitNetwork.NextSide, cells));
    }

    /// <summary>CIRCUIT.TICK: holding, serving, filling and reporting allocate nothing either.</summary>
    [Fact]
    public void VoiceCells_AtTheirTicks_AllocateNothing()
    {
        VoiceLine line = new(3, 53);
        line.Talk(60, static _ => TimeSpan.Zero);
        RelayCircuitTable relay = line.Relay(1);
        byte[] cell = new byte[WireLayout.CellBytes];
        CircuitId circuit = relay.Store.Find(line.Network.Handles[1])!.ClientCircuit;
        Slot slot = line.Departures[0].FindLast(static sent => sent.Forward).Slot;
        Instant now = line.Network.Now;
        long before = 0;
        int held = 0;
        for (int count = 0; count < 4000; count++)
        {
            before = count == 500 ? GC.GetAllocatedBytesForCurrentThread() : before;
            now += TimeSpan.FromMilliseconds(TickLimits.PeriodMilliseconds);
            slot += 1;
            if (count % 5 != 0)
            {
                relay.HandleCell(now, CircuitNetwork.ClientSide, circuit, slot, cell, out CellRoute route);
                held += route.Kind == CellRouteKind.Held ? 1 : 0;
            }

            relay.HandleTimeout(now);
            while (VoiceLine.TryTake(relay, now, cell, out _))
            {
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(3200, held);
        Assert.True(relay.Voice.Filled > 500);
        Assert.True(relay.Voice.Sent > 3000);
    }

    /// <summary>Bytes allocated by the relay for all cells but the first thousand, which warm it up.</summary>
    private static long Measure(RelayCircuitTable relay, LinkId side, (CellRoute Route, byte[] Cell)[] cells)
    {
        int forwarded = 0;
        long before = 0;
        for (int index = 0; index < cells.Length; index++)
        {
            before = index == 1000 ? GC.GetAllocatedBytesForCurrentThread() : before;
            (CellRoute route, byte[] cell) = cells[index];
            relay.HandleCell(default, side, route.Circuit, route.Slot, cell, out CellRoute next);
            forwarded += next.Kind == CellRouteKind.Forward ? 1 : 0;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(cells.Length, forwarded);
        return allocated;
    }
}
