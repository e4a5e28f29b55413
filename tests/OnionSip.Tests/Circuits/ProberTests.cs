using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.ADMISSION: somebody takes voice places to find out how many calls a relay carries.</summary>
/// <remarks>
/// The prober knows the rules and the capacity, may take and give back as many places as it likes, keeps them alive, and is first trained on
/// relays whose number of calls it is told. The control is a relay with a hard limit.
/// </remarks>
public sealed class ProberTests(ITestOutputHelper output)
{
    private const int Capacity = 1000;
    private const int CallsMin = 500;
    private const int CallsMax = 700;

    private static readonly VoiceOptions s_on = new() { Capacity = Capacity };
    private static readonly VoiceOptions s_off = new()
    {
        Capacity = Capacity, BandPercent = 0, SpreadPercent = 0, WanderPercent = 0, Window = TimeSpan.Zero,
    };

    private readonly SeededEntropy _chance = new(601);

    private delegate double Attack(Probe probe);

    [Fact]
    public void HardLimit_TellsTheNumberExactly()
    {
        Assert.Equal(0, ErrorOf(Climb, s_off, 200));
        Assert.Equal(1, RateOf(Climb, s_off, 200));
    }

    /// <summary>Takes places until one is refused.</summary>
    [Fact]
    public void Climbing_IsWrongByDozens() => Show(nameof(Climb), Climb, 400, leastError: 35, mostRate: 0.53);

    /// <summary>Measures the chance of refusal at one level by hundreds of tries, which tells how far the ramp is.</summary>
    [Fact]
    public void Hovering_IsWrongByDozens() => Show(nameof(Hover), Hover, 400, leastError: 35, mostRate: 0.53);

    /// <summary>The same through twelve draws of the threshold, an hour in which not one call begins or ends.</summary>
    [Fact]
    public void HoveringForAnHour_IsWrongByADozen() => Show(nameof(HoverForAnHour), HoverForAnHour, 100, leastError: 8, mostRate: 0.6);

    /// <summary>
    /// Watches for one call to begin at a time it knows, on a relay where nothing else moves, by asking as often as it may for ten seconds
    /// before and after. With a threshold that stands still and any number of tries it sees most of them.
    /// </summary>
    [Fact]
    public void OneCallBeginning_IsHardlySeen()
    {
        VoiceOptions still = new() { Capacity = Capacity, WanderPercent = 0 };
        LinkShare free = LinkShare.Relay with { VoicePerSecond = 1_000_000, VoiceBurst = 1_000_000 };
        double seen = RateOfSeeing(s_on, LinkShare.Relay, CircuitLimits.RelayVoicePerSecond, 1500);
        double seenStill = RateOfSeeing(still, free, 1000, 200);
        output.WriteLine($"one call beginning is told from none in {seen:P1} of 1500 tries; with the threshold still and 1000 asks/s in {seenStill:P1}");
        Assert.True(seen < 0.57, $"{seen:P1}");
        Assert.True(seenStill > 0.9, $"{seenStill:P1}");
    }

    /// <summary>Through true CREATEs: with the hard limit the prober's places and the calls always add up, with the band they do not.</summary>
    [Fact]
    public void TrueCreates_ShowTheSame()
    {
        List<int> hard = [];
        List<int> soft = [];
        for (ulong seed = 0; seed < 8; seed++)
        {
            hard.Add(PlacesUntilRefused(new VoiceOptions { Capacity = 60, BandPercent = 0, SpreadPercent = 0, WanderPercent = 0 }, seed));
            soft.Add(PlacesUntilRefused(new VoiceOptions { Capacity = 60, BandPercent = 10, SpreadPercent = 40 }, seed));
        }

        output.WriteLine("20 calls, capacity 60; places until refused: " + string.Join(' ', soft));
        Assert.All(hard, static places => Assert.Equal(40, places));
        Assert.True(soft.Distinct().Count() >= 5);
        Assert.All(soft, static places => Assert.InRange(places, 4, 40));
    }

