using System;
using OnionSip.Crypto;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Fetches the state of the circuits of a train into the cache before its cells are worked through. (MACHINE.TRAIN)</summary>
/// <remarks>
/// What a cell needs lies behind four references in a row. Fetched cell by cell each would be waited for; fetched step by step for the
/// whole train the waits overlap. Reads only.
/// </remarks>
internal sealed class CellHints
{
    private const int CircuitBytes = 320;

    private readonly (RelayCircuit? Circuit, bool IsForward)[] _found = new (RelayCircuit?, bool)[RelayCircuitTable.HintedCells];

    internal void Run(RelayCircuitStore store, ReadOnlySpan<(LinkId Link, CircuitId Circuit, Slot Slot)> cells)
    {
        for (int cell = 0; cell < cells.Length; cell++)
        {
            RelayCircuit? circuit = store.Find(cells[cell].Link, cells[cell].Circuit, out bool isForward);
            _found[cell] = (circuit, isForward);
            if (circuit is not null)
            {
                CacheHint.Object(circuit, CircuitBytes);
            }
        }

        foreach ((RelayCircuit? circuit, bool isForward) in _found.AsSpan(0, cells.Length))
        {
            if (circuit is not null)
            {
                CacheHint.Object(isForward ? circuit.Forward : circuit.Backward);
                HintLane(circuit, isForward);
            }
        }

        for (int cell = 0; cell < cells.Length; cell++)
        {
            if (_found[cell].Circuit is { } circuit)
            {
                HintLayer(circuit, _found[cell].IsForward, cells[cell].Slot);
            }
        }

        Array.Clear(_found, 0, cells.Length);
    }

    private static void HintLane(RelayCircuit circuit, bool isForward)
    {
        if ((isForward ? circuit.ForwardLane : circuit.BackwardLane) is { } lane)
        {
            CacheHint.Object(lane, VoiceLane.HintBytes);
        }
    }

    private static void HintLayer(RelayCircuit circuit, bool isForward, Slot slot)
    {
        HopLayer layer = isForward ? circuit.Forward : circuit.Backward;
        layer.Hint();
        if ((isForward ? circuit.ForwardLane : circuit.BackwardLane) is { } lane)
        {
            lane.Hint(layer.LowIndexOf(isForward ? slot : slot + circuit.Offsets.Backward));
        }
    }
}
