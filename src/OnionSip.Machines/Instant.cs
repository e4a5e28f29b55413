using System;

namespace OnionSip.Machines;

/// <summary>A point on the monotonic time line of one node. (MACHINE.TIME)</summary>
/// <remarks>
/// Units: ticks of 100 ns since an arbitrary origin chosen by the host or the simulator.
/// Bounds: never negative; <see cref="Never"/> is later than every other value and stays so when a span is added.
/// </remarks>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>The origin of the time line.</summary>
    public static readonly Instant Zero = new(0);

    /// <summary>No deadline.</summary>
    public static readonly Instant Never = new(long.MaxValue);

    public bool IsNever => Ticks == long.MaxValue;

    public static Instant FromMilliseconds(long milliseconds) => new(milliseconds * TimeSpan.TicksPerMillisecond);

    public static Instant operator +(Instant instant, TimeSpan span) =>
        instant.IsNever || span.Ticks > long.MaxValue - instant.Ticks ? Never : new(instant.Ticks + span.Ticks);

    /// <summary>The span from <paramref name="right"/> to <paramref name="left"/>; negative when left is earlier.</summary>
    public static TimeSpan operator -(Instant left, Instant right) => new(left.Ticks - right.Ticks);

    public static bool operator <(Instant left, Instant right) => left.Ticks < right.Ticks;
    public static bool operator >(Instant left, Instant right) => left.Ticks > right.Ticks;
    public static bool operator <=(Instant left, Instant right) => left.Ticks <= right.Ticks;
    public static bool operator >=(Instant left, Instant right) => left.Ticks >= right.Ticks;

    public static Instant Min(Instant left, Instant right) => left < right ? left : right;
    public static Instant Max(Instant left, Instant right) => left > right ? left : right;

    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    public override string ToString() => IsNever ? "never" : $"{Ticks / (double)TimeSpan.TicksPerSecond:F6}s";
}
