using System;
using OnionSip.Machines;

namespace OnionSip.Links;

/// <summary>
/// Decides when an open link must ask whether its peer still lives, and when it is dead or idle. (LINK.LIVENESS, LINK.IDLE)
/// </summary>
/// <remarks>
/// Shape:  quiet until the silence limit; then a PING every <see cref="LinkParameters.ProbeInterval"/> until anything comes;
///         dead <see cref="LinkParameters.ProbeLimit"/> after the first of them.
/// Silence limit: 1 s with circuits, 15 s for an idle client (its address translation must not forget it), none for others.
/// </remarks>
internal sealed class LinkLiveness
{
    private TimeSpan? _idleSilence;
    private Instant _lastReceived;
    private Instant _probingSince = Instant.Never;
    private Instant _nextProbe = Instant.Never;
    private Instant _idleSince = Instant.Never;
    private ulong _token;
    private Instant _tokenSentAt = Instant.Never;

    internal bool IsBusy { get; private set; }

    /// <summary>The last answered PING's round trip; null before the first.</summary>
    internal TimeSpan? RoundTrip { get; private set; }

    internal void Open(Instant now, bool keepsAwakeWhenIdle)
    {
        _idleSilence = keepsAwakeWhenIdle ? LinkParameters.IdleClientSilence : null;
        _lastReceived = now;
        SetBusy(now, IsBusy);
    }

    /// <summary>Asks at once: a new initiator wants its link confirmed.</summary>
    internal void StartProbing(Instant now)
    {
        _probingSince = now;
        _nextProbe = now;
    }

    internal void SetBusy(Instant now, bool isBusy)
    {
        IsBusy = isBusy;
        _idleSince = isBusy ? Instant.Never : now;
    }

    internal void Received(Instant now)
    {
        _lastReceived = now;
        _probingSince = Instant.Never;
        _nextProbe = Instant.Never;
    }

    internal void ReceivedPong(Instant now, ulong token)
    {
        if (token == _token && !_tokenSentAt.IsNever)
        {
            RoundTrip = now - _tokenSentAt;
            _tokenSentAt = Instant.Never;
        }
    }

    internal bool IsIdle(Instant now) => !IsBusy && now >= _idleSince + LinkParameters.IdleLifetime;

    internal bool IsDead(Instant now) => now >= DeadAt;

    internal bool IsProbeDue(Instant now) => now >= ProbeAt;

    internal void Probed(Instant now, ulong token)
    {
        if (_probingSince.IsNever)
        {
            _probingSince = now;
        }

        _nextProbe = now + LinkParameters.ProbeInterval;
        _token = token;
        _tokenSentAt = now;
    }

    internal Instant NextDeadline()
    {
        Instant idleAt = IsBusy ? Instant.Never : _idleSince + LinkParameters.IdleLifetime;
        return Instant.Min(Instant.Min(DeadAt, ProbeAt), idleAt);
    }

    private Instant DeadAt => _probingSince + LinkParameters.ProbeLimit;

    private Instant ProbeAt => _probingSince.IsNever ? SilentAt : _nextProbe;

    private Instant SilentAt
    {
        get
        {
            TimeSpan? silence = IsBusy ? LinkParameters.BusySilence : _idleSilence;
            return silence is null ? Instant.Never : _lastReceived + silence.Value;
        }
    }
}
