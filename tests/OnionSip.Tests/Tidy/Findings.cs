using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace OnionSip.Tests.Tidy;

/// <summary>Fails with every finding on a line of its own, so that one run is enough to mend them all.</summary>
internal static class Findings
{
    public static void AssertNone(IEnumerable<string> findings)
    {
        string all = string.Join(Environment.NewLine, findings);
        Assert.True(all.Length == 0, all);
    }

    /// <summary>The two lists hold the same lines; names those that only one of them has.</summary>
    public static void AssertSame(IEnumerable<string> found, IEnumerable<string> listed, string list)
    {
        string[] left = [.. found];
        string[] right = [.. listed];
        AssertNone([
            .. left.Except(right).Select(line => "not in " + list + ": " + line),
            .. right.Except(left).Select(line => "no longer true, strike it from " + list + ": " + line),
            .. right.GroupBy(static line => line).Where(static group => group.Count() > 1).Select(group =>
                "twice in " + list + ": " + group.Key),
        ]);
    }
}
