using System;
using System.Globalization;
using System.Numerics;

namespace OnionSip.Hosting.Diagnostics;

/// <summary>Counts spans of time by their logarithm. (HOST.LATENESS)</summary>
/// <remarks>
/// Shape:  each power of two nanoseconds is cut into <see cref="Cuts"/> equal parts, so a percentile is told a quarter too high at most.
/// Bounds: 64 powers; counting allocates nothing. One thread counts, others may read.
/// </remarks>
public sealed class LatencyHistogram
{
    private const int Cuts = 4;
    private const int CutBits = 2;
    private const int NanosecondsPerTick = 100;

    private readonly long[] _counts = new long[64 * Cuts];

    public long Count { get; private set; }

    public TimeSpan Longest { get; private set; }

    /// <summary>Counts a span <paramref name="times"/> times; one below zero counts as zero.</summary>
    public void Add(TimeSpan span, int times = 1)
    {
        long nanoseconds = Math.Max(0, span.Ticks) * NanosecondsPerTick;
        _counts[IndexOf(nanoseconds)] += times;
        Count += times;
        Longest = span > Longest ? span : Longest;
    }

    /// <summary>The span that <paramref name="perMille"/> of all do not exceed, in nanoseconds; 0 when nothing was counted.</summary>
    public long PerMille(int perMille)
    {
        long wanted = (long)Math.Ceiling(Count * (perMille / 1000.0));
        for (int index = 0; index < _counts.Length && wanted > 0; index++)
        {
            wanted -= _counts[index];
            if (wanted <= 0)
            {
                return Math.Min(HighestOf(index), Longest.Ticks * NanosecondsPerTick);
            }
        }

        return 0;
    }

    /// <summary>Adds what another counted.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int index = 0; index < _counts.Length; index++)
        {
            _counts[index] += other._counts[index];
        }

        Count += other.Count;
        Longest = other.Longest > Longest ? other.Longest : Longest;
    }

    /// <summary>
    /// Adds p50, p99, p99.9 and the longest to a report, in nanoseconds; to an exact one also every count by the longest span it may
    /// stand for, so that two reports tell what happened between them.
    /// </summary>
    public void AddTo(StatsWriter stats, string prefix)
    {
        stats.Add(prefix + ".count", Count);
        stats.Add(prefix + ".p50_ns", PerMille(500));
        stats.Add(prefix + ".p99_ns", PerMille(990));
        stats.Add(prefix + ".p999_ns", PerMille(999));
        stats.Add(prefix + ".max_ns", Longest.Ticks * NanosecondsPerTick);
        for (int index = 0; index < _counts.Length && stats.IsExact; index++)
        {
            if (_counts[index] > 0)
            {
                stats.Add(prefix + ".upto." + HighestOf(index).ToString(CultureInfo.InvariantCulture), _counts[index]);
            }
        }
    }

    private static int IndexOf(long nanoseconds)
    {
        if (nanoseconds < Cuts)
        {
            return (int)nanoseconds;
        }

        int power = BitOperations.Log2((ulong)nanoseconds);
        int cut = (int)(nanoseconds >> (power - CutBits)) & (Cuts - 1);
        return (power * Cuts) + cut;
    }

    private static long HighestOf(int index)
    {
        if (index < Cuts)
        {
            return index;
        }

        int power = index / Cuts;
        long step = 1L << (power - CutBits);
        return (1L << power) + (((index % Cuts) + 1) * step) - 1;
    }
}
