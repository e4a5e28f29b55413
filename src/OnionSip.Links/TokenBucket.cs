using System;
using OnionSip.Machines;

namespace OnionSip.Links;

/// <summary>Limits how often something costly is done. (LINK.RATE)</summary>
/// <remarks>Units: whole tokens, one every 1/perSecond; at most <c>burst</c> are saved up.</remarks>
internal sealed class TokenBucket(Instant now, int perSecond, int burst)
{
    private readonly long _ticksPerToken = TimeSpan.TicksPerSecond / perSecond;
    private Instant _emptyAt = new(now.Ticks);
    private long _tokens = burst;

    /// <summary>From when on one can be taken.</summary>
    internal Instant Ready => _tokens > 0 ? Instant.Zero : new(_emptyAt.Ticks + _ticksPerToken);

    internal bool TryTake(Instant now)
    {
        long fresh = (now - _emptyAt).Ticks / _ticksPerToken;
        if (fresh > 0)
        {
            _tokens = Math.Min(burst, _tokens + Math.Min(burst, fresh));
            _emptyAt = new(_emptyAt.Ticks + (fresh * _ticksPerToken));
        }

        if (_tokens == 0)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
