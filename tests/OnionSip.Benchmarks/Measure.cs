using System;
using System.Diagnostics;

namespace OnionSip.Benchmarks;

/// <summary>Times a piece of code by the clock: warm-up, then the median of nine runs.</summary>
internal static class Measure
{
    private const int Runs = 9;
    private const int WarmUpRuns = 3;

    /// <summary>Nanoseconds of one operation, where the body does <paramref name="inner"/> of them.</summary>
    public static double NanosecondsPer(Action body, int inner)
    {
        // Pauses let the tiered compiler replace the first version of the code.
        for (int run = 0; run < WarmUpRuns; run++)
        {
            body();
            System.Threading.Thread.Sleep(120);
        }

        Span<double> nanoseconds = stackalloc double[Runs];
        for (int run = 0; run < Runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            body();
            nanoseconds[run] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / inner;
        }

        nanoseconds.Sort();
        return nanoseconds[Runs / 2];
    }
}
