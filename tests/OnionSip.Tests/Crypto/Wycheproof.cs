using System;
using System.Collections.Generic;
using System.Text.Json;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>Walks a Wycheproof file, group by group, and prints how many cases ran.</summary>
internal static class Wycheproof
{
    /// <summary>Runs every case; the check returns false for a case that does not concern us (counted as left out).</summary>
    public static void Run(ITestOutputHelper output, string name, Func<JsonElement, JsonElement, bool> check, int least)
    {
        using JsonDocument document = SharedData.RequireJson("crypto/wycheproof/" + name + "_test.json.gz");
        Dictionary<string, int> counts = new() { ["valid"] = 0, ["invalid"] = 0, ["acceptable"] = 0, ["left out"] = 0 };
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                counts[check(group, test) ? test.GetProperty("result").GetString()! : "left out"]++;
            }
        }

        int ran = counts["valid"] + counts["invalid"] + counts["acceptable"];
        output.WriteLine($"{name}: {ran} cases ({counts["valid"]} valid, {counts["invalid"]} invalid, "
            + $"{counts["acceptable"]} acceptable), {counts["left out"]} left out");
        Assert.True(ran >= least, $"only {ran} cases ran");
    }

    public static bool IsValid(JsonElement test) => test.GetProperty("result").GetString() == "valid";

    public static string Name(JsonElement test) => $"case {test.GetProperty("tcId").GetInt32()} {test.GetProperty("comment").GetString()}";
}
