using System;
using System.Collections.Generic;

namespace OnionSip.Hosting.Configuration;

/// <summary>Finds what somebody probably meant to write. (HOST.CONFIG)</summary>
public static class Spelling
{
    /// <summary>The known word at most a third of its letters (and at least two) away; null when none is.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        string? nearest = null;
        int best = int.MaxValue;
        foreach (string candidate in known)
        {
            int distance = Distance(word, candidate);
            if (distance < best && distance <= Math.Max(2, candidate.Length / 3))
            {
                (nearest, best) = (candidate, distance);
            }
        }

        return nearest;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours between two words.</summary>
    private static int Distance(string left, string right)
    {
        int[,] cost = new int[left.Length + 1, right.Length + 1];
        for (int row = 0; row <= left.Length; row++)
        {
            for (int column = 0; column <= right.Length; column++)
            {
                cost[row, column] = CellCost(cost, left, right, row, column);
            }
        }

        return cost[left.Length, right.Length];
    }

    private static int CellCost(int[,] cost, string left, string right, int row, int column)
    {
        if (row == 0 || column == 0)
        {
            return row + column;
        }

        int replace = cost[row - 1, column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1);
        int least = Math.Min(replace, 1 + Math.Min(cost[row - 1, column], cost[row, column - 1]));
        bool swapped = row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1];
        return swapped ? Math.Min(least, cost[row - 2, column - 2] + 1) : least;
    }
}
