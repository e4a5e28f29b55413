using System;
using System.Diagnostics;

namespace OnionSip.Benchmarks;

/// <summary>Times a piece of code by the clock: warm-up, then the median of nine runs.</summary>
internal static class Measure
{
    private const int Runs = 9;
    private const int WarmUpRuns = 40;

    /// <summary>Nanoseconds of one operation, where the body does <paramref name="inner"/> of them.</summary>
    /// <remarks>A body of about a millisecond fits between two switches of a busy machine, so the median stays honest.</remarks>
    public static double NanosecondsPer(Action body, int inner)
    {
        // Pauses let the tiered compiler replace the first versions of the code.
        for (int run = 0; run < WarmUpRuns; run++)
        {
            body();
            System.Threading.Thread.Sleep(run < WarmUpRuns / 2 ? 10 : 1);
        }

        Span<double> nanoseconds = stackalloc double[Runs];
        for (int run = 0; run < Runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            body();
            nanoseconds[run] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / inner;
            System.Threading.Thread.Sleep(1);
        }

        nanoseconds.Sort();
        return nanoseconds[Runs / 2];
    }
}
