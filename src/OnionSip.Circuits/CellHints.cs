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
    private const int Steps = 4;
    private const int CircuitBytes = 256;

    private readonly (RelayCircuit? Circuit, bool IsForward)[] _found = new (RelayCircuit?, bool)[RelayCircuitTable.HintedCells];

    internal void Run(RelayCircuitStore store, ReadOnlySpan<(LinkId Link, CircuitId Circuit)> cells)
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

        for (int step = 0; step < Steps; step++)
        {
            for (int cell = 0; cell < cells.Length; cell++)
            {
                if (_found[cell].Circuit is { } circuit)
                {
                    Hint(circuit, _found[cell].IsForward, step);
                }
            }
        }

        Array.Clear(_found, 0, cells.Length);
    }

    private static void Hint(RelayCircuit circuit, bool isForward, int step)
    {
        (isForward ? circuit.Forward : circuit.Backward).Hint(step);
        if ((isForward ? circuit.ForwardLane : circuit.BackwardLane) is { } lane)
        {
            if (step == 0)
            {
                CacheHint.Object(lane, 128);
            }
            else if (step == 2)
            {
                lane.Hint(isForward ? circuit.Forward.Window.Highest + 1 : circuit.Backward.Window.Highest + 1);
            }
        }
    }
}
