using System;
using OnionSip.Simulation;
using Xunit;

namespace OnionSip.Scenarios;

/// <summary>Each fault of the options does what it says, alone, and nothing of it happens without it. (SIM.OPTIONS, SIM.NETWORK, SIM.HOST, SIM.WORLD)</summary>
public sealed class FaultTests
{
    private static readonly SimOptions s_calm = new() { Seed = 11, FaultyTime = TimeSpan.FromSeconds(5) };

    [Fact]
    public void CalmNetwork_LosesDoublesAndChangesNothing()
    {
        SimFigures figures = Run(s_calm);
        Assert.Equal((0, 0, 0), (figures.Lost, figures.Duplicated, figures.Corrupted));
        Assert.True(figures.Sent > 0);
    }

    [Fact]
    public void Loss_IsTheShareAskedFor()
    {
        SimFigures figures = Run(s_calm with { Loss = 0.1, HealingTime = TimeSpan.FromSeconds(60) });
        Assert.True(figures.Lost > 0);
        Assert.Equal((0, 0), (figures.Duplicated, figures.Corrupted));
    }

    [Fact]
    public void Duplication_LosesNothing()
    {
        SimFigures figures = Run(s_calm with { Duplication = 0.1 });
        Assert.True(figures.Duplicated > 0);
        Assert.Equal((0, 0), (figures.Lost, figures.Corrupted));
    }

    [Fact]
    public void Corruption_ChangesDatagramsAndEveryEchoIsStillTrue()
    {
        SimFigures figures = Run(s_calm with { Corruption = 0.05 });
        Assert.True(figures.Corrupted > 0);
        Assert.Equal((0, 0), (figures.Lost, figures.Duplicated));
        Assert.True(figures.StreamBytes > 0);
    }

    /// <summary>Relays that forget everything take paths with them; the clients are served again without them.</summary>
    [Fact]
    public void Crashes_LosePathsAndTheClientsComeBack()
    {
        SimFigures figures = Run(s_calm with { Relays = 4, Crashes = 8, FaultyTime = TimeSpan.FromSeconds(10) });
        Assert.Equal(8, figures.Crashes);
        Assert.True(figures.PathsLost > 0);
        Assert.True(figures.PathsReady > 2);
    }

    [Fact]
    public void Partition_LosesDatagramsOfThePairOnly()
    {
        SimFigures figures = Run(s_calm with { Partitions = 30, FaultyTime = TimeSpan.FromSeconds(10) });
        Assert.True(figures.Lost > 0);
        Assert.True(figures.Lost < figures.Sent / 2);
    }

    /// <summary>A failed checker ends the run and names the seed.</summary>
    [Fact]
    public void NetworkThatNeverServes_FailsAndNamesTheSeed()
    {
        SimOptions mute = s_calm with { Seed = 4711, HealingTime = TimeSpan.Zero };
        SimFailureException failure = Assert.Throws<SimFailureException>(() => new SimWorld(mute).Run());
        Assert.StartsWith("seed 4711: ", failure.Message, StringComparison.Ordinal);
    }

    private static SimFigures Run(SimOptions options)
    {
        SimWorld world = new(options);
        world.Run();
        return world.Figures;
    }
}
