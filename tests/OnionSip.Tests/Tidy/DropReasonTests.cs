using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace OnionSip.Tests.Tidy;

/// <summary>Every reason for which a machine refuses, ends or reports something stands in at least one test. (MACHINE.DROPS)</summary>
public sealed class DropReasonTests(ITestOutputHelper output)
{
    private static readonly string[] s_suffixes =
        ["Drop", "Parse", "Result", "Reason", "Refusal", "EventKind", "ReceivedKind", "RouteKind", "Check"];

    private static readonly string[] s_nothing = ["None", "Ok"];

    [Fact]
    public void EveryReason_IsInATestOrOpen()
    {
        string tests = string.Concat(Repository.Files("*.cs", "tests").Select(File.ReadAllText));
        HashSet<string> mentioned = [.. Regex.Matches(tests, @"\b\w+\.\w+\b").Select(static match => match.Value)];
        string[] reasons = [.. Reasons()];
        string[] missing = [.. reasons.Where(reason => !mentioned.Contains(reason)).Order(StringComparer.Ordinal)];
        output.WriteLine($"{reasons.Length} reasons, {reasons.Length - missing.Length} in a test, {missing.Length} open");
        Findings.AssertSame(missing, SpecificationTags.Open("Reasons").Select(static row => row.Name), "specs/open.md");
    }

    /// <summary>The counters are an array indexed by the reason.</summary>
    [Fact]
    public void EveryDropEnum_BeginsWithNoneAndHasNoGaps() =>
        Assert.All(Enums().Where(static type => type.Name.EndsWith("Drop", StringComparison.Ordinal)), static type =>
        {
            Array values = Enum.GetValuesAsUnderlyingType(type);
            Assert.Equal(Enumerable.Range(0, values.Length), values.Cast<object>().Select(static value => Convert.ToInt32(value, null)));
            Assert.Equal("None", Enum.GetNames(type)[0]);
        });

    private static IEnumerable<string> Reasons() =>
        from type in Enums()
        from name in Enum.GetNames(type)
        where !s_nothing.Contains(name)
        select type.Name + "." + name;

    private static IEnumerable<Type> Enums() =>
        from file in System.IO.Directory.GetFiles(AppContext.BaseDirectory, "OnionSip.*.dll").Order(StringComparer.Ordinal)
        where !file.EndsWith("OnionSip.Tests.dll", StringComparison.Ordinal)
        from type in Assembly.Load(Path.GetFileNameWithoutExtension(file)).GetTypes()
        where type.IsEnum && type.Namespace is { } space && !space.EndsWith(".Messages", StringComparison.Ordinal)
        where s_suffixes.Any(suffix => type.Name.EndsWith(suffix, StringComparison.Ordinal))
        select type;
}
