using System;
using System.Collections.Generic;
using System.Globalization;
using OnionSip.Benchmarks.Loads;
using OnionSip.Machines;

namespace OnionSip.Benchmarks;

/// <summary>Three relay processes in a row: what they spend and how long they hold a cell, beside Tor's; how long a circuit takes.</summary>
internal sealed class PathBenchmark(RelayOptions options, FigureList figures)
{
    private const int Calls = 200;
    private const int Builds = 60;

    /// <summary>Links whose round trip is in the building of three hops: 1 for CREATE, 2 and 3 for the two EXTENDs.</summary>
    private const int LinkRoundTrips = 6;

    private static readonly string s_everywhere = string.Create(CultureInfo.InvariantCulture, $"0-{Environment.ProcessorCount - 1}");
    private readonly List<double>[] _ours = [[], [], []];
    private readonly List<TorSample> _tor = [];

    public void Run()
    {
        MeasureBuilding();
        using TorNetwork? tor = StartTor();
        List<double> p50 = [];
        List<double> p99 = [];
        for (int repeat = 0; repeat < options.Repeats; repeat++)
        {
            MeasureOurs(p50, p99);
            if (tor?.Measure(Calls, options.IsQuick ? 8 : 15) is { } sample)
            {
                _tor.Add(sample);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  Tor    {Calls} calls: {sample.Guard:0.00} us a frame at the guard, {sample.Middle:0.00} middle, {sample.Exit:0.00} exit, one way {sample.DelayP50:0.0}/{sample.DelayP99:0.0} ms"));
            }
        }

        figures.Add(Figure.Of("relay.three_hop_excess_ms_p50", "ms", p50) with { Goal = "≤ 0.6", Note = "after the last tick on the way" });
        figures.Add(Figure.Of("relay.three_hop_excess_ms_p99", "ms", p99) with { Goal = "≤ 3" });
        if (_tor.Count > 0)
        {
            AddRatio("guard", 0, static sample => sample.Guard, "≥ 4");
            AddRatio("middle", 1, static sample => sample.Middle, "≥ 5");
            AddRatio("exit", 2, static sample => sample.Exit, "≥ 2.5");
            figures.Add(Figure.Of("tor.one_way_ms_p50", "ms", _tor.ConvertAll(static sample => sample.DelayP50)));
            figures.Add(Figure.Of("tor.one_way_ms_p99", "ms", _tor.ConvertAll(static sample => sample.DelayP99)));
        }
    }

    private TorNetwork? StartTor()
    {
        if (!options.ComparesTor)
        {
            return null;
        }

        TorNetwork? tor = TorNetwork.Start(out string problem);
        Console.WriteLine(tor is null ? "the comparison with Tor is left out: " + problem : "  a private Tor network of nine relays runs");
        return tor;
    }

    private void AddRatio(string part, int relay, Converter<TorSample, double> theirs, string goal)
    {
        double tor = Figure.Median(_tor.ConvertAll(theirs));
        double own = Figure.Median(_ours[relay]);
        figures.Add(new Figure("relay.vs_tor_" + part, tor / own, "ratio")
        {
            Goal = goal,
            Note = string.Create(CultureInfo.InvariantCulture, $"{own:0.00} us a cell against {tor:0.00} us a frame, {Calls} calls"),
        });
    }

    private void MeasureOurs(List<double> p50, List<double> p99)
    {
        LoadOptions load = new() { Part = RelayPart.Exit, Calls = Calls, Peers = 0, SharesClient = true, PathProcesses = 3 };
        using Rig rig = Rig.Start(load, s_everywhere, options.WarmUp);
        for (int window = 0; window < options.Windows; window++)
        {
            rig.Load.RecordsArrivals = true;
            Sample sample = rig.Measure(options.Window);
            List<int[]?> arrivals = [rig.Load.Far.Arrivals];
            Histogram forward = GridFit.Excess(arrivals);
            Histogram backward = GridFit.Excess([rig.Load.Endpoints[0].Arrivals]);
            p50.Add(Math.Max(forward.Milliseconds(0.5), backward.Milliseconds(0.5)));
            p99.Add(Math.Max(forward.Milliseconds(0.99), backward.Milliseconds(0.99)));
            for (int relay = 0; relay < 3; relay++)
            {
                _ours[relay].Add(sample.Cpu[relay] / Math.Max(1, sample.Counts.Received) * 1e6);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  path   {Calls} calls: {_ours[0][^1]:0.00} us a cell at the guard, {_ours[1][^1]:0.00} middle, {_ours[2][^1]:0.00} exit; one way with ticks forward {rig.Load.Lanes.ForwardDelay.Milliseconds(0.5):0.0}/{rig.Load.Lanes.ForwardDelay.Milliseconds(0.99):0.0} ms, backward {rig.Load.Lanes.BackwardDelay.Milliseconds(0.5):0.0}/{rig.Load.Lanes.BackwardDelay.Milliseconds(0.99):0.0} ms; after the last tick forward {forward.Milliseconds(0.5):0.00}/{forward.Milliseconds(0.99):0.00}, backward {backward.Milliseconds(0.5):0.00}/{backward.Milliseconds(0.99):0.00} ms; lost {sample.LossShare:0.000000}, machine idle {sample.IdleShare:0%}"));
        }
    }

    /// <summary>Circuits of three hops, one after the other, while nothing else runs through the relays.</summary>
    private void MeasureBuilding()
    {
        LoadOptions load = new() { Part = RelayPart.Exit, Calls = Builds, Peers = 0, SharesClient = true, PathProcesses = 3, IsSignalling = true };

        // Away from the client, which does not sleep here and would keep a relay on its processor waiting.
        using Rig rig = Rig.Start(load, "0", TimeSpan.FromSeconds(1), isSilent: true, makesNone: true);
        rig.Load.IsEager = true;
        List<double> times = [];
        for (int count = 1; count <= Builds; count++)
        {
            _ = rig.Load.MakeCalls(count, TimeSpan.FromSeconds(5));
            if (rig.Load.Calls[count - 1] is { } call && call.Built != Instant.Never && count > Builds / 3)
            {
                times.Add((call.Built - call.Begun).TotalMilliseconds);
            }

            rig.Load.RunFor(TimeSpan.FromMilliseconds(60));
        }

        double trip = RoundTrip(rig);
        double bound = (1.25 * LinkRoundTrips * trip) + 2;
        figures.Add(Figure.Of("circuit.build_ms", "ms", times) with
        {
            Goal = string.Create(CultureInfo.InvariantCulture, $"≤ {bound:0.00}"),
            Note = string.Create(CultureInfo.InvariantCulture, $"three hops, {times.Count} one after the other; a link's round trip is {trip:0.00} ms, six of them are in it"),
        });
    }

    private static double RoundTrip(Rig rig)
    {
        List<double> trips = [];
        for (int wait = 0; wait < 3; wait++)
        {
            // A silent link with circuits asks for a sign of life after a second, and measures.
            rig.Load.RunFor(TimeSpan.FromSeconds(1.5));
            if (rig.Load.RoundTrip(rig.Load.Endpoints[0]) is { } trip)
            {
                trips.Add(trip.TotalMilliseconds);
            }
        }

        return trips.Count == 0 ? double.NaN : Figure.Median(trips);
    }
}
