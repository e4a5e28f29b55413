using System;
using System.Diagnostics;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>Makes the two kinds of time a machine is given. (HOST.CLOCK)</summary>
/// <remarks>Units: <see cref="Now"/> counts 100 ns ticks of the monotonic clock since this object was made.</remarks>
public sealed class HostClock(TimeProvider wall)
{
    private readonly long _origin = Stopwatch.GetTimestamp();

    public Instant Now => new(Stopwatch.GetElapsedTime(_origin).Ticks);

    public WallTime WallNow => new(wall.GetUtcNow().ToUnixTimeSeconds());
}
