using System;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>Decides whether arrivals wake a paced loop or wait for its next look. (HOST.PACE)</summary>
/// <remarks>
/// Shape:  bundles, each of which may be a wake-up, are counted over <see cref="WindowMilliseconds"/>; polling begins with the window that sees
///         <see cref="PollAt"/> and ends with the one that sees fewer than half. It ends at once when nothing leaves by a clock.
/// Timers: while polling, a look at the sockets is due <see cref="PollMicroseconds"/> after the deadline before.
/// </remarks>
public sealed class ArrivalGate
{
    public const int WindowMilliseconds = 100;

    /// <summary>Bundles in one window; 1,000 a second, as many as there are looks.</summary>
    public const int PollAt = 100;

    public const int PollMicroseconds = 1000;

    private static readonly TimeSpan s_window = TimeSpan.FromMilliseconds(WindowMilliseconds);
    private static readonly TimeSpan s_poll = TimeSpan.FromMicroseconds(PollMicroseconds);

    private Instant _windowEnd;
    private int _count;

    public bool IsPolling { get; private set; }

    /// <summary>When the sockets must be looked at; never while datagrams wake the loop.</summary>
    public Instant NextLook { get; private set; } = Instant.Never;

    /// <summary>Bundles that came in.</summary>
    public void Count(int bundles) => _count += bundles;

    /// <summary>Moves on with time; true when <see cref="IsPolling"/> changed.</summary>
    public bool Update(Instant now, bool isPaced)
    {
        bool before = IsPolling;
        if (now >= _windowEnd)
        {
            IsPolling = _count >= (IsPolling ? PollAt / 2 : PollAt);
            _windowEnd = now + s_window;
            _count = 0;
        }

        IsPolling &= isPaced;
        if (IsPolling != before)
        {
            NextLook = IsPolling ? now : Instant.Never;
        }

        return IsPolling != before;
    }

    /// <summary>The sockets were looked at, at the deadline <paramref name="due"/>; looks keep in step with it.</summary>
    public void Looked(Instant due, Instant now)
    {
        // A loop that is behind does not catch up on looks it missed.
        Instant next = due + s_poll;
        NextLook = next > now ? next : now + s_poll;
    }
}
