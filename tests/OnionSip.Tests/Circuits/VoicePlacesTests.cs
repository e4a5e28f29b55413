using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.ADMISSION, CIRCUIT.SHARES: who gets a place for a call, and how it is lost.</summary>
public sealed class VoicePlacesTests
{
    private const int Capacity = 1000;

    private static readonly Instant s_start = Instant.FromMilliseconds(1000);

    /// <summary>Below the lowest threshold nobody is refused, at capacity everybody is.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Places_AreGivenFreelyBelowTheBand_AndNeverBeyondTheCapacity(ulong seed)
    {
        VoicePlaces places = new(s_start, new VoiceOptions { Capacity = Capacity }, new SeededEntropy(seed));
        LinkPayer payer = Payer();
        int free = Capacity * (100 - CircuitLimits.VoiceBandPercent - CircuitLimits.VoiceSpreadPercent) / 100;
        for (int place = 0; place < free; place++)
        {
            Assert.True(places.TryTake(s_start, payer), $"seed {seed}, place {place}");
        }

        for (int ask = 0; ask < 20_000; ask++)
        {
            places.TryTake(s_start + TimeSpan.FromSeconds(ask), payer);
        }

        Assert.InRange(places.Count, free, Capacity);
        places.SetCapacity(s_start, 100);
        Assert.False(places.TryTake(s_start, payer));
    }

    [Fact]
    public void Refusals_RampAcrossTheBand()
    {
        SeededEntropy entropy = new(4);
        double[] refused = new double[3];
        const int Rounds = 3000;
        for (int round = 0; round < Rounds; round++)
        {
            // Without spread the band is where it is: 950 to 1000.
            VoicePlaces places = new(s_start, new VoiceOptions { Capacity = Capacity, SpreadPercent = 0, WanderPercent = 0 }, entropy);
            LinkPayer payer = Payer();
            Fill(places, payer, 950);
            for (int level = 0; level < refused.Length; level++)
            {
                bool isIn = places.TryTake(s_start, payer);
                refused[level] += isIn ? 0 : 1.0 / Rounds;
                if (isIn)
                {
                    places.Release(payer);
                }

                Fill(places, payer, Math.Min(990, 950 + ((level + 1) * 20)));
            }
        }

        Assert.Equal(0, refused[0]);
        Assert.InRange(refused[1], 0.31, 0.39);
        Assert.InRange(refused[2], 0.86, 0.93);
    }

    [Fact]
    public void Threshold_IsDrawnAgain_BetweenTwoAndTenMinutes()
    {
        VoicePlaces places = new(s_start, new VoiceOptions { Capacity = Capacity, WanderPercent = 0 }, new SeededEntropy(5));
        LinkPayer payer = Payer();
        List<double> minutes = [];
        double before = places.Threshold;
        double changed = 0;
        for (int second = 0; second < 36_000; second++)
        {
            if (places.TryTake(s_start + TimeSpan.FromSeconds(second), payer))
            {
                places.Release(payer);
            }

            if (places.Threshold != before)
            {
                minutes.Add((second - changed) / 60.0);
                changed = second;
                before = places.Threshold;
                Assert.InRange(before, 800, 950);
            }
        }

        Assert.InRange(minutes.Count, 60, 140);
        Assert.All(minutes, static gap => Assert.InRange(gap, 1.98, 10.02));
        Assert.True(minutes.Max() - minutes.Min() > 4);
    }

    /// <summary>Who has more than its share is refused for certain before anybody else is refused at all.</summary>
    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public void LinkWithMoreThanItsShare_IsRefusedFirst(ulong seed)
    {
        VoicePlaces places = new(s_start, new VoiceOptions { Capacity = Capacity }, new SeededEntropy(seed));
        LinkPayer[] others = [.. Enumerable.Range(0, 9).Select(static _ => Payer())];
        LinkPayer greedy = Payer();
        foreach (LinkPayer other in others)
        {
            Fill(places, other, places.Count + 50);
        }

        int refusals = 0;
        while (refusals < 100)
        {
            refusals = places.TryTake(s_start, greedy) ? 0 : refusals + 1;
        }

        Assert.True(greedy.VoicePlaces > Capacity / 10);
        int level = places.Count;
        Assert.True(places.TryTake(s_start, others[0]), $"seed {seed}: {level} places");
        Assert.True(places.TryTake(s_start, others[1]), $"seed {seed}: {level} places");
    }

