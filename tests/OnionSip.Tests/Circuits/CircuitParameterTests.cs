using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using OnionSip.Circuits;
using OnionSip.Tests.Crypto;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.LIMITS: the parameter table and the code name the same constants with the same values.</summary>
public sealed class CircuitParameterTests
{
    [Fact]
    public void Table_HasEveryConstantAndItsValue()
    {
        SortedDictionary<string, string> table = new(StringComparer.Ordinal);
        foreach (string line in File.ReadLines(RepositoryFiles.Find("specs", "parameters.md")))
        {
            if (line.StartsWith("| circuit.", StringComparison.Ordinal))
            {
                string[] row = line.Split('|');
                table.Add(row[7].Trim(), row[5].Trim());
            }
        }

        SortedDictionary<string, string> code = new(StringComparer.Ordinal);
        foreach (FieldInfo field in typeof(CircuitLimits).GetFields().Where(static field => field.IsLiteral))
        {
            code.Add("CircuitLimits." + field.Name, Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)!);
        }

        code.Add("CreateLayout.Version", CreateLayout.Version.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(code, table);
    }
}
