using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using Xunit;

namespace OnionSip.Tests.Tidy;

/// <summary>The table of parameters and the code say the same.
/// (LINK.LIMITS, LINK.TIMERS, CIRCUIT.LIMITS, STREAM.LIMITS, FLOW.LIMITS, EXIT.LIMITS, SIP.LIMITS, SIP.TX.TIMERS, DIRECTORY.LIMITS)
///</summary>
public sealed class ParameterTests(ITestOutputHelper output)
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;

    private static readonly Type[] s_types =
        [.. System.IO.Directory.GetFiles(AppContext.BaseDirectory, "OnionSip.*.dll")
            .Where(static file => !file.EndsWith("OnionSip.Tests.dll", StringComparison.Ordinal))
            .SelectMany(static file => Assembly.Load(Path.GetFileNameWithoutExtension(file)).GetTypes())];

    [Fact]
    public void EveryRow_IsTheConstantInTheCode()
    {
        string[][] rows = Rows();
        output.WriteLine($"{rows.Length} parameters compared");
        Assert.NotEmpty(rows);
        Findings.AssertNone(rows.Select(static row => Difference(row)).Where(static difference => difference.Length > 0));
    }

    [Fact]
    public void EveryRow_HasItsDefaultBetweenMinAndMax() =>
        Assert.All(Rows(), static row => Assert.True(Number(row[3]) <= Number(row[5]) && Number(row[5]) <= Number(row[4]), row[1]));

    [Fact]
    public void EveryRow_CitesARule()
    {
        HashSet<string> rules = [.. SpecificationTags.Declared().Select(static rule => rule.Tag)];
        Findings.AssertNone(Rows().Where(row => !rules.Contains(row[6])).Select(static row => row[1] + ": " + row[6]));
    }

    [Fact]
    public void Rows_AreSortedByName_WithoutDuplicates()
    {
        string[] names = [.. Rows().Select(static row => row[1])];
        Findings.AssertNone(names.Zip(names.Skip(1))
            .Where(static pair => string.CompareOrdinal(pair.First, pair.Second) >= 0)
            .Select(static pair => pair.First + " stands before " + pair.Second));
        Assert.Equal(names.Length, Rows().Select(static row => row[7]).Distinct().Count());
    }

    /// <summary>The other way round: a limit cannot be added to one of the classes of limits without a row.</summary>
    [Fact]
    public void EveryLimit_HasARow()
    {
        IEnumerable<string> limits =
            from type in s_types
            where type.Name.EndsWith("Limits", StringComparison.Ordinal) || type.Name == "LinkParameters"
            from field in type.GetFields(BindingFlags.Public | BindingFlags.Static)
            select type.Name + "." + field.Name;
        Findings.AssertNone(limits.Except(Rows().Select(static row => row[7])));
    }

    private static string[][] Rows() =>
        [.. File.ReadLines(Repository.Require("specs", "parameters.md"))
            .Select(static line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(static row => row.Length == 9 && row[1].Contains('.', StringComparison.Ordinal))];

    private static string Difference(string[] row)
    {
        string[] name = row[7].Split('.');
        Type[] owners = [.. s_types.Where(type => type.Name == name[0] && !type.IsNested)];
        if (owners.Length != 1)
        {
            return row[7] + ": " + owners.Length + " types of that name";
        }

        object? value = ValueOf(owners[0], name[1]);
        if (value is null)
        {
            return row[7] + ": no such member";
        }

        double found = value is TimeSpan span ? InUnit(span, row[2]) : Convert.ToDouble(value, CultureInfo.InvariantCulture);
        return found.Equals(Number(row[5])) ? "" : $"{row[7]}: {found} in the code, {row[5]} {row[2]} on the page";
    }

    /// <summary>A constant, a static member, or the value a property of options has unless somebody sets it.</summary>
    private static object? ValueOf(Type type, string member)
    {
        if (type.GetField(member, Any) is { IsStatic: true } field)
        {
            return field.GetValue(null);
        }

        PropertyInfo? property = type.GetProperty(member, Any);
        return property?.GetValue(property.GetMethod!.IsStatic ? null : Activator.CreateInstance(type));
    }

    private static double InUnit(TimeSpan span, string unit) => unit switch
    {
        "ms" => span.TotalMilliseconds,
        "s" => span.TotalSeconds,
        _ => double.NaN,
    };

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
