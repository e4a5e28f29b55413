using System;
using System.Collections.Generic;
using System.Globalization;
using OnionSip.Benchmarks.Loads;
using OnionSip.Circuits;
using OnionSip.Directory;

namespace OnionSip.Benchmarks;

/// <summary>How long a relay holds cells beyond their tick at half load, and what it loses close to its limit in a storm of CREATEs.</summary>
internal sealed class LatencyBenchmark(RelayOptions options, FigureList figures)
{
    private const int CreatesPerSecond = 500;

    /// <summary>A relay admits calls for so much of its core, the rest being for handshakes and the machine. (HOST.CAPACITY)</summary>
    private const double AdmittedShare = 0.85;

    /// <summary>A lane that was pushed back while all calls were made at once needs this long to come forward again. (CIRCUIT.TICK)</summary>
    private TimeSpan Settling => TimeSpan.FromSeconds(options.IsQuick ? 12 : 45);

    public void Run()
    {
        double capacity = figures.Find("relay.calls_per_core_middle") ?? options.Calls;
        double admitted = MeasureHalf((int)(capacity / 2)) ?? capacity * AdmittedShare;
        MeasureNearLimit((int)(admitted * 0.9));
    }

    /// <summary>Returns what the relay measured that it can admit, when it tells.</summary>
    private double? MeasureHalf(int calls)
    {
        using Rig rig = Start(calls, out string limit);
        List<double> p50 = [];
        List<double> p99 = [];
        Dictionary<string, double> before = rig.Stats();
        for (int window = 0; window < options.Windows * options.Repeats; window++)
        {
            rig.Load.RecordsArrivals = true;
            Sample sample = rig.Measure(options.Window);
            Histogram excess = GridFit.Excess(Arrivals(rig));
            p50.Add(excess.Milliseconds(0.5));
            p99.Add(excess.Milliseconds(0.99));
            RelayBenchmark.Print("half", sample);
        }

        string note = string.Create(CultureInfo.InvariantCulture, $"{rig.Ready} calls{limit}");
        figures.Add(Figure.Of("relay.excess_ms_p50", "ms", p50) with { Goal = "≤ 0.3", Note = note });
        figures.Add(Figure.Of("relay.excess_ms_p99", "ms", p99) with { Goal = "≤ 1", Note = note });
        Dictionary<string, double> after = rig.Stats();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  the relay's own account of it: excess p50 {RelayStats.Milliseconds(before, after, "excess", 0.5):0.000} ms, p99 {RelayStats.Milliseconds(before, after, "excess", 0.99):0.000} ms"));
        double perCall = (rig.Relays[0].ResidentBytes() - rig.ResidentBefore) / (double)Math.Max(1, rig.Ready);
        figures.Add(new Figure("relay.bytes_per_call", perCall, "bytes") { Goal = "≤ 12288", Note = note + ", resident" });
        return after.TryGetValue("voice.capacity", out double admitted) && admitted < BenchNetwork.CapacityCircuits ? admitted : null;
    }

    private void MeasureNearLimit(int calls)
    {
        using Rig rig = Start(calls, out string limit);
        RelayDescriptor relay = rig.Network.Descriptor(0);
        HopTarget target = new(
            relay.Identity, OnionPublicKey.FromBytes(relay.OnionKey.Span), CircuitFlags.Voice | CircuitFlags.Retime);
        rig.Load.Storm = new(CreatesPerSecond, options.Peers, target, rig.Network.Document.NetworkId.Span);
        rig.Load.RunFor(Settling);
        using StallProbe first = new(0);
        using StallProbe second = new(1);
        Dictionary<string, double> before = rig.Stats();
        CellCounts sum = default;
        double share = 0;
        int windows = options.Windows * options.Repeats;
        for (int window = 0; window < windows; window++)
        {
            Sample sample = rig.Measure(options.Window);
            RelayBenchmark.Print("90 %", sample);
            sum.Received += sample.Counts.Received;
            sum.Settled += sample.Counts.Settled;
            sum.Lost += sample.Counts.Lost;
            sum.Skipped += sample.Counts.Skipped;
            share += sample.CpuShare / windows;
        }

        Dictionary<string, double> after = rig.Stats();
        Console.WriteLine("  " + first.Report());
        Console.WriteLine("  " + second.Report());
        CreateStorm storm = rig.Load.Storm;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  storm: {storm.Sent} CREATEs sent, {storm.Answered} answered, {storm.Refused} refused; relay at {share:0.0%} of its core"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  relay: {RelayStats.Difference(before, after, "gc.collections_0"):0} collections in {RelayStats.Difference(before, after, "gc.total_pause_us") / 1000:0.0} ms, ticks late at most {after.GetValueOrDefault("tick_late.max_ns") / 1e6:0.0} ms since the start, {RelayStats.Difference(before, after, "voice.shifts"):0} lanes shifted, {RelayStats.Difference(before, after, "voice.skipped"):0} slots skipped, {RelayStats.Difference(before, after, "voice.reports"):0} reports"));
        double filled = RelayStats.Filled(after) - RelayStats.Filled(before);
        double late = RelayStats.Late(after) - RelayStats.Late(before);
        double loss = (sum.Lost + Math.Max(0, filled - sum.Skipped)) / Math.Max(1, sum.Settled);
        string note = string.Create(CultureInfo.InvariantCulture,
            $"{rig.Ready} calls{limit}, {sum.Settled} cells, {sum.Lost} never came, {filled:0} filled, {sum.Skipped} left out by the generator");
        figures.Add(new Figure("relay.loss_at_90pct", loss, "share") { Goal = "< 0.00001", Note = note });
        figures.Add(new Figure("relay.late_at_90pct", late / Math.Max(1, sum.Settled), "share") { Goal = "< 0.001", Note = note });
        RelayStats.AddTickLateness(figures, before, after);
    }

    private Rig Start(int calls, out string limit)
    {
        int wanted = Math.Min(calls, LoadOptions.MostCalls);
        limit = wanted < calls ? string.Create(CultureInfo.InvariantCulture, $" where {calls} were meant: more than one processor can generate") : "";
        return Rig.Start(
            new() { Part = RelayPart.Middle, Calls = wanted, Peers = options.Peers }, "0", options.WarmUp, takesFewer: true);
    }

    private static List<int[]?> Arrivals(Rig rig)
    {
        List<int[]?> arrivals = [];
        foreach (Endpoint endpoint in rig.Load.Endpoints)
        {
            arrivals.Add(endpoint.Arrivals);
        }

        return arrivals;
    }
}
