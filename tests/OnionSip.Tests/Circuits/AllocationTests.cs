using System;
using OnionSip.Circuits;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>A relay forwards without allocating, ratchets included. CIRCUIT.LIMITS</summary>
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
