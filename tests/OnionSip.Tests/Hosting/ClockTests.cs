using System;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>The two sources a machine is given from outside. (HOST.CLOCK, HOST.ENTROPY)</summary>
public sealed class ClockTests
{
    [Fact]
    public void WallTime_IsTheSystems_AndAStepOfItDoesNotMoveTheInstant()
    {
        FixedTime wall = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        HostClock clock = new(wall);
        Instant before = clock.Now;
        Assert.Equal(new WallTime(1_800_000_000), clock.WallNow);
        wall.Value = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        Assert.Equal(new WallTime(1_700_000_000), clock.WallNow);
        Assert.InRange((clock.Now - before).TotalSeconds, 0, 60);
    }

    [Fact]
    public void Entropy_IsTheSystemsAndNeverTheSame()
    {
        byte[] one = new byte[32];
        byte[] two = new byte[32];
        new OsEntropy().Fill(one);
        new OsEntropy().Fill(two);
        Assert.NotEqual(one, two);
        Assert.NotEqual(new byte[32], one);
    }
}
