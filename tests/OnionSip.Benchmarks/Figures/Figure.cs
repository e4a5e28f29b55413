using System;
using System.Collections.Generic;

namespace OnionSip.Benchmarks;

/// <summary>One named figure: the median of its repeats, and how far they lie apart.</summary>
internal sealed record Figure(string Name, double Value, string Unit, double Low, double High)
{
    public Figure(string name, double value, string unit)
        : this(name, value, unit, value, value)
    {
    }

    /// <summary>Words that belong to the figure: what a reader must know to use it.</summary>
    public string Note { get; init; } = "";

    /// <summary>The goal as a sentence, empty when there is none.</summary>
    public string Goal { get; init; } = "";

    public static Figure Of(string name, string unit, IReadOnlyList<double> values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted.Length == 0
            ? new(name, double.NaN, unit)
            : new(name, Median(sorted), unit, sorted[0], sorted[^1]);
    }

    public static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        int middle = sorted.Length / 2;
        return sorted.Length == 0 ? double.NaN : sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
