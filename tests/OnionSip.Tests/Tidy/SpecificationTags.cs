using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace OnionSip.Tests.Tidy;

/// <summary>The tags of the pages' headings and where source and tests cite them.</summary>
internal static class SpecificationTags
{
    private static readonly Regex s_inHeading = new(@"\(([A-Z][A-Z0-9]*(?:\.[A-Z0-9]+(?:-[A-Z0-9]+)*)+)\)");

    private static readonly Regex s_inText = new(@"(?<![A-Za-z0-9_.])[A-Z][A-Z0-9]*(?:\.[A-Z0-9]+(?:-[A-Z0-9]+)*)+(?![a-z_])");

    /// <summary>Every tag in a heading, with its page.</summary>
    public static IReadOnlyList<(string Tag, string Page)> Declared() =>
        [.. from file in Repository.Files("*.md", "specs")
            from line in HeadingsOf(file)
            from Match match in s_inHeading.Matches(line)
            select (match.Groups[1].Value, Repository.Name(file))];

    /// <summary>
    /// Every tag that the files cite, with the files. Only words that begin as a declared tag does count, so <c>RFC.3261</c> is none.
    /// </summary>
    public static Dictionary<string, SortedSet<string>> Cited(IEnumerable<string> files, IEnumerable<string> declared)
    {
        HashSet<string> families = [.. declared.Select(static tag => tag.Split('.')[0])];
        Dictionary<string, SortedSet<string>> cited = new(StringComparer.Ordinal);
        foreach (string file in files)
        {
            foreach (Match match in s_inText.Matches(File.ReadAllText(file)))
            {
                if (families.Contains(match.Value.Split('.')[0]))
                {
                    cited.TryAdd(match.Value, new(StringComparer.Ordinal));
                    cited[match.Value].Add(Repository.Name(file));
                }
            }
        }

        return cited;
    }

    /// <summary>The rows of a table in open.md: the first cell, what is missing, and the reason.</summary>
    public static IReadOnlyList<(string Name, string Missing, string Reason)> Open(string heading)
    {
        IEnumerable<string[]> rows =
            from line in File.ReadLines(Repository.Require("specs", "open.md"))
                .SkipWhile(line => line != "## " + heading).Skip(1)
                .TakeWhile(static line => !line.StartsWith("## ", StringComparison.Ordinal))
            where line.StartsWith('|')
            select line.Split('|', StringSplitOptions.TrimEntries);
        return [.. rows.Skip(2).Select(static row => (row[1], row[2], row[3]))];
    }

    private static IEnumerable<string> HeadingsOf(string file)
    {
        bool isCode = false;
        foreach (string line in File.ReadLines(file))
        {
            isCode ^= line.StartsWith("```", StringComparison.Ordinal);
            if (!isCode && line.StartsWith('#'))
            {
                yield return line;
            }
        }
    }
}
