using System;
using System.Collections.Generic;
using System.Globalization;

namespace OnionSip.Benchmarks.Loads;

/// <summary>What the relay's own counters say, by the names it writes.</summary>
internal static class RelayStats
{
    /// <summary>Slots that left without the cell that belonged there.</summary>
    public static double Filled(IReadOnlyDictionary<string, double> stats) => stats.GetValueOrDefault("voice.filled");

    /// <summary>Cells that came after their slot had left.</summary>
    public static double Late(IReadOnlyDictionary<string, double> stats) =>
        stats.GetValueOrDefault("drops.circuit.SlotLate") + stats.GetValueOrDefault("drops.node.SlotLate");

    public static double Difference(IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after, string name) =>
        after.GetValueOrDefault(name) - before.GetValueOrDefault(name);

    /// <summary>Milliseconds that the share of what was counted between two reports does not exceed; not a number without counts.</summary>
    public static double Milliseconds(
        IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after, string histogram, double share)
    {
        string prefix = histogram + ".upto.";
        SortedDictionary<double, double> counts = [];
        double all = 0;
        foreach ((string name, double count) in after)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                double added = count - before.GetValueOrDefault(name);
                counts[double.Parse(name.AsSpan(prefix.Length), CultureInfo.InvariantCulture)] = added;
                all += added;
            }
        }

        double left = all * share;
        foreach ((double nanoseconds, double count) in counts)
        {
            left -= count;
            if (left <= 0 && all > 0)
            {
                return nanoseconds / 1e6;
            }
        }

        return double.NaN;
    }

    public static void AddTickLateness(
        FigureList figures, IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after)
    {
        double p99 = Milliseconds(before, after, "tick_late", 0.99);
        if (double.IsNaN(p99))
        {
            Console.WriteLine("  the relay does not tell how late its ticks are");
            return;
        }

        figures.Add(new Figure("relay.tick_late_ms_p99", p99, "ms")
        {
            Goal = "≤ 0.3", Note = "the relay's own counts over the windows, CREATEs arriving, told at most a quarter too high",
        });
        figures.Add(new Figure("relay.tick_late_ms_p999", Milliseconds(before, after, "tick_late", 0.999), "ms") { Goal = "≤ 3" });
    }
}
