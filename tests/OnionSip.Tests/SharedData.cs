using System;
using System.IO;
using System.IO.Compression;
using System.Text.Json;
using Xunit;

namespace OnionSip.Tests;

/// <summary>Finds the public vectors kept beside the checkout; a test that needs them skips with a reason where they are not.</summary>
internal static class SharedData
{
    private static readonly string? s_root = FindRoot();

    public static bool Exists => s_root is not null;

    /// <summary>The path of a file below the data folder; skips the test when there is none.</summary>
    public static string Require(string relativePath)
    {
        string? path = s_root is null ? null : System.IO.Path.Combine(s_root, relativePath);
        if (path is null || (!File.Exists(path) && !System.IO.Directory.Exists(path)))
        {
            Assert.Skip("no shared/data beside the checkout: " + relativePath);
        }

        return path!;
    }

    /// <summary>A JSON document, gzipped when its name ends in .gz.</summary>
    public static JsonDocument RequireJson(string relativePath)
    {
        using FileStream file = File.OpenRead(Require(relativePath));
        if (!relativePath.EndsWith(".gz", StringComparison.Ordinal))
        {
            return JsonDocument.Parse(file);
        }

        using GZipStream unzipped = new(file, CompressionMode.Decompress);
        return JsonDocument.Parse(unzipped);
    }

    private static string? FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = System.IO.Path.Combine(folder.FullName, "shared", "data");
            if (File.Exists(System.IO.Path.Combine(candidate, "INDEX.md")))
            {
                return candidate;
            }
        }

        return null;
    }
}
