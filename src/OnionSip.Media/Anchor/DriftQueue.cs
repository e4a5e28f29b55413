using System;

namespace OnionSip.Media;

/// <summary>
/// Frames between a phone's clock and the tick: at most three; the oldest goes, or silence fills. (MEDIA.DRIFT, SIP.RULE-11)
/// </summary>
/// <remarks>
/// A drop is a slip. A tick without a frame is a slip when the phone goes on within <see cref="PauseTicks"/>; a longer hole is a pause
/// of the phone and no slip. Beyond one frame, which absorbs the phone's jitter, a frame that no tick of a window needed only
/// delays the rest: it is dropped, as a slip. Nothing is allocated after construction.
/// </remarks>
public sealed class DriftQueue(int frameBytes)
{
    /// <summary>media.drift_queue_frames.</summary>
    public const int Capacity = 3;

    /// <summary>Empty ticks after which a hole is a pause: media.pause_ticks.</summary>
    public const int PauseTicks = 5;

    /// <summary>The window in which a standing frame shows: media.standing_ticks.</summary>
    public const int StandingTicks = 50;

    /// <summary>The first window after a pause: media.settle_ticks.</summary>
    public const int SettleTicks = 10;

    private readonly byte[] _frames = new byte[Capacity * frameBytes];
    private int _first;
    private int _emptyTicks = PauseTicks;
    private int _windowTicks = SettleTicks;
    private int _lowest = Capacity;

    public int Count { get; private set; }

    /// <summary>Frames dropped because the phone's clock is ahead.</summary>
    public long Dropped { get; private set; }

    /// <summary>Ticks filled because the phone's clock is behind.</summary>
    public long Filled { get; private set; }

    public long Slips => Dropped + Filled;

    public void Put(ReadOnlySpan<byte> frame)
    {
        if (_emptyTicks >= PauseTicks)
        {
            StartWindow(SettleTicks);
        }
        else
        {
            Filled += _emptyTicks;
        }

        _emptyTicks = 0;
        if (Count == Capacity)
        {
            DropOldest();
        }

        frame[..frameBytes].CopyTo(_frames.AsSpan((_first + Count) % Capacity * frameBytes));
        Count++;
    }

    /// <summary>Called once a tick; false: the caller fills with silence.</summary>
    public bool TryTake(Span<byte> frame)
    {
        if (Count == 0)
        {
            _lowest = 0;
            _emptyTicks = Math.Min(_emptyTicks + 1, PauseTicks);
            return false;
        }

        _frames.AsSpan(_first * frameBytes, frameBytes).CopyTo(frame);
        _first = (_first + 1) % Capacity;
        Count--;
        _lowest = Math.Min(_lowest, Count);
        if (--_windowTicks <= 0)
        {
            DropStanding();
        }

        return true;
    }

    public void Clear()
    {
        Count = 0;
        _emptyTicks = PauseTicks;
    }

    private void DropStanding()
    {
        for (int standing = _lowest; standing > 1; standing--)
        {
            DropOldest();
        }

        StartWindow(StandingTicks);
    }

    private void StartWindow(int ticks)
    {
        _windowTicks = ticks;
        _lowest = Capacity;
    }

    private void DropOldest()
    {
        _first = (_first + 1) % Capacity;
        Count--;
        Dropped++;
    }
}