    /// <summary>Probing for free: places without cells are gone before the threshold is drawn once more, unless they never lapse.</summary>
    [Theory]
    [InlineData(true, 5)]
    [InlineData(false, 35)]
    public void PlacesHeldWithoutCells_AreTakenBack(bool lapse, int left)
    {
        VoiceCrowd crowd = new(602, lapse ? new VoiceOptions { Capacity = 100 } : new VoiceOptions { Capacity = 100, Window = TimeSpan.Zero });
        List<CircuitId> calls = [];
        for (int call = 0; call < 35; call++)
        {
            Assert.True(crowd.Ask(call < 5 ? 1 : 2, out CircuitId id));
            calls.Add(id);
        }

        for (uint slot = 0; slot < 1100; slot++)
        {
            calls.Take(5).ToList().ForEach(call => crowd.Say(1, call, slot));
            crowd.Pass(TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(left, crowd.Relay.VoiceCount);
    }

    private static int PlacesUntilRefused(VoiceOptions voice, ulong seed)
    {
        VoiceCrowd crowd = new(603 + seed, voice);
        for (int call = 0; call < 20; call++)
        {
            Assert.True(crowd.Ask(1 + (call % 4), out _));
        }

        int places = 0;
        while (crowd.Ask(9, out _))
        {
            places++;
        }

        return places;
    }

    private void Show(string name, Attack attack, int rounds, double leastError, double mostRate)
    {
        double error = ErrorOf(attack, s_on, rounds);
        double rate = RateOf(attack, s_on, rounds * 5);
        output.WriteLine($"{name}: off by {error:F1} calls of {Capacity} (rms), tells 600 from 601 calls in {rate:P1} of {rounds * 5} tries");
        output.WriteLine($"the same against a hard limit: off by {ErrorOf(attack, s_off, 20):F1}, {RateOf(attack, s_off, 20):P0}");
        Assert.True(error >= leastError, $"off by {error} only");
        Assert.True(rate <= mostRate, $"tells them apart in {rate:P1}");
    }

    private double RateOfSeeing(VoiceOptions options, LinkShare share, int asksPerSecond, int rounds)
    {
        List<(bool Began, double Change)> seen = [];
        for (int round = 0; round < rounds; round++)
        {
            Probe probe = new(options, 600, _chance, share);
            probe.GoToMiddle();
            bool began = _chance.NextInt32(2) == 1;
            double before = probe.RefusedWithin(10, asksPerSecond);
            if (began)
            {
                probe.BeginCall();
            }

            seen.Add((began, probe.RefusedWithin(10, asksPerSecond) - before));
        }

        double middle = seen.Select(static one => one.Change).Order().ElementAt(rounds / 2);
        return seen.Count(one => one.Began == one.Change > middle) / (double)rounds;
    }

    /// <summary>Root mean square of what is left of the estimate's error after training.</summary>
    private double ErrorOf(Attack attack, VoiceOptions options, int rounds)
    {
        double offset = 0;
        for (int round = 0; round < rounds; round++)
        {
            int calls = CallsMin + _chance.NextInt32(CallsMax - CallsMin);
            offset += (calls - attack(new Probe(options, calls, _chance))) / rounds;
        }

        double squares = 0;
        for (int round = 0; round < rounds; round++)
        {
            int calls = CallsMin + _chance.NextInt32(CallsMax - CallsMin);
            double error = attack(new Probe(options, calls, _chance)) + offset - calls;
            squares += error * error / rounds;
        }

        return Math.Sqrt(squares);
    }

    /// <summary>How often 600 and 601 calls are told apart, by the middle of what each gives in training.</summary>
    private double RateOf(Attack attack, VoiceOptions options, int rounds)
    {
        double middle = 0;
        for (int round = 0; round < rounds; round++)
        {
            middle += attack(new Probe(options, 600 + (round & 1), _chance)) / rounds;
        }

        int right = 0;
        for (int round = 0; round < rounds; round++)
        {
            int more = _chance.NextInt32(2);
            bool saysMore = attack(new Probe(options, 600 + more, _chance)) > middle;
            right += saysMore == (more == 1) ? 1 : 0;
        }

        return right / (double)rounds;
    }

    private static double Climb(Probe probe)
    {
        while (probe.TryTake())
        {
        }

        return Capacity - probe.Places;
    }

    private static double Hover(Probe probe)
    {
        Climb(probe);
        probe.Release(Math.Min(probe.Places, 10));
        return probe.Level();
    }

    private static double HoverForAnHour(Probe probe)
    {
        double sum = 0;
        for (int draw = 0; draw < 12; draw++)
        {
            probe.Release(probe.Places);
            sum += Hover(probe);
            probe.Wait();
        }

        return sum / 12;
    }

    /// <summary>What a prober can do at a relay with so many calls.</summary>
    private sealed class Probe
    {
        private const int Tries = 200;

        private readonly VoicePlaces _places;
        private readonly VoiceOptions _options;
        private readonly LinkPayer _own;
        private readonly LinkPayer[] _others;
        private Instant _now = Instant.FromMilliseconds(1000);

        internal Probe(VoiceOptions options, int calls, SeededEntropy entropy, LinkShare? share = null)
        {
            LinkShare free = LinkShare.Relay with { VoicePerSecond = 1_000_000, VoiceBurst = 1_000_000 };
            _options = options;
            _places = new VoicePlaces(_now, options, entropy);
            _own = new LinkPayer(_now, share ?? free);
            _others = [.. Enumerable.Range(0, 10).Select(_ => new LinkPayer(_now, free))];
            for (int call = 0; call < calls; call++)
            {
                Assert.True(_places.TryTake(_now, _others[call % _others.Length]));
            }
        }

        internal int Places => _own.VoicePlaces;

        internal bool TryTake() => _places.TryTake(_now, _own);

        internal void Release(int count)
        {
            for (int place = 0; place < count; place++)
            {
                _places.Release(_own);
            }
        }

        /// <summary>Calls, by how often a try is refused at this level; what it does not know is where the ramp stands.</summary>
        internal double Level()
        {
            int refused = 0;
            for (int attempt = 0; attempt < Tries; attempt++)
            {
                if (TryTake())
                {
                    Release(1);
                }
                else
                {
                    refused++;
                }
            }

            double band = _options.Capacity * _options.BandPercent / 100.0;
            return Capacity - Places + (refused * band / Tries);
        }

        /// <summary>Places enough for its own ramp's middle, where a call more shows well; how it found it does not matter here.</summary>
        internal void GoToMiddle()
        {
            int band = _options.Capacity * _options.BandPercent / 100;
            while (_places.Count < _places.Threshold - (band / 2))
            {
                _now += TimeSpan.FromMilliseconds(1_000 / CircuitLimits.RelayVoicePerSecond);
                _ = TryTake();
            }
        }

        /// <summary>One more call of somebody else's, let in whatever the draw.</summary>
        internal void BeginCall()
        {
            while (!_places.TryTake(_now, _others[0]))
            {
            }
        }

        /// <summary>The part of its asks that is refused over some seconds; what is let in is given back at once.</summary>
        internal double RefusedWithin(int seconds, int asksPerSecond)
        {
            int refused = 0;
            for (int ask = 0; ask < seconds * asksPerSecond; ask++)
            {
                _now += TimeSpan.FromSeconds(1) / asksPerSecond;
                if (TryTake())
                {
                    Release(1);
                }
                else
                {
                    refused++;
                }
            }

            return refused / (double)(seconds * asksPerSecond);
        }

        internal void Wait() => _now += TimeSpan.FromMilliseconds(CircuitLimits.VoiceRedrawMaxMilliseconds);
    }
}
