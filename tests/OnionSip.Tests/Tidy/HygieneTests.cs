using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace OnionSip.Tests.Tidy;

/// <summary>What a reader should not stumble over.</summary>
public sealed class HygieneTests
{
    private static readonly Regex s_unfinished = new(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException");

    private static readonly Regex s_emptyName =
        new(@"\b(?:class|struct|interface|enum|record)\s+\w*(?:Manager|Helpers?|Utils?|Utilities|Common)\b");

    private static readonly Regex s_namespace = new(@"^namespace ([\w.]+)", RegexOptions.Multiline);

    private static readonly Regex s_sleeping = new(@"\bThread\.Sleep\(|\bTask\.Delay\(");

    private static readonly Regex s_skippedWithoutReason = new(@"\bSkip\s*=\s*""\s*""|\bAssert\.Skip\(\s*(?:""\s*""\s*)?\)");

    private static readonly Regex s_quoted = new("\"(?:[^\"\\\\]|\\\\.)*\"");

    private const int MaxLines = 600;

    /// <summary>Of what is written to be read again and again.</summary>
    private const int MaxColumns = 140;

    /// <summary>Of tests, where a whole SIP message or vector may stand in a line.</summary>
    private const int MaxTestColumns = 200;

    [Fact]
    public void Source_HasNothingUnfinished() =>
        Findings.AssertNone(Lines(Repository.Programs).Where(static line => s_unfinished.IsMatch(line.Text)).Select(Where));

    /// <summary>The pattern of the test above finds what it looks for.</summary>
    [Theory]
    [InlineData("// TO" + "DO: later")]
    [InlineData("throw new NotImplemented" + "Exception();")]
    public void UnfinishedLine_IsFound(string line) => Assert.Matches(s_unfinished, line);

    [Fact]
    public void NoFile_IsTooLong() =>
        Findings.AssertNone(All().Where(static file => File.ReadLines(file).Count() > MaxLines).Select(Repository.Name));

    [Fact]
    public void NoLine_IsTooLong() => Findings.AssertNone(
        Lines(Repository.Programs).Where(static line => Columns(line.Text) > MaxColumns)
            .Concat(Lines(["tests"]).Where(static line => Columns(line.Text) > MaxTestColumns))
            .Select(Where));

    [Fact]
    public void EveryFile_EndsWithANewline_AndHasNoTabsOrCarriageReturns() =>
        Findings.AssertNone(All().Where(static file => !IsPlain(File.ReadAllText(file))).Select(Repository.Name));

    [Fact]
    public void NoType_HasAnEmptyName() =>
        Findings.AssertNone(Lines([.. Repository.Programs, "tests"]).Where(static line => s_emptyName.IsMatch(line.Text)).Select(Where));

    [Fact]
    public void EveryNamespace_IsTheProject()
    {
        IEnumerable<string> wrong =
            from file in All()
            let match = s_namespace.Match(File.ReadAllText(file))
            where match.Success && !IsExpected(match.Groups[1].Value, Repository.Name(file))
            select Repository.Name(file) + ": " + match.Groups[1].Value;
        Findings.AssertNone(wrong);
    }

    [Fact]
    public void NoTest_Sleeps() =>
        Findings.AssertNone(Lines(["tests/OnionSip.Tests", "tests/OnionSip.Scenarios"]).Where(static line =>
            s_sleeping.IsMatch(line.Text)).Select(Where));

    [Fact]
    public void EverySkippedTest_HasAReason() =>
        Findings.AssertNone(Lines(["tests"]).Where(static line => s_skippedWithoutReason.IsMatch(line.Text)).Select(Where));

    private static IReadOnlyList<string> All() => Repository.Files("*.cs", [.. Repository.Programs, "tests"]);

    private static IEnumerable<(string File, int Number, string Text)> Lines(string[] folders) =>
        from file in Repository.Files("*.cs", folders)
        from line in File.ReadLines(file).Select(static (text, index) => (Number: index + 1, Text: text))
        select (file, line.Number, line.Text);

    private static string Where((string File, int Number, string Text) line) => Repository.Name(line.File) + ":" + line.Number;

    /// <summary>A line with one long sentence or name in quotes counts without it: cutting it up helps nobody.</summary>
    private static int Columns(string text) => text.Length <= MaxColumns ? text.Length : s_quoted.Replace(text, "").Length;

    private static bool IsPlain(string text) =>
        text.EndsWith('\n') && !text.Contains('\t', StringComparison.Ordinal) && !text.Contains('\r', StringComparison.Ordinal);

    /// <summary>
    /// One namespace for each project, or one for each of its folders; the unit tests have one for each project they test.
    /// </summary>
    private static bool IsExpected(string name, string file)
    {
        string[] parts = file.Split('/');
        string folders = string.Join('.', parts[1..^1]);
        return parts[1] == "OnionSip.Tests" && parts.Length > 3
            ? name == "OnionSip.Tests." + parts[2] || name == folders
            : name == parts[1] || name == folders;
    }
}
