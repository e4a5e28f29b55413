using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;

namespace OnionSip.Hosting.Configuration;

/// <summary>A configuration file being read; collects every error instead of stopping at the first. (HOST.CONFIG)</summary>
/// <remarks>
/// Shape:  one JSON object; comments and trailing commas are allowed; relative paths count from the file's folder.
/// Bounds: files over <see cref="MaxFileBytes"/> are refused.
/// </remarks>
public sealed class ConfigSource
{
    public const int MaxFileBytes = 1024 * 1024;

    private static readonly JsonDocumentOptions s_options = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 16,
    };

    private readonly List<ConfigError> _errors = [];

    public ConfigSource(string file)
    {
        File = file;
        Folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? ".";
    }

    public string File { get; }

    public string Folder { get; }

    public IReadOnlyList<ConfigError> Errors => _errors;

    /// <summary>Opens the file; null, with an error noted, when it cannot be read or is no JSON object.</summary>
    public ConfigObject? Open()
    {
        try
        {
            FileInfo info = new(File);
            if (info.Exists && info.Length > MaxFileBytes)
            {
                Report("", $"the file is longer than {MaxFileBytes} bytes and cannot be a configuration");
                return null;
            }

            return Parse(System.IO.File.ReadAllText(File));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Report("", "the file cannot be read: " + error.Message);
            return null;
        }
    }

    /// <summary>As <see cref="Open"/>, of text already read.</summary>
    public ConfigObject? Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, s_options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return new(this, document.RootElement.Clone(), "$");
            }

            Report("", "the file must hold one JSON object, written in { }");
        }
        catch (JsonException error)
        {
            Report("", $"line {error.LineNumber + 1}, position {error.BytePositionInLine + 1} is not JSON: {FirstSentence(error.Message)}");
        }

        return null;
    }

    public void Report(string path, string what) => _errors.Add(new(File, path, what));

    private static string FirstSentence(string text)
    {
        int end = text.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }
}
