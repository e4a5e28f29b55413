using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace OnionSip.Tests.Tidy;

/// <summary>The checkout the tests were built from: its sources and its pages. Where there is none the test skips and says so.</summary>
internal static class Repository
{
    private static readonly string? s_root = FindRoot();

    /// <summary>The folders with a project of our own; the tests stand apart because other rules hold for them.</summary>
    public static readonly string[] Programs = ["src", "relay", "client"];

    /// <summary>A path inside the checkout; skips the test when the tests run without their sources.</summary>
    public static string Require(params string[] parts)
    {
        if (s_root is null)
        {
            Assert.Skip("no OnionSip.sln above the tests: the sources are not here");
        }

        return Path.Combine([s_root, .. parts]);
    }

    /// <summary>Every file with this ending below the folders, in a fixed order, without what a build wrote.</summary>
    public static IReadOnlyList<string> Files(string pattern, params string[] folders) =>
        [.. folders.SelectMany(folder => System.IO.Directory.EnumerateFiles(Require(folder), pattern, SearchOption.AllDirectories))
            .Where(static file => !IsBuilt(file)).Order(StringComparer.Ordinal)];

    /// <summary>The path as the pages write it: from the root, with slashes.</summary>
    public static string Name(string file) => Path.GetRelativePath(Require(), file).Replace('\\', '/');

    private static bool IsBuilt(string file)
    {
        string[] parts = Name(file).Split('/');
        return parts.Contains("obj") || parts.Contains("bin");
    }

    private static string? FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OnionSip.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }
}
