using System;
using OnionSip.Machines;

namespace OnionSip.Circuits;

/// <summary>So many per second, and a burst. (CIRCUIT.LIMITS)</summary>
/// <remarks>
/// Shape: the time at which the bucket would be empty again (GCRA). A mutable struct: keep it in a non-readonly
/// field.
/// </remarks>
internal struct TokenBucket(Instant now, int perSecond, int burst)
{
    private readonly long _cost = TimeSpan.TicksPerSecond / perSecond;
    private readonly long _depth = TimeSpan.TicksPerSecond / perSecond * burst;
    private long _paidUntil = now.Ticks;

    /// <summary>From when on one can be taken.</summary>
    internal readonly Instant Ready => new(Math.Max(0, _paidUntil + _cost - _depth));

    internal bool TryTake(Instant now)
    {
        long next = Math.Max(_paidUntil, now.Ticks) + _cost;
        if (next - now.Ticks > _depth)
        {
            return false;
        }

        _paidUntil = next;
        return true;
    }
}
