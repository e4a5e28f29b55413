using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using OnionSip.Streams;
using OnionSip.Wire;
using OnionSip.Tests.Crypto;
using Xunit;

namespace OnionSip.Tests.Streams;

/// <summary>STREAM.LIMITS, FLOW.LIMITS, EXIT.LIMITS: the parameter table and the code say the same.</summary>
public sealed class StreamParameterTests
{
    private static readonly Type[] s_types =
        [typeof(StreamLimits), typeof(ExitLimits), typeof(WireLayout), typeof(LinkFragment), typeof(WireNames)];

    [Fact]
    public void EveryRowOfTheTable_IsTheConstantInCode()
    {
        List<string> compared = [];
        foreach (string[] row in Rows())
        {
            string[] names = row[7].Split('.');
            Type type = s_types.Single(candidate => candidate.Name == names[0]);
            FieldInfo field = type.GetField(names[1], BindingFlags.Public | BindingFlags.Static)!;
            object value = field.GetValue(null)!;
            double number = value is TimeSpan span ? span.TotalMilliseconds : Convert.ToDouble(
                value, CultureInfo.InvariantCulture);
            Assert.Equal(double.Parse(row[5], CultureInfo.InvariantCulture), number);
            compared.Add(row[7]);
        }

        IEnumerable<string> limits =
            from type in s_types[..2]
            from field in type.GetFields(BindingFlags.Public | BindingFlags.Static)
            select type.Name + "." + field.Name;
        Assert.Empty(limits.Except(compared));
        Assert.Equal(compared.Count, compared.Distinct().Count());
    }

    private static IEnumerable<string[]> Rows() =>
        from line in File.ReadLines(RepositoryFiles.Find("specs", "parameters.md"))
        let row = line.Split('|').Select(cell => cell.Trim()).ToArray()
        where row.Length == 9 && (row[1].StartsWith("stream.", StringComparison.Ordinal)
            || row[1].StartsWith("flow.", StringComparison.Ordinal)
            || row[1].StartsWith("exit.", StringComparison.Ordinal)
            || row[1].StartsWith("wire.", StringComparison.Ordinal))
        select row;
}
