using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>What a circuit asks of an exit.</summary>
public enum ExitRequest
{
    Connection = 0,
    Association = 1,
    Resolution = 2,
}

/// <summary>How much one circuit uses of its exit. (EXIT.LIMITS)</summary>
/// <param name="payer">Who the circuit's places are charged to: one number for each link or prefix circuits come from.</param>
public sealed class CircuitExitUse(long payer)
{
    internal long Payer => payer;

    internal int[] Held { get; } = new int[3];

    internal RateMeter[] Rates { get; } = new RateMeter[3];

    public int Count(ExitRequest request) => Held[(int)request];
}

/// <summary>Limits of an exit for each circuit, for each payer and over all. One for each relay. (EXIT.LIMITS)</summary>
public sealed class ExitAdmission
{
    private static readonly int[] s_perCircuit =
    [
        ExitLimits.MaxConnectionsPerCircuit,
        ExitLimits.MaxAssociationsPerCircuit,
        ExitLimits.MaxResolutionsPerCircuit,
    ];

    private static readonly int[] s_perRelay =
        [ExitLimits.MaxConnections, ExitLimits.MaxAssociations, ExitLimits.MaxResolutions];

    private readonly int[] _held = new int[3];

    /// <summary>For each kind, the places of each payer that has one.</summary>
    private readonly Dictionary<long, int>[] _byPayer = [[], [], []];

    public int Count(ExitRequest request) => _held[(int)request];

    /// <summary>
    /// Takes a place; <see cref="ControlStatus.Busy"/> when there is none or the circuit asks too fast. (EXIT.LIMITS)
    /// </summary>
    public ControlStatus TryTake(Instant now, CircuitExitUse circuit, ExitRequest request)
    {
        int kind = (int)request;
        bool full = circuit.Held[kind] >= s_perCircuit[kind] || _held[kind] >= s_perRelay[kind];
        if (full
            || HasItsShare(circuit.Payer, kind)
            || !circuit.Rates[kind].TryTake(now, ExitLimits.RequestsPerSecond, ExitLimits.RequestBurst))
        {
            return ControlStatus.Busy;
        }

        circuit.Held[kind]++;
        _held[kind]++;
        _byPayer[kind][circuit.Payer] = _byPayer[kind].GetValueOrDefault(circuit.Payer) + 1;
        return ControlStatus.None;
    }

    public void Release(CircuitExitUse circuit, ExitRequest request)
    {
        int kind = (int)request;
        Invariant.Require(circuit.Held[kind] > 0 && _held[kind] > 0, "a place given back twice");
        GiveBack(circuit, kind, 1);
    }

    /// <summary>The circuit is gone: everything it held is free.</summary>
    public void ReleaseAll(CircuitExitUse circuit)
    {
        for (int kind = 0; kind < _held.Length; kind++)
        {
            GiveBack(circuit, kind, circuit.Held[kind]);
        }
    }

    /// <summary>
    /// Once half of the places are taken, nobody gets more than twice an even part of all, nor more than half. (EXIT.LIMITS)
    /// </summary>
    private bool HasItsShare(long payer, int kind)
    {
        int own = _byPayer[kind].GetValueOrDefault(payer);
        int all = s_perRelay[kind];
        return _held[kind] >= all / 2 && own > 0 && own >= Math.Min(all / 2, 2 * all / (_byPayer[kind].Count + 1));
    }

    private void GiveBack(CircuitExitUse circuit, int kind, int places)
    {
        circuit.Held[kind] -= places;
        _held[kind] -= places;
        int left = _byPayer[kind].GetValueOrDefault(circuit.Payer) - places;
        if (left > 0)
        {
            _byPayer[kind][circuit.Payer] = left;
        }
        else
        {
            _byPayer[kind].Remove(circuit.Payer);
        }
    }
}
