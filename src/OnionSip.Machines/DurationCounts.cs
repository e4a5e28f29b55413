using System;
using System.Numerics;

namespace OnionSip.Machines;

/// <summary>A histogram of durations for exported figures: four buckets to each power of two of microseconds. (MACHINE.DURATIONS)</summary>
/// <remarks>Bounds: 112 counters, the last takes everything from 134 s on. Adding allocates nothing.</remarks>
public sealed class DurationCounts
{
    public const int Buckets = 4 * 28;

    private const int FirstOctave = 2;

    private readonly long[] _counts = new long[Buckets];

    public long Total { get; private set; }

    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>The shortest duration that is longer than all of a bucket, in microseconds.</summary>
    public static long EndOf(int bucket)
    {
        int next = bucket + 1;
        return next < 4 ? next : (4L + (next % 4)) << ((next / 4) - 1);
    }

    public void Add(TimeSpan duration, int times = 1)
    {
        ulong microseconds = (ulong)Math.Max(0, duration.Ticks / TimeSpan.TicksPerMicrosecond);
        int octave = microseconds == 0 ? 0 : BitOperations.Log2(microseconds);
        int bucket = octave < FirstOctave
            ? (int)microseconds
            : ((octave - 1) * 4) + (int)((microseconds >> (octave - FirstOctave)) & 3);
        _counts[Math.Min(Buckets - 1, bucket)] += times;
        Total += times;
    }

    /// <summary>The end of the bucket that the quantile lies in, in microseconds; 0 when nothing was added.</summary>
    public long Quantile(double quantile)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(quantile * Total));
        long seen = 0;
        for (int bucket = 0; bucket < Buckets && Total > 0; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted)
            {
                return EndOf(bucket);
            }
        }

        return 0;
    }
}
