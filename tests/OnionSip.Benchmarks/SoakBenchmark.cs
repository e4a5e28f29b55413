using System;
using System.Collections.Generic;
using System.Globalization;
using OnionSip.Benchmarks.Loads;

namespace OnionSip.Benchmarks;

/// <summary>Calls at four fifths of what the relay carries, made and ended all the time; memory, lateness and the collector watched.</summary>
internal sealed class SoakBenchmark
{
    private const double Share = 0.8;

    /// <summary>A call lives this long on average, so that all are replaced within a relay's idle time.</summary>
    private const double LifeSeconds = 240;

    /// <summary>What one processor can generate beside the making of calls.</summary>
    private const int CallsMost = (int)(LoadOptions.MostCalls * Share);

    private readonly FigureList _figures = new();
    private readonly List<(double Minute, double Resident, double P50, double P99)> _course = [];
    private double _collections = -1;
    private double _allocatedAtCollection;
    private double _minutes = 60;
    private int _calls;
    private string? _file;

    public static int Run(string[] words)
    {
        SoakBenchmark soak = new();
        for (int index = 0; index + 1 < words.Length; index += 2)
        {
            bool isGood = words[index] switch
            {
                "--minutes" => double.TryParse(words[index + 1], CultureInfo.InvariantCulture, out soak._minutes) && soak._minutes > 0,
                "--calls" => int.TryParse(words[index + 1], out soak._calls) && soak._calls is > 0 and <= LoadOptions.MostCalls,
                "--json" => (soak._file = words[index + 1]).Length > 0,
                _ => false,
            };
            if (!isGood)
            {
                Console.Error.WriteLine($"{words[index]} {words[index + 1]} is not understood; see script/bench --help");
                return 2;
            }
        }

        return soak.Run();
    }

