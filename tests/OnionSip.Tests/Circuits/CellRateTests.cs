using System;
using System.Diagnostics;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.RATE: no direction of a circuit exceeds its rate.</summary>
[Collection(AloneCollection.Name)]
public sealed class CellRateTests(ITestOutputHelper output)
{
    private static readonly Instant s_start = Instant.FromMilliseconds(1000);

    /// <summary>An hour of a call, its clock exact, half a hundredth fast or twice as fast: microseconds between cells.</summary>
    [Theory]
    [InlineData(20_000, 180_000, 180_000)]
    [InlineData(19_900, 180_000, 180_000)]
    [InlineData(10_000, 181_900, 182_000)]
    public void Voice_PassesACallAndNoMore(int microseconds, int least, int most)
    {
        CellMeter meter = default;
        meter.Start(CellRate.Voice);
        int passed = 0;
        int cells = microseconds == 10_000 ? 360_000 : 180_000;
        for (int cell = 0; cell < cells; cell++)
        {
            Instant now = s_start + TimeSpan.FromMicroseconds((double)cell * microseconds);
            passed += meter.TryTake(now, CellRate.Voice) ? 1 : 0;
        }

        Assert.InRange(passed, least, most);
        Assert.Equal(passed, meter.Restart());
        Assert.Equal(0, meter.Passed);
    }

    [Fact]
    public void Burst_IsEight_AndSetUpCellsAreGivenOnce()
    {
        CellMeter meter = default;
        meter.Start(CellRate.Voice);
        Assert.Equal(CircuitLimits.VoiceBurst + CircuitLimits.VoiceSetUpCells, AtOnce(ref meter, s_start, CellRate.Voice));
        Instant later = s_start + TimeSpan.FromSeconds(10);
        Assert.Equal(CircuitLimits.VoiceBurst, AtOnce(ref meter, later, CellRate.Voice));
        Assert.Equal(1, AtOnce(ref meter, later + TimeSpan.FromMicroseconds(CircuitLimits.VoiceCellMicroseconds), CellRate.Voice));
        meter.Start(CellRate.Signalling);
        Assert.Equal(CircuitLimits.SignallingBurst, AtOnce(ref meter, later, CellRate.Signalling));
        Assert.Equal(50, AtOnce(ref meter, later + TimeSpan.FromSeconds(1), CellRate.Signalling));
    }

    /// <summary>What is over the rate changes nothing: the same slot is good later, and another circuit never knows.</summary>
    [Fact]
    public void CellOverTheRate_LeavesItsSlotAndOthersAlone()
    {
        VoiceCrowd crowd = new(701, new VoiceOptions());
        Assert.True(crowd.Ask(1, out CircuitId loud));
        Assert.True(crowd.Ask(1, out CircuitId quiet));
        uint slot = 0;
        while (crowd.Say(1, loud, slot) != CircuitDrop.OverRate)
        {
            slot++;
        }

        Assert.Equal((uint)(CircuitLimits.VoiceBurst + CircuitLimits.VoiceSetUpCells), slot);
        Assert.Equal(CircuitDrop.OverRate, crowd.Say(1, loud, slot));
        Assert.Equal(2, crowd.Relay.Drops[CircuitDrop.OverRate]);
        Assert.Equal(CircuitDrop.MissingCell, crowd.Say(1, quiet, 0));
        crowd.Now += TimeSpan.FromMilliseconds(20);
        Assert.Equal(CircuitDrop.MissingCell, crowd.Say(1, loud, slot));
    }

    [Fact]
    public void BackwardCells_HaveABucketOfTheirOwn()
    {
        CircuitNetwork network = new(2, 702, hasRates: true);
        network.Build();
        byte[] cell = new byte[WireLayout.CellBytes];
        int passed = 0;
        while (passed <= CircuitLimits.SignallingBurst)
        {
            Assert.True(network.Relays[1].TrySealBody(network.Now, network.Handles[1], [], cell, out CellRoute route));
            CircuitDrop drop = network.Relays[0].HandleCell(
                network.Now, CircuitNetwork.NextSide, route.Circuit, route.Slot, cell, out _);
            if (drop == CircuitDrop.OverRate)
            {
                break;
            }

            passed++;
        }

        Assert.Equal(CircuitLimits.SignallingBurst, passed);
        network.AssertForward(1);
    }

    [Fact]
    public void Bucket_CostsNanosecondsAndNoBytes()
    {
        CellMeter meter = default;
        meter.Start(CellRate.Voice);
        long best = long.MaxValue;
        const int Cells = 200_000;
        long ticks = s_start.Ticks;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 8; round++)
        {
            long started = Stopwatch.GetTimestamp();
            for (int cell = 0; cell < Cells; cell++)
            {
                ticks += 100_000;
                meter.TryTake(new Instant(ticks), CellRate.Voice);
            }

            best = Math.Min(best, Stopwatch.GetTimestamp() - started);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        double nanoseconds = best * 1e9 / Stopwatch.Frequency / Cells;
        output.WriteLine($"{nanoseconds:F1} ns a cell");
        Assert.True(nanoseconds < 200, $"{nanoseconds:F1} ns");
    }

    private static int AtOnce(ref CellMeter meter, Instant now, CellRate rate)
    {
        int passed = 0;
        while (meter.TryTake(now, rate))
        {
            passed++;
        }

        return passed;
    }
}
