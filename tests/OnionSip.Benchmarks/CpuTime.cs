using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;

namespace OnionSip.Benchmarks;

/// <summary>Times a piece of code by the CPU time of its thread: warm-up, then the median of many short runs.</summary>
/// <remarks>Other work on the machine then counts only through shared caches and sibling threads; elsewhere than Linux the clock is used.</remarks>
internal static partial class CpuTime
{
    private const int Runs = 61;
    private const int RunsBetweenPauses = 8;
    private const int PauseMilliseconds = 20;
    private const int WarmUpRuns = 60;
    private const int ThreadClock = 3;

    /// <summary>Nanoseconds of one operation, where the body does <paramref name="inner"/> of them.</summary>
    public static double NanosecondsPer(Action body, int inner)
    {
        // Pauses let the tiered compiler replace the first versions of the code.
        for (int run = 0; run < WarmUpRuns; run++)
        {
            body();
            Thread.Sleep(run % 6 == 0 ? 20 : 0);
        }

        Span<double> nanoseconds = stackalloc double[Runs];
        for (int run = 0; run < Runs; run++)
        {
            double start = Now();
            body();
            nanoseconds[run] = (Now() - start) / inner;

            // Spread over some time: a neighbour on the same core slows everything for a while.
            Thread.Sleep(run % RunsBetweenPauses == 0 ? PauseMilliseconds : 0);
        }

        nanoseconds.Sort();
        return nanoseconds[Runs / 2];
    }

    /// <summary>Bytes of the collected heap that one operation takes, after a warm-up.</summary>
    public static double AllocatedBytesPer(Action body, int inner)
    {
        body();
        long before = GC.GetAllocatedBytesForCurrentThread();
        body();
        return (double)(GC.GetAllocatedBytesForCurrentThread() - before) / inner;
    }

    private static double Now()
    {
        if (OperatingSystem.IsLinux() && GetTime(ThreadClock, out TimeSpecification time) == 0)
        {
            return (time.Seconds * 1e9) + time.Nanoseconds;
        }

        return Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpecification time);
}