    private int Run()
    {
        Kernel.PinThread(1);
        _ = Kernel.TryBeFirst(5);
        Console.WriteLine(Machine.Describe() + "; load before: " + Machine.Load());
        int calls = _calls > 0 ? _calls : FindLoad();
        using Rig rig = Rig.Start(new() { Part = RelayPart.Middle, Calls = calls, Peers = 20 }, "0", TimeSpan.FromSeconds(10), takesFewer: true);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{rig.Ready} calls; {calls / LifeSeconds:0.0} of them end and are made anew each second; {_minutes:0.#} minutes"));
        bool isSound = Watch(rig, calls);
        if (_file is not null)
        {
            _figures.WriteTo(_file);
        }

        return isSound ? 0 : 1;
    }

    private static int FindLoad()
    {
        using Rig rig = Rig.Start(new() { Part = RelayPart.Middle, Calls = 1000, Peers = 20 }, "0", TimeSpan.FromSeconds(8));
        List<double> capacities = [];
        for (int window = 0; window < 3; window++)
        {
            capacities.Add(rig.Measure(TimeSpan.FromSeconds(4)).CallsPerCore(0));
        }

        double capacity = Figure.Median(capacities);
        int calls = (int)Math.Min(CallsMost, capacity * Share);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"capacity {capacity:0} calls a core at 1000 calls; the soak runs {calls}{(calls == CallsMost ? ", the most one processor generates" : "")}"));
        return calls;
    }

    private bool Watch(Rig rig, int calls)
    {
        Random random = new(11);
        long start = Kernel.Now();
        long end = start + (long)(_minutes * 60e9);
        double lost = 0;
        double settled = 0;
        double replaced = 0;
        Dictionary<string, double> first = rig.Stats();
        using StallProbe probe = new(0);
        while (Kernel.Now() < end)
        {
            rig.Load.RecordsArrivals = true;
            rig.Load.ClearCounts();
            rig.Load.Lanes.RecordsDelay = true;
            double windowSeconds = Math.Min(30, (end - Kernel.Now()) / 1e9);
            long until = Kernel.Now() + (long)(windowSeconds * 1e9);
            double owed = 0;
            while (Kernel.Now() < until)
            {
                rig.Load.RunFor(TimeSpan.FromMilliseconds(100));
                for (owed += 0.1 * calls / LifeSeconds; owed >= 1; owed--)
                {
                    rig.Load.Replace(random.Next(calls));
                    replaced++;
                }
            }

            lost += rig.Load.Lanes.Counts.Lost;
            settled += rig.Load.Lanes.Counts.Settled;
            Note(rig, start);
        }

        return Judge(rig, first, probe, lost / Math.Max(1, settled), replaced);
    }

    private void Note(Rig rig, long start)
    {
        List<int[]?> arrivals = [];
        foreach (Endpoint endpoint in rig.Load.Endpoints)
        {
            arrivals.Add(endpoint.Arrivals);
        }

        Histogram excess = GridFit.Excess(arrivals);
        double minute = (Kernel.Now() - start) / 60e9;
        double resident = rig.Relays[0].ResidentBytes();
        Dictionary<string, double> stats = rig.Stats();
        _course.Add((minute, resident - Garbage(stats), excess.Milliseconds(0.5), excess.Milliseconds(0.99)));
        CellCounts counts = rig.Load.Lanes.Counts;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  minute {minute:0.0}: {rig.Load.ReadyCount()} calls, {resident / 1e6:0.0} MB resident, excess {excess.Milliseconds(0.5):0.00}/{excess.Milliseconds(0.99):0.00} ms, ticks late p99 {stats.GetValueOrDefault("tick_late.p99_ns") / 1e6:0.00} ms since the start, lost {counts.Lost / (double)Math.Max(1, counts.Settled):0.000000}, filled {RelayStats.Filled(stats):0}, late {RelayStats.Late(stats):0}, collections {stats.GetValueOrDefault("gc.collections_0"):0}/{stats.GetValueOrDefault("gc.collections_1"):0}/{stats.GetValueOrDefault("gc.collections_2"):0}, paused {stats.GetValueOrDefault("gc.total_pause_us") / 1000:0.0} ms, failed calls {rig.Load.Maker.Failed}"));
    }

    /// <summary>What was allocated since the last collection: resident, but not held by anything. Too little when one ran meanwhile.</summary>
    private double Garbage(Dictionary<string, double> stats)
    {
        double collections = stats.GetValueOrDefault("gc.collections_0");
        double allocated = stats.GetValueOrDefault("process.allocated_bytes");
        if (_collections.Equals(collections))
        {
            return allocated - _allocatedAtCollection;
        }

        (_collections, _allocatedAtCollection) = (collections, allocated);
        return 0;
    }

    private bool Judge(Rig rig, Dictionary<string, double> first, StallProbe probe, double loss, double replaced)
    {
        Dictionary<string, double> last = rig.Stats();
        Console.WriteLine("  " + probe.Report());
        double slope = Slope(static point => point.Resident);
        double drift = Slope(static point => point.P50);
        double share = slope * 10 / Math.Max(1, _course[^1].Resident);
        _figures.Add(new Figure("soak.resident_bytes_per_minute", slope, "bytes") { Note = "over the last two thirds, without what the collector has yet to collect" });
        _figures.Add(new Figure("soak.resident_growth_10_minutes", share, "share") { Goal = "< 0.02" });
        _figures.Add(new Figure("soak.excess_drift_ms_per_minute", drift, "ms") { Goal = "< 0.02" });
        _figures.Add(new Figure("soak.loss", loss, "share"));
        _figures.Add(new Figure("soak.calls_replaced", replaced, "calls"));
        _figures.Add(new Figure("soak.collections", RelayStats.Difference(first, last, "gc.collections_0"), "times"));
        _figures.Add(new Figure("soak.pause_ms", RelayStats.Difference(first, last, "gc.total_pause_us") / 1000, "ms"));
        return share < 0.02 && drift < 0.02 && rig.Load.LinksClosed == 0 && !rig.Relays[0].HasEnded;
    }

    /// <summary>Least squares over the last two thirds of the course, for each minute.</summary>
    private double Slope(Converter<(double Minute, double Resident, double P50, double P99), double> of)
    {
        List<(double Minute, double Resident, double P50, double P99)> points = _course[(_course.Count / 3)..];
        double meanX = 0;
        double meanY = 0;
        foreach ((double Minute, double Resident, double P50, double P99) point in points)
        {
            meanX += point.Minute / points.Count;
            meanY += of(point) / points.Count;
        }

        double top = 0;
        double bottom = 0;
        foreach ((double Minute, double Resident, double P50, double P99) point in points)
        {
            top += (point.Minute - meanX) * (of(point) - meanY);
            bottom += (point.Minute - meanX) * (point.Minute - meanX);
        }

        return bottom == 0 ? 0 : top / bottom;
    }
}
