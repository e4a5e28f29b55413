using System;
using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>
/// What all streams of a mux share: the window, the retransmission timer and the order of transmissions.
/// (STREAM.WINDOW, STREAM.RTO)
/// </summary>
internal sealed class PathControl
{
    private const int MaxBackoff = 8;

    private readonly RttEstimator _rtt = new();
    private int _slowStartThreshold = StreamLimits.MaxWindowCells;
    private int _ackedInWindow;
    private int _backoff;
    private long _recoveryEnd = -1;

    public int Window { get; private set; } = StreamLimits.InitialWindowCells;

    public int InFlight { get; private set; }

    /// <summary>One body leaves at each tick: segments must fit beside the media of any of them. (FLOW.PACED)</summary>
    public bool IsPaced { get; set; }

    /// <summary>Numbers every transmission.</summary>
    public long NextOrder { get; private set; }

    /// <summary>The latest transmission known to have arrived.</summary>
    public long LargestAckedOrder { get; private set; } = -1;

    public Instant Deadline { get; private set; } = Instant.Never;

    public TimeSpan Rto => _rtt.Rto;

    public bool MaySend => InFlight < Window;

    /// <summary>The timeout as it stands after the backoff of RFC 6298 §5.5.</summary>
    public TimeSpan BackedOffRto
    {
        get
        {
            long ticks = _rtt.Rto.Ticks << _backoff;
            return new(Math.Min(ticks, StreamLimits.MaxRto.Ticks));
        }
    }

    /// <summary>Notes a transmission and gives its place in the order.</summary>
    public long OnSent(Instant now)
    {
        InFlight++;
        if (Deadline.IsNever)
        {
            Deadline = now + BackedOffRto;
        }

        return NextOrder++;
    }

    /// <summary>A segment was acknowledged; only one sent once tells the time and the order (Karn).</summary>
    public void OnAcked(Instant now, bool wasInFlight, bool sentOnce, Instant sentAt, long order)
    {
        InFlight -= wasInFlight ? 1 : 0;
        _backoff = 0;
        if (sentOnce)
        {
            _rtt.AddSample(now - sentAt);
            LargestAckedOrder = Math.Max(LargestAckedOrder, order);
        }

        Grow();
        Deadline = InFlight > 0 ? now + _rtt.Rto : Instant.Never;
    }

    /// <summary>A segment in flight was given up on; the window shrinks once for each window of data.</summary>
    public void OnLost(long order)
    {
        InFlight--;
        if (order <= _recoveryEnd)
        {
            return;
        }

        _recoveryEnd = NextOrder - 1;
        _slowStartThreshold = Math.Max(StreamLimits.MinWindowCells, Window / 2);
        Window = _slowStartThreshold;
        _ackedInWindow = 0;
    }

    /// <summary>A segment in flight belongs to a stream that is gone.</summary>
    public void OnForgotten(Instant now)
    {
        InFlight--;
        RestartTimer(now);
    }

    /// <summary>
    /// The retransmission timer ran out; what it took for lost is marked next, then the timer restarts.
    /// </summary>
    public void OnTimeout()
    {
        _slowStartThreshold = Math.Max(StreamLimits.MinWindowCells, Window / 2);
        Window = StreamLimits.MinWindowCells;
        _ackedInWindow = 0;
        _backoff = Math.Min(_backoff + 1, MaxBackoff);
        _recoveryEnd = NextOrder - 1;
    }

    public void RestartTimer(Instant now) => Deadline = InFlight > 0 ? now + BackedOffRto : Instant.Never;

    private void Grow()
    {
        if (Window >= StreamLimits.MaxWindowCells)
        {
            return;
        }

        _ackedInWindow++;
        if (Window < _slowStartThreshold || _ackedInWindow >= Window)
        {
            Window++;
            _ackedInWindow = 0;
        }
    }
}
