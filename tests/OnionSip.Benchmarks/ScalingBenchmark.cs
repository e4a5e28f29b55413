using System;
using System.Collections.Generic;
using System.Globalization;
using OnionSip.Benchmarks.Loads;

namespace OnionSip.Benchmarks;

/// <summary>Two shards on two cores against one on one.</summary>
/// <remarks>
/// Generator and sink need a core too, so wall-clock rates would say nothing. The load is the same in both runs and far below what the
/// cores carry; what a form could carry is the load divided by the processor share of its busiest shard, and everything that is not a
/// shard's is shared out among them.
/// </remarks>
internal sealed class ScalingBenchmark(RelayOptions options, FigureList figures)
{
    /// <summary>So many that each shard's bundles are still long: few calls need no second shard.</summary>
    private int Calls => 3 * options.Calls;

    public void Run()
    {
        double one = Capacity(1);
        double two = Capacity(2);
        if (double.IsFinite(two))
        {
            figures.Add(new Figure("relay.scaling_2", two / one, "ratio")
            {
                Goal = "≥ 1.7", Note = string.Create(CultureInfo.InvariantCulture,
                    $"{Calls} calls, by processor time of the busier shard, not by the clock: the generator shares the machine"),
            });
        }
    }

    private double Capacity(int shards)
    {
        string processors = shards == 1 ? "0" : "0-1";
        LoadOptions load = new() { Part = RelayPart.Middle, Calls = Calls, Peers = options.Peers };
        using Rig rig = Rig.Start(
            load, processors, options.WarmUp, string.Create(CultureInfo.InvariantCulture, $",\n  \"shards\": {shards}, \"cpus\": [{(shards == 1 ? "0" : "0, 1")}]"), takesFewer: true);
        SortedDictionary<string, double> before = rig.Relays[0].CpuByThread();
        List<double> shares = [];
        Sample sample = rig.Measure(2 * options.Window);
        SortedDictionary<string, double> after = rig.Relays[0].CpuByThread();
        double rest = 0;
        foreach ((string thread, double seconds) in after)
        {
            double share = (seconds - before.GetValueOrDefault(thread)) / sample.Seconds;
            if (thread.Contains("shard", StringComparison.Ordinal))
            {
                shares.Add(share);
            }
            else
            {
                rest += share;
            }
        }

        if (shares.Count != shards)
        {
            Console.WriteLine($"  scaling: {shards} shards wanted, {shares.Count} threads found");
            return shards == 1 ? sample.CallsPerCore(0) : double.NaN;
        }

        shares.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {shards} shards, {rig.Ready} calls: {string.Join(" and ", shares.ConvertAll(static share => share.ToString("0.0%", CultureInfo.InvariantCulture)))} of a core each, {rest:0.0%} beside them"));
        return rig.Ready / (shares[^1] + (rest / shards));
    }
}
