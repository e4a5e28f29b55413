using System;
using System.Runtime.CompilerServices;

namespace OnionSip.Machines;

/// <summary>Timers as data: one deadline for each member of an enum. (MACHINE.TIMERS)</summary>
/// <remarks>
/// Shape: the enum's members are 0..n-1 without gaps, n at most <see cref="Capacity"/>.
/// A mutable struct: keep it in a non-readonly field.
/// </remarks>
public struct TimerTable<TTimer>
    where TTimer : unmanaged, Enum
{
    /// <summary>The largest number of timers one machine may have.</summary>
    public const int Capacity = 12;

    private Deadlines _deadlines;

    public TimerTable() => ((Span<Instant>)_deadlines).Fill(Instant.Never);

    public void Set(TTimer timer, Instant deadline) => _deadlines[Index(timer)] = deadline;

    public void Stop(TTimer timer) => _deadlines[Index(timer)] = Instant.Never;

    public readonly bool IsSet(TTimer timer) => !_deadlines[Index(timer)].IsNever;

    public readonly Instant Get(TTimer timer) => _deadlines[Index(timer)];

    /// <summary>True once the deadline has come; the timer is stopped by the same call.</summary>
    public bool TakeExpired(TTimer timer, Instant now)
    {
        int index = Index(timer);
        if (_deadlines[index].IsNever || _deadlines[index] > now)
        {
            return false;
        }

        _deadlines[index] = Instant.Never;
        return true;
    }

    /// <summary>The earliest deadline, or <see cref="Instant.Never"/>.</summary>
    public readonly Instant Next()
    {
        Instant next = Instant.Never;
        foreach (Instant deadline in (ReadOnlySpan<Instant>)_deadlines)
        {
            next = Instant.Min(next, deadline);
        }

        return next;
    }

    private static int Index(TTimer timer) => Unsafe.SizeOf<TTimer>() switch
    {
        1 => Unsafe.BitCast<TTimer, byte>(timer),
        2 => Unsafe.BitCast<TTimer, ushort>(timer),
        _ => Unsafe.BitCast<TTimer, int>(timer),
    };

    [InlineArray(Capacity)]
    private struct Deadlines
    {
        private Instant _first;
    }
}
