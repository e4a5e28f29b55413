using System;
using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>The ticks of a voice path: when its cells leave, and how they keep to the guard's clock. (NODE.TICK, NODE.LOCK)</summary>
/// <remarks>
/// States: following (no slot of the guard seen), locked (a reference distance to its slots is held).
/// Units:  times are Instant; inside, ticks of 100 ns since the first one, with fractions.
/// Bounds: the rate follows within <see cref="RateMaxPartsPerMillion"/>, and <see cref="ErrorMaxTicks"/> of a distance counts: no tick is
///         moved by more than 14 us.
/// Rule:   nothing that arrives moves the phase: only its rate is followed, slowly.
/// </remarks>
internal sealed class VoicePace
{
    /// <summary>Ticks between two corrections: nodes.lock_window.</summary>
    public const int WindowTicks = 64;

    /// <summary>nodes.lock_rate: no clock that is worth the name is further off.</summary>
    public const int RateMaxPartsPerMillion = 500;

    /// <summary>1 ms: what one window may at most say about the clock: nodes.lock_error.</summary>
    public const int ErrorMaxTicks = 10_000;

    /// <summary>5 ms: a distance that changes by more is not a clock's doing: nodes.lock_step.</summary>
    public const int StepTicks = 50_000;

    private const int PeriodTicks = 200_000;

    // How much of an error is made good over the next window, and how much of it for ever: critically damped.
    private const double Proportional = 0.25;
    private const double Integral = Proportional * Proportional / 4;
    private const double RateMaxTicks = RateMaxPartsPerMillion * 1e-6 * PeriodTicks * WindowTicks;

    private readonly Instant _origin;
    private readonly bool _locks;
    private double _next;
    private double _rate;
    private double _offset;
    private int _offsetTicks;
    private double _smallest = double.MaxValue;
    private double _reference = double.NaN;
    private long _pairedCount = -1;
    private int _seen;

    /// <param name="now">The first tick is less than a period after it.</param>
    /// <param name="entropy">Draws the phase.</param>
    /// <param name="locks">False: the ticks are those of the own clock.</param>
    public VoicePace(Instant now, Entropy entropy, bool locks = true)
    {
        _origin = now;
        _locks = locks;
        _next = 1 + entropy.NextInt32(PeriodTicks);
    }

    public Instant NextTick => new(_origin.Ticks + (long)_next);

    public long Skipped { get; private set; }

    /// <summary>Times the reference was taken anew.</summary>
    public long Steps { get; private set; }

    /// <summary>What the guard's clock is taken to be ahead of ours, in millionths.</summary>
    public double PartsPerMillion => -_rate / (PeriodTicks * WindowTicks) * 1e6;

    /// <summary>True once for each tick that is due; those a period late or more are left out. (CIRCUIT.SLIP)</summary>
    public bool TryTake(Instant now, out int skipped)
    {
        skipped = 0;
        long late = (now - NextTick).Ticks;
        if (late < 0)
        {
            return false;
        }

        skipped = (int)Math.Min(late / PeriodTicks, int.MaxValue);
        Skipped += skipped;
        double move = (_rate + (_offsetTicks > 0 ? _offset : 0)) / WindowTicks;
        _next += (PeriodTicks * (skipped + 1.0)) + move;
        _offsetTicks--;
        _pairedCount += _pairedCount < 0 ? 0 : skipped + 1;
        return true;
    }

    /// <summary>Notes when a slot of the guard came: the earliest of a window tells how far the clocks are apart. (NODE.LOCK)</summary>
    public void NoteBackward(Instant now, long count)
    {
        if (!_locks)
        {
            return;
        }

        _pairedCount = _pairedCount < 0 ? count : _pairedCount;
        double distance = (now - _origin).Ticks - _next - ((double)(count - _pairedCount) * PeriodTicks);
        _smallest = Math.Min(_smallest, distance);
        if (++_seen == WindowTicks)
        {
            Correct(_smallest);
            _seen = 0;
            _smallest = double.MaxValue;
        }
    }

    private void Correct(double distance)
    {
        double error = distance - _reference;
        if (!(Math.Abs(error) <= StepTicks))
        {
            Steps += double.IsNaN(_reference) ? 0 : 1;
            _reference = distance;
            error = 0;
        }

        error = Math.Clamp(error, -ErrorMaxTicks, ErrorMaxTicks);
        _rate = Math.Clamp(_rate + (Integral * error), -RateMaxTicks, RateMaxTicks);
        _offset = Proportional * error;
        _offsetTicks = WindowTicks;
    }
}
