using System;

namespace OnionSip.Benchmarks.Loads;

/// <summary>Times in steps of 10 µs up to 400 ms; nothing is allocated for one.</summary>
internal sealed class Histogram
{
    private const int StepNanoseconds = 10_000;
    private readonly long[] _counts = new long[40_000];

    public long Count { get; private set; }

    public long Longest { get; private set; }

    public void Add(long nanoseconds, int times = 1)
    {
        long step = Math.Clamp(nanoseconds / StepNanoseconds, 0, _counts.Length - 1);
        _counts[step] += times;
        Count += times;
        Longest = Math.Max(Longest, nanoseconds);
    }

    /// <summary>Milliseconds below which the share lies; not a number when nothing was counted.</summary>
    public double Milliseconds(double share)
    {
        long wanted = (long)Math.Ceiling(Count * share);
        long seen = 0;
        for (int step = 0; step < _counts.Length; step++)
        {
            seen += _counts[step];
            if (seen >= wanted && seen > 0)
            {
                return (step + 0.5) * StepNanoseconds / 1e6;
            }
        }

        return double.NaN;
    }

    public double MaxMilliseconds => Longest / 1e6;

    /// <summary>How many lie at or above.</summary>
    public long CountFrom(double milliseconds)
    {
        long sum = 0;
        for (int step = (int)(milliseconds * 1e6 / StepNanoseconds); step < _counts.Length; step++)
        {
            sum += _counts[step];
        }

        return sum;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
        Longest = 0;
    }
}
