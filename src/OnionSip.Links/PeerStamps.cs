using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>Numbers relay-to-relay INITs and refuses old ones. (LINK.STAMP)</summary>
/// <remarks>
/// Units:  microseconds since 1970, made from the civil time at the start and the monotonic time since; each greater than the last.
/// Bounds: one stamp for each shard of a known relay, kept two cookie buckets: an older INIT has no cookie that would still be accepted.
/// </remarks>
internal sealed class PeerStamps(Instant start, WallTime startWallTime)
{
    private const long MicrosecondsPerSecond = 1_000_000;

    private readonly Dictionary<(RelayId Relay, int Shard), (ulong Stamp, Instant Until)> _greatest = [];
    private ulong _lastOwn;

    internal ulong Next(Instant now)
    {
        long microseconds = (Math.Max(0, startWallTime.UnixSeconds) * MicrosecondsPerSecond)
            + ((now - start).Ticks / TimeSpan.TicksPerMicrosecond);
        _lastOwn = Math.Max(_lastOwn + 1, (ulong)microseconds);
        return _lastOwn;
    }

    internal bool IsFresh(Instant now, RelayId relay, int shard, ulong stamp) =>
        !_greatest.TryGetValue((relay, shard), out (ulong Stamp, Instant Until) last) || now >= last.Until || stamp > last.Stamp;

    internal void Accept(Instant now, RelayId relay, int shard, ulong stamp) =>
        _greatest[(relay, shard)] = (stamp, now + LinkParameters.CookieBucket + LinkParameters.CookieBucket);

    /// <summary>Forgets relays that are no longer known.</summary>
    internal void Keep(IReadOnlySet<RelayId> relays)
    {
        foreach ((RelayId Relay, int Shard) sender in _greatest.Keys)
        {
            if (!relays.Contains(sender.Relay))
            {
                _ = _greatest.Remove(sender);
            }
        }
    }
}
