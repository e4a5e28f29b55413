using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace OnionSip.Tests.Tidy;

/// <summary>Every rule of the pages is cited by source and by a test, or stands in open.md with the reason why not.</summary>
public sealed class TraceabilityTests(ITestOutputHelper output)
{
    private static readonly string[] s_kinds = ["source", "test", "source and test"];

    [Fact]
    public void EveryRule_IsCitedOrOpen()
    {
        string[] declared = Declared();
        Dictionary<string, SortedSet<string>> source = InSource(declared);
        Dictionary<string, SortedSet<string>> tests = InTests(declared);
        SortedDictionary<string, string> missing = new(StringComparer.Ordinal);
        foreach (string tag in declared)
        {
            bool lacksSource = !source.ContainsKey(tag);
            bool lacksTest = !tests.ContainsKey(tag);
            if (lacksSource || lacksTest)
            {
                missing[tag] = lacksSource && lacksTest ? "source and test" : lacksSource ? "source" : "test";
            }
        }

        output.WriteLine($"{declared.Length} rules, {declared.Length - missing.Count} cited by source and test, {missing.Count} open");
        Findings.AssertSame(
            missing.Select(static rule => $"{rule.Key} ({rule.Value})"),
            SpecificationTags.Open("Rules").Select(static row => $"{row.Name} ({row.Missing})"),
            "specs/open.md");
    }

    [Fact]
    public void EveryCitation_IsARule()
    {
        string[] declared = Declared();
        IEnumerable<string> wrong =
            from cited in InSource(declared).Concat(InTests(declared))
            where !declared.Contains(cited.Key)
            select cited.Key + " in " + string.Join(", ", cited.Value);
        Findings.AssertNone(wrong);
    }

    [Fact]
    public void EveryRule_HasOneHeading() =>
        Findings.AssertNone(SpecificationTags.Declared().GroupBy(static rule => rule.Tag).Where(static rule =>
            rule.Count() > 1).Select(static rule => rule.Key));

    [Fact]
    public void EveryOpenRow_SaysWhatAndWhy()
    {
        Assert.All(SpecificationTags.Open("Rules"), static row => Assert.Contains(row.Missing, s_kinds));
        Assert.All(
            SpecificationTags.Open("Rules").Concat(SpecificationTags.Open("Reasons")),
            static row => Assert.True(row.Reason.Length > 20, row.Name + " has no reason worth the name"));
    }

    /// <summary>Page, source and tests stand side by side, and the table of the first page knows all three.</summary>
    [Fact]
    public void EveryProject_HasItsPageAndItsTests()
    {
        string[][] rows = [.. File.ReadLines(Repository.Require("specs", "README.md"))
            .Select(static line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(static row => row.Length == 6 && row[2].StartsWith("src/", StringComparison.Ordinal))];
        IEnumerable<string> projects =
            Repository.Files("*.csproj", "src").Select(static file => Path.GetFileNameWithoutExtension(file)).ToArray();
        Assert.Equal(projects.Order(StringComparer.Ordinal),
            rows.Select(static row => row[2]["src/".Length..]).Order(StringComparer.Ordinal));
        foreach (string[] row in rows)
        {
            Assert.Equal(row[2]["src/OnionSip.".Length..].ToLowerInvariant() + ".md", row[1]);
            Assert.True(File.Exists(Repository.Require("specs", row[1])), row[1]);
            Assert.NotEmpty(Repository.Files("*Tests.cs", row[3]));
        }
    }

    private static string[] Declared() => [.. SpecificationTags.Declared().Select(static rule => rule.Tag)];

    private static Dictionary<string, SortedSet<string>> InSource(string[] declared) =>
        SpecificationTags.Cited(Repository.Files("*.cs", Repository.Programs), declared);

    private static Dictionary<string, SortedSet<string>> InTests(string[] declared) =>
        SpecificationTags.Cited(Repository.Files("*.cs", "tests"), declared);
}
