using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using OnionSip.Links;
using OnionSip.Tests.Crypto;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>The table in the specification says what the code does. (LINK.LIMITS, LINK.TIMERS)</summary>
public sealed class LinkParametersTests
{
    [Fact]
    public void EveryConstant_IsInTheTableWithItsValue()
    {
        Dictionary<string, string[]> rows = File.ReadLines(RepositoryFiles.Find("specs", "parameters.md"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length > 7 && cells[7].StartsWith("LinkParameters.", StringComparison.Ordinal))
            .ToDictionary(cells => cells[7]["LinkParameters.".Length..]);
        FieldInfo[] constants = typeof(LinkParameters).GetFields(BindingFlags.Public | BindingFlags.Static);
        Assert.Equal(constants.Select(constant => constant.Name).Order(), rows.Keys.Order());
        Assert.All(constants, constant => Assert.Equal(rows[constant.Name][5], InUnits(constant.GetValue(null)!, rows[constant.Name][2])));
    }

    private static string InUnits(object value, string unit) => value is TimeSpan span
        ? (unit == "ms" ? span.TotalMilliseconds : span.TotalSeconds).ToString(CultureInfo.InvariantCulture)
        : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
