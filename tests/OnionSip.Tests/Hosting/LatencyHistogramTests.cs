using System;
using OnionSip.Hosting.Diagnostics;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>Percentiles of spans of time. (HOST.LATENESS)</summary>
public sealed class LatencyHistogramTests
{
    [Fact]
    public void Percentiles_AreAQuarterTooHighAtMost()
    {
        LatencyHistogram histogram = new();
        for (int microseconds = 1; microseconds <= 10_000; microseconds++)
        {
            histogram.Add(TimeSpan.FromMicroseconds(microseconds));
        }

        Assert.InRange(histogram.PerMille(500), 5_000_000, 6_250_000);
        Assert.InRange(histogram.PerMille(990), 9_900_000, 10_000_000);
        Assert.Equal(10_000_000, histogram.PerMille(1000));
        Assert.Equal(10_000, histogram.Count);
    }

    [Fact]
    public void FewLateOnes_ShowInTheTailOnly()
    {
        LatencyHistogram histogram = new();
        histogram.Add(TimeSpan.FromMicroseconds(10), 995);
        histogram.Add(TimeSpan.FromMilliseconds(40), 5);
        Assert.InRange(histogram.PerMille(990), 10_000, 12_500);
        Assert.Equal(40_000_000, histogram.PerMille(999));
        Assert.Equal(TimeSpan.FromMilliseconds(40), histogram.Longest);
    }

    [Fact]
    public void NothingAndLessThanNothing_AreZero()
    {
        LatencyHistogram histogram = new();
        Assert.Equal(0, histogram.PerMille(990));
        histogram.Add(TimeSpan.FromMicroseconds(-5));
        histogram.Add(TimeSpan.Zero);
        Assert.Equal(0, histogram.PerMille(999));
        LatencyHistogram sum = new();
        sum.Add(TimeSpan.FromTicks(3));
        sum.Add(histogram);
        Assert.Equal(3, sum.Count);
        Assert.Equal(300, sum.PerMille(1000));
    }
}