    [Fact]
    public void Prefix_HasTheShareOfItsWeight()
    {
        VoicePlaces places = new(s_start, new VoiceOptions { Capacity = 900, BandPercent = 0, SpreadPercent = 50 }, new SeededEntropy(8));
        LinkPayer relay = Payer();
        LinkPayer prefix = new(s_start, LinkShare.Prefix);
        Assert.True(places.TryTake(s_start, relay));
        Assert.True(places.TryTake(s_start, prefix));
        Assert.Equal(100, places.ShareOf(prefix));
        Assert.Equal(800, places.ShareOf(relay));
        places.Release(relay);
        Assert.Equal(900, places.ShareOf(prefix));
    }

    /// <summary>A circuit with a little more than half its cells lives, one with less is gone after its second window.</summary>
    [Theory]
    [InlineData(26, true)]
    [InlineData(24, false)]
    [InlineData(0, false)]
    public void Place_LapsesWithoutHalfItsCells(int cellsPerSecond, bool lives)
    {
        VoiceCrowd crowd = new(9, new VoiceOptions());
        Assert.True(crowd.Ask(1, out CircuitId id));
        uint slot = 0;
        for (int second = 0; second < 60; second++)
        {
            for (int cell = 0; cell < cellsPerSecond && crowd.Relay.Count > 0; cell++)
            {
                crowd.Say(1, id, slot++);
                crowd.Now += TimeSpan.FromSeconds(1) / cellsPerSecond;
            }

            crowd.Pass(cellsPerSecond == 0 ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
            Assert.True(second >= 19 || crowd.Relay.Count == 1, "gone before its second window was over");
        }

        Assert.Equal(lives ? (1, 1) : (0, 0), (crowd.Relay.Count, crowd.Relay.VoiceCount));
        Assert.Equal(lives ? 0 : 1, crowd.Relay.Drops[CircuitDrop.VoiceLapsed]);
        Assert.Equal(lives ? 0 : 1, crowd.Lost.Count);
    }

    [Fact]
    public void SignallingCircuits_NeedNoPlace_AndNeverLapse()
    {
        VoiceCrowd crowd = new(10, new VoiceOptions { Capacity = 0 }, CircuitFlags.None);
        Assert.True(crowd.Ask(1, out _));
        crowd.Pass(TimeSpan.FromSeconds(60));
        Assert.Equal((1, 0), (crowd.Relay.Count, crowd.Relay.VoiceCount));
    }

    /// <summary>Two minutes of CREATEs from three links against a relay full of calls: no call ends, and each keeps all its cells.</summary>
    [Fact]
    public void StormOfCreates_NeverEndsARunningCall()
    {
        const int Calls = 20;
        VoiceCrowd crowd = new(11, new VoiceOptions { Capacity = 24 });
        List<CircuitId> calls = [];
        while (calls.Count < Calls)
        {
            if (crowd.Ask(1, out CircuitId id))
            {
                calls.Add(id);
            }
        }

        int asked = 0;
        int letIn = 0;
        for (uint slot = 0; slot < 3000; slot++)
        {
            foreach (CircuitId call in calls)
            {
                Assert.Equal(CircuitDrop.MissingCell, crowd.Say(1, call, slot));
            }

            if (slot % 10 == 0)
            {
                asked++;
                letIn += crowd.Ask(2 + (int)(slot % 3), out _) ? 1 : 0;
            }

            crowd.Pass(TimeSpan.FromMilliseconds(20));
        }

        // What was let in for want of calls lapses again: the calls are what is left.
        Assert.True(letIn < asked / 4, $"{letIn} of {asked} let in");
        Assert.Equal(letIn, crowd.Lost.Count + crowd.Relay.VoiceCount - Calls);
        foreach (CircuitId call in calls)
        {
            Assert.Equal(CircuitDrop.MissingCell, crowd.Say(1, call, 3000));
        }
    }

    [Fact]
    public void Place_IsGivenBack_HoweverTheCircuitEnds()
    {
        VoiceCrowd crowd = new(12, new VoiceOptions { Capacity = 50 });
        for (int link = 1; link <= 3; link++)
        {
            Assert.True(crowd.Ask(link, out _));
        }

        Assert.True(crowd.Ask(4, out CircuitId id));
        Assert.Equal(4, crowd.Relay.VoiceCount);
        crowd.Leave(4, id);
        crowd.Relay.HandleLinkClosed(crowd.Now, new LinkId(1));
        crowd.Drain();
        Assert.Equal(2, crowd.Relay.VoiceCount);
        crowd.Relay.Destroy(crowd.Now, crowd.Relay.Store.At(2)!.Handle);
        crowd.Pass(TimeSpan.FromSeconds(15));
        crowd.Pass(TimeSpan.FromSeconds(15));
        Assert.Equal((0, 0), (crowd.Relay.VoiceCount, crowd.Relay.Count));
        Assert.Equal(0, crowd.Relay.Admission.Voice.Weights);
    }

    /// <summary>Between two draws the threshold moves a little every few seconds and stays where it may be drawn.</summary>
    [Fact]
    public void Threshold_Wanders()
    {
        VoiceOptions options = new() { Capacity = Capacity, RedrawMin = TimeSpan.FromDays(1), RedrawMax = TimeSpan.FromDays(2) };
        VoicePlaces places = new(s_start, options, new SeededEntropy(13));
        LinkPayer payer = Payer();
        int before = places.Threshold;
        HashSet<int> steps = [];
        int moved = 0;
        int lowest = before;
        int highest = before;
        for (int second = 0; second < 36_000; second++)
        {
            if (places.TryTake(s_start + TimeSpan.FromSeconds(second), payer))
            {
                places.Release(payer);
            }

            moved += places.Threshold == before ? 0 : 1;
            steps.Add(places.Threshold - before);
            before = places.Threshold;
            lowest = Math.Min(lowest, before);
            highest = Math.Max(highest, before);
        }

        Assert.Equal(21, steps.Count);
        Assert.InRange(steps.Max(), 10, 10);
        Assert.InRange(moved, 3000, 4000);
        Assert.InRange(lowest, 800, 820);
        Assert.InRange(highest, 930, 950);
    }

    [Fact]
    public void Payer_MayAskOnlySoOften()
    {
        VoicePlaces places = new(s_start, new VoiceOptions { Capacity = Capacity }, new SeededEntropy(14));
        LinkPayer prefix = new(s_start, LinkShare.Prefix);
        int letIn = 0;
        for (int ask = 0; ask < 1000; ask++)
        {
            letIn += places.TryTake(s_start + TimeSpan.FromMilliseconds(10 * ask), prefix) ? 1 : 0;
        }

        Assert.InRange(letIn, CircuitLimits.PrefixVoiceBurst + (10 * CircuitLimits.PrefixVoicePerSecond) - 2,
            CircuitLimits.PrefixVoiceBurst + (10 * CircuitLimits.PrefixVoicePerSecond) + 1);
        Assert.True(places.TryTake(s_start + TimeSpan.FromSeconds(10), Payer()));
    }

    private static LinkPayer Payer() => new(s_start, LinkShare.Relay with { VoicePerSecond = 1_000_000, VoiceBurst = 1_000_000 });

    private static void Fill(VoicePlaces places, LinkPayer payer, int count)
    {
        while (places.Count < count)
        {
            places.TryTake(s_start, payer);
        }
    }
}
