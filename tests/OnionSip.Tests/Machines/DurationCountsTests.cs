using System;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Machines;

/// <summary>MACHINE.DURATIONS</summary>
public sealed class DurationCountsTests
{
    [Fact]
    public void EveryDuration_LiesInTheBucketThatEndsBehindIt_WithinAQuarter()
    {
        for (long microseconds = 0; microseconds < 200_000; microseconds += 1 + (microseconds / 50))
        {
            DurationCounts counts = new();
            counts.Add(TimeSpan.FromMicroseconds(microseconds));
            long end = counts.Quantile(1);
            Assert.True(end > microseconds);
            Assert.True(end - microseconds <= 1 + (microseconds / 4), $"{microseconds} us in the bucket that ends at {end}");
        }
    }

    [Fact]
    public void Quantiles_AreThoseOfTheCounts()
    {
        DurationCounts counts = new();
        Assert.Equal(0, counts.Quantile(0.5));
        for (int count = 0; count < 99; count++)
        {
            counts.Add(TimeSpan.FromMicroseconds(3));
        }

        counts.Add(TimeSpan.FromHours(1));
        Assert.Equal((4, 4, 100), (counts.Quantile(0.5), counts.Quantile(0.99), counts.Total));
        Assert.Equal(DurationCounts.EndOf(DurationCounts.Buckets - 1), counts.Quantile(1));
        counts.Add(TimeSpan.FromTicks(-5));
        Assert.Equal(1, counts.Counts[0]);
    }
}
