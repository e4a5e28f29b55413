using System;
using OnionSip.Machines;

namespace OnionSip.Circuits;

/// <summary>How fast the cells of a circuit may come in one direction. (CIRCUIT.RATE)</summary>
/// <param name="interval">Between two cells; zero for no limit.</param>
/// <param name="burst">Cells at once, at least 1.</param>
/// <param name="setUpCells">Cells beyond the rate, once in the life of a circuit: what making it longer takes.</param>
public sealed class CellRate(TimeSpan interval, int burst, int setUpCells)
{
    internal long Cost { get; } = interval.Ticks;

    internal long Depth { get; } = interval.Ticks * burst;

    internal int SetUpCells { get; } = setUpCells;

    public static CellRate Voice { get; } = new(
        TimeSpan.FromMicroseconds(CircuitLimits.VoiceCellMicroseconds), CircuitLimits.VoiceBurst, CircuitLimits.VoiceSetUpCells);

    public static CellRate Signalling { get; } = new(
        TimeSpan.FromMicroseconds(CircuitLimits.SignallingCellMicroseconds), CircuitLimits.SignallingBurst, 0);
}

/// <summary>Holds one direction of a circuit to its rate. (CIRCUIT.RATE)</summary>
/// <remarks>Shape: the time at which the bucket would be full again (GCRA). A mutable struct: keep it in a non-readonly field.</remarks>
internal struct CellMeter
{
    private long _paidUntil;
    private int _credit;

    /// <summary>Cells let through since <see cref="Restart"/>.</summary>
    internal int Passed { get; private set; }

    internal void Start(CellRate rate)
    {
        _paidUntil = 0;
        _credit = rate.SetUpCells;
        Passed = 0;
    }

    internal bool TryTake(Instant now, CellRate rate)
    {
        long next = Math.Max(_paidUntil, now.Ticks) + rate.Cost;
        if (next - now.Ticks > rate.Depth)
        {
            return TryTakeCredit();
        }

        _paidUntil = next;
        Passed = unchecked(Passed + 1);
        return true;
    }

    internal int Restart()
    {
        int passed = Passed;
        Passed = 0;
        return passed;
    }

    private bool TryTakeCredit()
    {
        if (_credit == 0)
        {
            return false;
        }

        _credit--;
        Passed = unchecked(Passed + 1);
        return true;
    }
}
