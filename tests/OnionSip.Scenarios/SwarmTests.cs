using System;
using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Tasks;
using OnionSip.Simulation;
using Xunit;

namespace OnionSip.Scenarios;

/// <summary>SIM.SWARM, SIM.CHECKERS, SIM.LIVENESS, SIM.DETERMINISM</summary>
public sealed class SwarmTests(ITestOutputHelper output)
{
    [Fact]
    public void CalmNetwork_ServesEveryClientWithoutLoss()
    {
        SimWorld world = new(new SimOptions { Seed = 1, FaultyTime = TimeSpan.FromSeconds(5) });
        world.Run();
        output.WriteLine(Describe(world));
        Assert.Equal(2, world.Figures.PathsReady);
        Assert.Equal(0, world.Figures.PathsLost);
        Assert.Equal(12_000, world.Figures.StreamBytes);
        Assert.InRange(world.Figures.Datagrams, 600, long.MaxValue);
    }

    /// <summary>Calls over voice paths, one after the other; every relay re-times. (NODE.VOICE, CIRCUIT.TICK)</summary>
    [Fact]
    public void CalmCalls_ReachTheExitSlotBySlot()
    {
        SimWorld world = new(new SimOptions { Seed = 1, Voice = true, FaultyTime = TimeSpan.FromSeconds(40) });
        world.Run();
        output.WriteLine(Describe(world));
        Assert.Equal(0, world.Figures.PathsLost);
        Assert.InRange(world.Figures.Calls, 6, 40);
        Assert.InRange(world.Figures.VoiceSlotsReached, world.Figures.VoiceSlots * 0.8, world.Figures.VoiceSlots);
    }

    [Fact]
    public void OneSeedTwice_GivesOneTrace()
    {
        Assert.Equal(new SimWorld(SimOptions.Swarm(7)).Run(), new SimWorld(SimOptions.Swarm(7)).Run());
        Assert.NotEqual(new SimWorld(SimOptions.Swarm(7)).Run(), new SimWorld(SimOptions.Swarm(8)).Run());
    }

    /// <summary>Every fault on; ONIONSIP_SEEDS sets how many seeds, ONIONSIP_FIRST_SEED where they begin.</summary>
    [Fact]
    public void Swarm_NeverBreaksAndAlwaysHeals()
    {
        int seeds = Setting("ONIONSIP_SEEDS", 1000);
        int first = Setting("ONIONSIP_FIRST_SEED", 1);
        ConcurrentQueue<string> failures = new();
        SwarmTotals totals = new();
        Parallel.For(first, first + seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            SimWorld world = new(SimOptions.Swarm((ulong)seed));
            try
            {
                world.Run();
            }
            catch (SimFailureException failure)
            {
                failures.Enqueue(failure.Message);
            }

            lock (totals)
            {
                totals.Add(world.Figures);
            }
        });
        output.WriteLine(totals.ToString());
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
        Assert.True(totals.PathsLost > 0 && totals.Datagrams > 0 && totals.StreamBytes > 0 && totals.VoiceSlotsReached > 0, "the faults and the service must both have happened");
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    private static string Describe(SimWorld world) => string.Create(
        CultureInfo.InvariantCulture,
        $"sent {world.Figures.Sent}, lost {world.Figures.Lost}, paths {world.Figures.PathsReady}, lost {world.Figures.PathsLost}, stream bytes {world.Figures.StreamBytes}, datagrams {world.Figures.Datagrams}, calls {world.Figures.Calls}, slots {world.Figures.VoiceSlots}, reached {world.Figures.VoiceSlotsReached}");
}
