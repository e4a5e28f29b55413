using System;
using OnionSip.Circuits;
using OnionSip.Links;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>Cells of one train that were opened and wait for their circuits' state to be fetched. (MACHINE.TRAIN)</summary>
/// <remarks>Bounds: <see cref="RelayCircuitTable.HintedCells"/>.</remarks>
internal sealed class CellGather
{
    private readonly (int Offset, ReceivedCell Cell)[] _cells = new (int, ReceivedCell)[RelayCircuitTable.HintedCells];
    private readonly (LinkId, CircuitId, Slot)[] _circuits = new (LinkId, CircuitId, Slot)[RelayCircuitTable.HintedCells];

    public int Count { get; private set; }

    public bool IsFull => Count == RelayCircuitTable.HintedCells;

    public void Add(RelayCircuitTable circuits, int offset, in ReceivedCell received)
    {
        circuits.HintIndex(received.Link, received.Circuit);
        _cells[Count] = (offset, received);
        _circuits[Count++] = (received.Link, received.Circuit, received.Slot);
    }

    /// <summary>Fetches what the cells need; one alone is as fast without.</summary>
    public void Hint(RelayCircuitTable circuits)
    {
        if (Count > 1)
        {
            circuits.Hint(_circuits.AsSpan(0, Count));
        }
    }

    public ReceivedCell CellAt(int index, Span<byte> datagrams, out Span<byte> cell)
    {
        (int offset, ReceivedCell received) = _cells[index];
        cell = LinkTable.CellOf(datagrams.Slice(offset, WireLayout.DatagramBytes));
        return received;
    }

    public void Clear() => Count = 0;
}
