using System;
using OnionSip.Hosting.Shards;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>How many calls a thread can carry, from what those that run cost it. (HOST.CAPACITY)</summary>
public sealed class CapacityMeterTests
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(CapacityMeter.PeriodSeconds);

    private Instant _now;
    private TimeSpan _used;

    /// <summary>1,000 calls that use half the thread: 1,700 fit into 85 % of it.</summary>
    [Theory]
    [InlineData(100_000, 0.5, 1700)]
    [InlineData(1200, 0.5, 1200)]
    [InlineData(100_000, 0.95, 894)]
    public void SteadyLoad_GivesWhatFits(int configured, double busy, int expected)
    {
        CapacityMeter meter = new(_now, configured);
        Run(meter, busy, 2000, 100);
        Assert.InRange(meter.Capacity, expected * 0.94, expected * 1.06);
    }

    [Fact]
    public void FewCalls_AreNoMeasurement()
    {
        CapacityMeter meter = new(_now, 4000);
        Run(meter, 0.9, CapacityMeter.CircuitsMin - 1, 50);
        Assert.Equal(4000, meter.Capacity);
    }

    /// <summary>The processor time before a long silence says nothing about the calls after it.</summary>
    [Fact]
    public void SpanNobodyLookedAt_IsLeftOut()
    {
        CapacityMeter meter = new(_now, 4000);
        Assert.Null(meter.Measure(_now, TimeSpan.Zero, 1000));
        Assert.Null(meter.Measure(_now + (100 * s_period), 90 * s_period, 1000));
        Assert.Equal(4000, meter.Capacity);
    }

    [Fact]
    public void SmallChange_IsNotTold()
    {
        CapacityMeter meter = new(_now, 100_000);
        Run(meter, 0.5, 2000, 100);
        int before = meter.Capacity;
        Assert.Equal(0, Run(meter, 0.49, 2000, 20));
        Assert.Equal(before, meter.Capacity);
        Assert.NotEqual(0, Run(meter, 0.8, 2000, 20));
    }

    private int Run(CapacityMeter meter, double busy, int lanes, int periods)
    {
        int told = 0;
        for (int period = 0; period < periods; period++)
        {
            _now += s_period;
            _used += busy * s_period;
            told += meter.Measure(_now, _used, lanes) is null ? 0 : 1;
        }

        return told;
    }
}
