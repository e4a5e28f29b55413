using System;

namespace OnionSip.Machines;

/// <summary>Civil time for document validity and certificates; never mixed with <see cref="Instant"/>. (MACHINE.TIME)</summary>
/// <remarks>Units: whole seconds since 1970-01-01T00:00:00Z, leap seconds not counted.</remarks>
public readonly record struct WallTime(long UnixSeconds) : IComparable<WallTime>
{
    public static WallTime operator +(WallTime time, TimeSpan span) => new(time.UnixSeconds + (span.Ticks / TimeSpan.TicksPerSecond));

    public static TimeSpan operator -(WallTime left, WallTime right) => TimeSpan.FromSeconds(left.UnixSeconds - right.UnixSeconds);

    public static bool operator <(WallTime left, WallTime right) => left.UnixSeconds < right.UnixSeconds;
    public static bool operator >(WallTime left, WallTime right) => left.UnixSeconds > right.UnixSeconds;
    public static bool operator <=(WallTime left, WallTime right) => left.UnixSeconds <= right.UnixSeconds;
    public static bool operator >=(WallTime left, WallTime right) => left.UnixSeconds >= right.UnixSeconds;

    public int CompareTo(WallTime other) => UnixSeconds.CompareTo(other.UnixSeconds);
}
