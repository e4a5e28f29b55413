using System;
using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>A rate with a burst, as one instant: when all that was taken will have been earned. (EXIT.RATE)</summary>
internal struct RateMeter
{
    private Instant _earned;

    /// <summary>Takes one if the rate allows it now.</summary>
    public bool TryTake(Instant now, int perSecond, int burst)
    {
        if (!MayTake(now, perSecond, burst))
        {
            return false;
        }

        Take(now, perSecond);
        return true;
    }

    public readonly bool MayTake(Instant now, int perSecond, int burst)
    {
        long interval = TimeSpan.TicksPerSecond / perSecond;
        return _earned.Ticks - now.Ticks <= (burst - 1) * interval;
    }

    public void Take(Instant now, int perSecond) =>
        _earned = Instant.Max(_earned, now) + TimeSpan.FromTicks(TimeSpan.TicksPerSecond / perSecond);

    /// <summary>Nothing is owed: forgetting the meter changes nothing.</summary>
    public readonly bool IsIdle(Instant now) => _earned <= now;
}
