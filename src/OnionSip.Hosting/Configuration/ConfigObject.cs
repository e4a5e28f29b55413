using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using OnionSip.Machines;

namespace OnionSip.Hosting.Configuration;

/// <summary>One JSON object of a configuration; each read names a key, and keys nobody asked for are errors. (HOST.CONFIG)</summary>
/// <remarks>Every wrong value is reported to the source and read as its default, so that one run shows all errors.</remarks>
public sealed class ConfigObject
{
    private readonly ConfigSource _source;
    private readonly string _path;
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    internal ConfigObject(ConfigSource source, JsonElement element, string path)
    {
        _source = source;
        _path = path;
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (!_members.TryAdd(member.Name, member.Value))
            {
                source.Report(PathOf(member.Name), "the key stands twice; keep one");
            }
        }
    }

    public bool Has(string name) => _members.ContainsKey(name);

    public string PathOf(string name) => _path + "." + name;

    /// <summary>How much was reported of the whole file so far.</summary>
    public int ErrorCount => _source.Errors.Count;

    public void Report(string name, string what) => _source.Report(PathOf(name), what);

    /// <summary>Text, or <paramref name="otherwise"/>; null stands for a key that must be there.</summary>
    public string Text(string name, string expected, string? otherwise = null)
    {
        if (!Take(name, JsonValueKind.String, expected, otherwise is null, out JsonElement value))
        {
            return otherwise ?? "";
        }

        string text = value.GetString()!;
        if (text.Length == 0 && otherwise is null)
        {
            Report(name, $"is empty; it must be {expected}");
        }

        return text;
    }

    public string? OptionalText(string name, string expected) => Has(name) ? Text(name, expected) : Known<string>(name);

    /// <summary>A file or folder, made absolute from the configuration's folder.</summary>
    public string FilePath(string name, string expected, string? otherwise = null)
    {
        string text = Text(name, expected, otherwise);
        return text.Length == 0 ? "" : Path.GetFullPath(text, _source.Folder);
    }

    public string? OptionalFilePath(string name, string expected) => Has(name) ? FilePath(name, expected) : Known<string>(name);

    public bool Switch(string name, bool otherwise)
    {
        _known.Add(name);
        if (!_members.TryGetValue(name, out JsonElement value))
        {
            return otherwise;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Report(name, $"is {Describe(value)}; it must be true or false");
        return otherwise;
    }

    public int Number(string name, int min, int max, int otherwise)
    {
        string expected = string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}");
        if (!Take(name, JsonValueKind.Number, expected, required: false, out JsonElement value))
        {
            return otherwise;
        }

        if (value.TryGetInt32(out int number) && number >= min && number <= max)
        {
            return number;
        }

        Report(name, $"is {value.GetRawText()}; it must be {expected}");
        return otherwise;
    }

    /// <summary>A list of whole numbers.</summary>
    public IReadOnlyList<int> Numbers(string name, int min, int max, string expected)
    {
        _known.Add(name);
        List<int> numbers = [];
        if (!_members.TryGetValue(name, out JsonElement value))
        {
            return numbers;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Report(name, $"is {Describe(value)}; it must be {expected}");
            return numbers;
        }

        int index = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number) && number >= min && number <= max)
            {
                numbers.Add(number);
            }
            else
            {
                Report(string.Create(CultureInfo.InvariantCulture, $"{name}[{index}]"),
                    $"is {item.GetRawText()}; it must be a whole number from {min} to {max}");
            }

            index++;
        }

        return numbers;
    }

    /// <summary>One of a few words.</summary>
    public string Choice(string name, string otherwise, params ReadOnlySpan<string> choices)
    {
        string expected = "one of " + string.Join(", ", choices.ToArray());
        string text = Text(name, expected, otherwise);
        if (choices.Contains(text))
        {
            return text;
        }

        Report(name, $"is \"{text}\"; it must be {expected}");
        return otherwise;
    }

    /// <summary>A list of texts; a single text counts as a list of one.</summary>
    public IReadOnlyList<string> Texts(string name, string expected, bool required = false)
    {
        _known.Add(name);
        List<string> texts = [];
        if (!_members.TryGetValue(name, out JsonElement value))
        {
            if (required)
            {
                _source.Report(_path, $"the key \"{name}\" is missing; it must be {expected}");
            }

            return texts;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return [value.GetString()!];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Report(name, $"is {Describe(value)}; it must be {expected}");
            return texts;
        }

        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String)
            {
                texts.Add(item.GetString()!);
            }
            else
            {
                Report(string.Create(CultureInfo.InvariantCulture, $"{name}[{texts.Count}]"),
                    $"is {Describe(item)}; it must be a text in quotes");
                texts.Add("");
            }
        }

        return texts;
    }

    /// <summary>A list of addresses with ports; required unless a default is given.</summary>
    public IReadOnlyList<PeerAddress> Endpoints(string name, bool required)
    {
        const string Expected = "an address and port such as \"203.0.113.5:9001\" or \"[2001:db8::5]:9001\"";
        List<PeerAddress> endpoints = [];
        IReadOnlyList<string> texts = Texts(name, Expected, required);
        for (int index = 0; index < texts.Count; index++)
        {
            if (PeerAddress.TryParse(texts[index], out PeerAddress endpoint))
            {
                endpoints.Add(endpoint);
            }
            else if (texts[index].Length > 0)
            {
                Report(string.Create(CultureInfo.InvariantCulture, $"{name}[{index}]"), $"is \"{texts[index]}\"; it must be {Expected}");
            }
        }

        return endpoints;
    }

    public PeerAddress Endpoint(string name, PeerAddress? otherwise)
    {
        const string Expected = "an address and port such as \"127.0.0.1:5060\"";
        if (!Has(name) && otherwise is { } value)
        {
            return Known<PeerAddress?>(name) ?? value;
        }

        string text = Text(name, Expected);
        if (text.Length > 0 && !PeerAddress.TryParse(text, out PeerAddress endpoint))
        {
            Report(name, $"is \"{text}\"; it must be {Expected}");
            return default;
        }

        return text.Length > 0 && PeerAddress.TryParse(text, out PeerAddress parsed) ? parsed : default;
    }

    /// <summary>A nested object; null when the key is absent.</summary>
    public ConfigObject? Object(string name, string expected, bool required = false) =>
        Take(name, JsonValueKind.Object, expected, required, out JsonElement value) ? new(_source, value, PathOf(name)) : null;

    /// <summary>A list of objects.</summary>
    public IReadOnlyList<ConfigObject> Objects(string name, string expected)
    {
        List<ConfigObject> objects = [];
        if (!Take(name, JsonValueKind.Array, expected, required: true, out JsonElement value))
        {
            return objects;
        }

        int index = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{PathOf(name)}[{index++}]");
            if (item.ValueKind == JsonValueKind.Object)
            {
                objects.Add(new(_source, item, path));
            }
            else
            {
                _source.Report(path, $"is {Describe(item)}; it must be an object in {{ }}");
            }
        }

        return objects;
    }

    /// <summary>Call last: reports the keys that nobody asked for, with the nearest known one.</summary>
    public void Finish()
    {
        foreach (string name in _members.Keys)
        {
            if (!_known.Contains(name))
            {
                string? nearest = Spelling.Nearest(name, _known);
                string hint = nearest is null ? "known keys are " + string.Join(", ", _known) : $"did you mean \"{nearest}\"?";
                Report(name, "is not a key of this object; " + hint);
            }
        }
    }

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "the text \"" + value.GetString() + "\"",
        JsonValueKind.Number => "the number " + value.GetRawText(),
        JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        JsonValueKind.Null => "null",
        JsonValueKind.Array => "a list",
        _ => "an object",
    };

    private T? Known<T>(string name)
    {
        _known.Add(name);
        return default;
    }

    private bool Take(string name, JsonValueKind kind, string expected, bool required, out JsonElement value)
    {
        _known.Add(name);
        if (!_members.TryGetValue(name, out value))
        {
            if (required)
            {
                _source.Report(_path, $"the key \"{name}\" is missing; it must be {expected}");
            }

            return false;
        }

        if (value.ValueKind == kind)
        {
            return true;
        }

        Report(name, $"is {Describe(value)}; it must be {expected}");
        return false;
    }
}
