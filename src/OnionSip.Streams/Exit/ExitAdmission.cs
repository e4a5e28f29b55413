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
public sealed class CircuitExitUse
{
    internal int[] Held { get; } = new int[3];

    internal RateMeter[] Rates { get; } = new RateMeter[3];

    public int Count(ExitRequest request) => Held[(int)request];
}

/// <summary>Limits of an exit for each circuit and over all. One for each relay. (EXIT.LIMITS)</summary>
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

    public int Count(ExitRequest request) => _held[(int)request];

    /// <summary>
    /// Takes a place; <see cref="ControlStatus.Busy"/> when there is none or the circuit asks too fast. (EXIT.LIMITS)
    /// </summary>
    public ControlStatus TryTake(Instant now, CircuitExitUse circuit, ExitRequest request)
    {
        int kind = (int)request;
        bool full = circuit.Held[kind] >= s_perCircuit[kind] || _held[kind] >= s_perRelay[kind];
        if (full || !circuit.Rates[kind].TryTake(now, ExitLimits.RequestsPerSecond, ExitLimits.RequestBurst))
        {
            return ControlStatus.Busy;
        }

        circuit.Held[kind]++;
        _held[kind]++;
        return ControlStatus.None;
    }

    public void Release(CircuitExitUse circuit, ExitRequest request)
    {
        int kind = (int)request;
        Invariant.Require(circuit.Held[kind] > 0 && _held[kind] > 0, "a place given back twice");
        circuit.Held[kind]--;
        _held[kind]--;
    }

    /// <summary>The circuit is gone: everything it held is free.</summary>
    public void ReleaseAll(CircuitExitUse circuit)
    {
        for (int kind = 0; kind < _held.Length; kind++)
        {
            _held[kind] -= circuit.Held[kind];
            circuit.Held[kind] = 0;
        }
    }
}
