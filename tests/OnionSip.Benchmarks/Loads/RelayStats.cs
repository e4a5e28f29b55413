using System.Collections.Generic;

namespace OnionSip.Benchmarks.Loads;

/// <summary>What the relay's own counters say, by the names it writes.</summary>
internal static class RelayStats
{
    /// <summary>Slots that left without the cell that belonged there.</summary>
    public static double Filled(IReadOnlyDictionary<string, double> stats) => stats.GetValueOrDefault("voice.filled");

    /// <summary>Cells that came after their slot had left.</summary>
    public static double Late(IReadOnlyDictionary<string, double> stats) =>
        stats.GetValueOrDefault("drops.circuit.SlotLate") + stats.GetValueOrDefault("drops.node.SlotLate");

    public static void AddTickLateness(FigureList figures, IReadOnlyDictionary<string, double> stats)
    {
        if (stats.TryGetValue("tick_late.p99_ns", out double p99) && stats.TryGetValue("tick_late.p999_ns", out double p999))
        {
            figures.Add(new Figure("relay.tick_late_ms_p99", p99 / 1e6, "ms") { Goal = "≤ 0.3", Note = "from the relay's own histogram, CREATEs arriving" });
            figures.Add(new Figure("relay.tick_late_ms_p999", p999 / 1e6, "ms") { Goal = "≤ 3" });
        }
        else
        {
            System.Console.WriteLine("  the relay does not tell how late its ticks are");
        }
    }
}
