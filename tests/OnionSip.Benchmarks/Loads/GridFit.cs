using System;
using System.Collections.Generic;

namespace OnionSip.Benchmarks.Loads;

/// <summary>Finds a relay's ticks from when cells arrived, and so how long after its tick each came.</summary>
/// <remarks>
/// The ticks of all links of one relay lie at whole milliseconds of one origin. A link's tick is taken to be at most its earliest arrival;
/// the origin is the one that leaves all of them the least after their tick. What stays unseen is the least delay of the quickest link.
/// </remarks>
internal static class GridFit
{
    private const int Steps = (int)(CallLoad.Period / 10_000);
    private const int StepsPerPhase = 100;

    /// <summary>Times after the tick, of all arrivals; each array counts one link's by their place in the period.</summary>
    public static Histogram Excess(IEnumerable<int[]?> links)
    {
        List<(int[] Counts, int Start)> found = [];
        foreach (int[]? counts in links)
        {
            if (counts is not null && Array.Exists(counts, static count => count > 0))
            {
                found.Add((counts, AfterLongestGap(counts)));
            }
        }

        int origin = Origin(found);
        Histogram excess = new();
        foreach ((int[] counts, int start) in found)
        {
            int tick = start - Modulo(start - origin, StepsPerPhase);
            for (int step = 0; step < Steps; step++)
            {
                if (counts[step] > 0)
                {
                    excess.Add(Modulo(step - tick, Steps) * 10_000L, counts[step]);
                }
            }
        }

        return excess;
    }

    private static int Origin(List<(int[] Counts, int Start)> found)
    {
        int best = 0;
        int least = int.MaxValue;
        foreach ((_, int candidate) in found)
        {
            int worst = 0;
            foreach ((_, int start) in found)
            {
                worst = Math.Max(worst, Modulo(start - candidate, StepsPerPhase));
            }

            if (worst < least)
            {
                (best, least) = (candidate, worst);
            }
        }

        return best;
    }

    private static int AfterLongestGap(int[] counts)
    {
        int longest = -1;
        int after = 0;
        int gap = 0;

        // Calls that only begin are not at their ticks yet: a few cells do not fill a gap.
        long quiet = 0;
        Array.ForEach(counts, count => quiet += count);
        quiet /= 10L * Steps;
        for (int step = 0; step < 2 * Steps; step++)
        {
            if (counts[step % Steps] <= quiet)
            {
                gap++;
                continue;
            }

            if (step >= Steps && gap > longest)
            {
                (longest, after) = (gap, step % Steps);
            }

            gap = 0;
        }

        return after;
    }

    private static int Modulo(int value, int by) => ((value % by) + by) % by;
}
