using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Nodes;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>NODE.TICK, NODE.LOCK, CIRCUIT.SLIP</summary>
public sealed class VoicePaceTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);
    private static readonly Instant s_start = Instant.FromMilliseconds(5000);

    /// <summary>The phase is drawn over the whole period and the ticks keep it.</summary>
    [Fact]
    public void Ticks_KeepADrawnPhase()
    {
        int[] quarters = new int[4];
        for (ulong seed = 1; seed <= 400; seed++)
        {
            VoicePace pace = new(s_start, new SeededEntropy(seed));
            long phase = (pace.NextTick - s_start).Ticks;
            Assert.InRange(phase, 1, s_period.Ticks);
            quarters[(phase - 1) / (s_period.Ticks / 4)]++;
            Instant next = pace.NextTick + s_period;
            Assert.True(pace.TryTake(pace.NextTick, out int skipped));
            Assert.Equal((0, next), (skipped, pace.NextTick));
        }

        Assert.All(quarters, static count => Assert.InRange(count, 60, 140));
    }

    [Fact]
    public void TickLateWithinAPeriod_IsServed_AndTheGridStays()
    {
        VoicePace pace = new(s_start, new SeededEntropy(1));
        Instant tick = pace.NextTick;
        Assert.False(pace.TryTake(new(tick.Ticks - 1), out _));
        Assert.True(pace.TryTake(new(tick.Ticks + s_period.Ticks - 1), out int skipped));
        Assert.Equal((0, tick + s_period), (skipped, pace.NextTick));
        Assert.Equal(0, pace.Skipped);
    }

    /// <summary>A stall of 107 ms loses five ticks and sends one: nothing is bunched.</summary>
    [Fact]
    public void TicksLateByPeriods_AreLeftOut()
    {
        VoicePace pace = new(s_start, new SeededEntropy(1));
        Instant tick = pace.NextTick;
        Instant late = tick + TimeSpan.FromMilliseconds(107);
        Assert.True(pace.TryTake(late, out int skipped));
        Assert.Equal(5, skipped);
        Assert.False(pace.TryTake(late, out _));
        Assert.Equal(tick + TimeSpan.FromMilliseconds(120), pace.NextTick);
        Assert.Equal(5, pace.Skipped);
    }

    /// <summary>Thirty minutes, clocks 200 ppm apart, jitter, and 90 cells 15 ms late: locked, the guard's lane shifts once at most; without the lock it slips again and again.</summary>
    [Theory]
    [InlineData(200, 1)]
    [InlineData(-200, 2)]
    [InlineData(40, 3)]
    [InlineData(-350, 4)]
    public void DriftingClocks_AreFollowed(double partsPerMillion, ulong seed)
    {
        (LaneModel locked, VoicePace pace) = Run(partsPerMillion, seed, locks: true);
        (LaneModel free, _) = Run(partsPerMillion, seed, locks: false);
        output.WriteLine($"{partsPerMillion} ppm: locked {locked.Shifts} shifts, {locked.Fills} fills, {pace.Steps} steps, believes {pace.PartsPerMillion:F1} ppm; free {free.Shifts} shifts, {free.Fills} fills");
        int periods = (int)(30 * 60 * 1000 * Math.Abs(partsPerMillion) * 1e-6 / 20);
        Assert.InRange(locked.Shifts, 0, 1);
        Assert.InRange(locked.Fills, 0, 130);
        Assert.Equal(0, pace.Steps);
        Assert.InRange(free.Shifts, periods - 1, periods + 2);
        Assert.InRange(pace.PartsPerMillion, -partsPerMillion - 30, -partsPerMillion + 30);
    }

    /// <summary>A lane of the guard that shifts moves its slots by a period: a new reference, and no tick moves.</summary>
    [Fact]
    public void ShiftOfTheGuardsSlots_MovesNoTick()
    {
        VoicePace pace = new(s_start, new SeededEntropy(3));
        for (long count = 0; count < 40 * VoicePace.WindowTicks; count++)
        {
            Instant tick = pace.NextTick;
            Assert.True(pace.TryTake(tick, out _));
            Assert.Equal(tick + s_period, pace.NextTick);
            TimeSpan shift = count > 640 ? s_period : TimeSpan.Zero;
            pace.NoteBackward(s_start + (count * s_period) + shift, count);
        }

        Assert.Equal(1, pace.Steps);
    }

    /// <summary>A burst of delay shorter than a window is not seen at all: the smallest distance counts.</summary>
    [Fact]
    public void Burst_MovesNoTick()
    {
        VoicePace pace = new(s_start, new SeededEntropy(3));
        for (long count = 0; count < 20 * VoicePace.WindowTicks; count++)
        {
            Instant tick = pace.NextTick;
            Assert.True(pace.TryTake(tick, out _));
            Assert.Equal(tick + s_period, pace.NextTick);
            TimeSpan burst = count % VoicePace.WindowTicks < 60 ? TimeSpan.FromMilliseconds(40) : TimeSpan.Zero;
            pace.NoteBackward(s_start + (count * s_period) + burst, count);
        }
    }

    /// <summary>A guard that races cannot drag the ticks: 14 us a tick at most.</summary>
    [Fact]
    public void HostileGuard_MovesNoTickFar()
    {
        VoicePace pace = new(s_start, new SeededEntropy(3));
        Instant arrival = s_start;
        for (long count = 0; count < 20_000; count++)
        {
            Instant tick = pace.NextTick;
            Assert.True(pace.TryTake(tick, out _));
            Assert.InRange((pace.NextTick - tick - s_period).Ticks, -141, 141);
            arrival += s_period - TimeSpan.FromTicks(count % 4000 < 2000 ? 600 : -600);
            pace.NoteBackward(arrival, count);
        }
    }

    private static (LaneModel Lane, VoicePace Pace) Run(double partsPerMillion, ulong seed, bool locks)
    {
        SeededEntropy entropy = new(seed);
        double rate = 1 + (partsPerMillion * 1e-6);
        VoicePace pace = new(Instant.Zero, entropy, locks);
        LaneModel lane = new(entropy.NextInt32(20_000) / 1000.0);
        PriorityQueue<(bool IsForward, long Index), double> wire = new();
        long sent = 0;
        long backward = 0;
        const double End = 30 * 60 * 1000;
        while (true)
        {
            double client = pace.NextTick.Ticks / 10_000.0 / rate;
            double guard = lane.NextTick;
            double arrival = wire.TryPeek(out _, out double at) ? at : double.MaxValue;
            double now = Math.Min(Math.Min(client, guard), arrival);
            if (now > End)
            {
                return (lane, pace);
            }

            if (now == arrival)
            {
                (bool isForward, long index) = wire.Dequeue();
                if (isForward)
                {
                    lane.Arrive(now, index);
                }
                else
                {
                    pace.NoteBackward(Own(now, rate), index);
                }
            }
            else if (now == client)
            {
                Assert.True(pace.TryTake(pace.NextTick, out _));
                wire.Enqueue((true, sent++), now + Delay(entropy));
            }
            else
            {
                lane.Tick();
                wire.Enqueue((false, backward++), now + Delay(entropy));
            }
        }
    }

    /// <summary>8 ms and up to 2 of jitter, skewed to the small, as networks are; one in a thousand waits 15 more.</summary>
    private static double Delay(SeededEntropy entropy)
    {
        double drawn = entropy.NextInt32(1000) / 1000.0;
        return 8 + (2 * drawn * drawn) + (entropy.NextInt32(1000) == 0 ? 15 : 0);
    }

    private static Instant Own(double now, double rate) => new((long)(now * rate * 10_000));
}
