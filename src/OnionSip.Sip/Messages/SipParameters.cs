using System;
using System.Collections.Generic;
using System.Text;

namespace OnionSip.Sip;

/// <summary>
/// One parameter; <paramref name="Value"/> is null where there is no "=", and keeps its quotes where it has them.
/// (SIP.MESSAGE)
/// </summary>
public readonly record struct SipParameter(string Name, string? Value);

/// <summary>The parameters of a URI or of a header value, in their order; immutable. (SIP.MESSAGE)</summary>
/// <remarks>Bounds: at most <see cref="SipLimits.MaxParameters"/>. Names compare without case.</remarks>
public sealed class SipParameters
{
    private readonly SipParameter[] _items;

    private SipParameters(SipParameter[] items) => _items = items;

    public static SipParameters None { get; } = new([]);

    public int Count => _items.Length;

    public ReadOnlySpan<SipParameter> Items => _items;

    public bool Has(string name) => IndexOf(name) >= 0;

    /// <summary>The value without its quotes; empty for a parameter that has none.</summary>
    public bool TryGet(string name, out string value)
    {
        int index = IndexOf(name);
        string? raw = index < 0 ? null : _items[index].Value;
        value = raw is { Length: >= 2 } && raw[0] == '"'
            ? SipGrammar.Unquote(raw.AsSpan(1, raw.Length - 2))
            : raw ?? string.Empty;
        return index >= 0;
    }

    public string? Find(string name) => TryGet(name, out string value) ? value : null;

    /// <summary>
    /// The same list with this parameter replaced in place or appended. A value that is no token is quoted.
    /// </summary>
    /// <exception cref="ArgumentException">The name is no token, or the value would break the line.</exception>
    public SipParameters With(string name, string? value = null)
    {
        if (!SipGrammar.IsToken(name) || (value is not null && !SipGrammar.IsWritable(value)))
        {
            throw new ArgumentException("not a parameter", nameof(name));
        }

        bool plain = value is null || IsPlainValue(value, quotable: true);
        SipParameter item = new(name, plain ? value : SipGrammar.Quote(value!));
        int index = IndexOf(name);
        SipParameter[] items = index < 0 ? [.. _items, item] : [.. _items];
        items[index < 0 ? ^1 : index] = item;
        return new SipParameters(items);
    }

    public SipParameters Without(string name)
    {
        int index = IndexOf(name);
        return index < 0 ? this : new SipParameters([.. _items.AsSpan(0, index), .. _items.AsSpan(index + 1)]);
    }

    /// <summary>Reads what follows the first ";" of a header value or URI: <c>name[=value] *(";" …)</c>.</summary>
    /// <remarks>
    /// Drops: an empty parameter, a name that is no token, a value with white space outside quotes, too many.
    /// </remarks>
    internal static bool TryParse(ReadOnlySpan<char> text, out SipParameters parameters)
    {
        parameters = None;
        List<string> parts = [];
        if (!SipGrammar.TrySplit(text, ';', SipLimits.MaxParameters, parts))
        {
            return false;
        }

        SipParameter[] items = new SipParameter[parts.Count];
        for (int index = 0; index < items.Length; index++)
        {
            if (!TryParseOne(parts[index], out items[index]))
            {
                return false;
            }
        }

        parameters = new SipParameters(items);
        return true;
    }

    internal void AppendTo(StringBuilder text)
    {
        foreach (SipParameter item in _items)
        {
            text.Append(';').Append(item.Name);
            if (item.Value is not null)
            {
                text.Append('=').Append(item.Value);
            }
        }
    }

    private static bool TryParseOne(string part, out SipParameter parameter)
    {
        parameter = default;
        int equals = part.IndexOf('=', StringComparison.Ordinal);
        ReadOnlySpan<char> name = SipGrammar.Trim(equals < 0 ? part : part.AsSpan(0, equals));
        if (!IsName(name))
        {
            return false;
        }

        if (equals < 0)
        {
            parameter = new SipParameter(name.ToString(), null);
            return true;
        }

        ReadOnlySpan<char> value = SipGrammar.Trim(part.AsSpan(equals + 1));
        bool quoted = value.Length >= 2 && value[0] == '"';
        bool fits = quoted
            ? SipGrammar.EndOfQuoted(value, 0) == value.Length && SipGrammar.IsWritable(value)
            : IsPlainValue(value, quotable: false);
        parameter = new SipParameter(name.ToString(), value.ToString());
        return fits;
    }

    // URI parameter names may also hold []/:&+$ (RFC 3261 §25.1 paramchar).
    private static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (char character in name)
        {
            if (!SipGrammar.IsToken([character]) && !"[]/:&$".Contains(character, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    private static bool IsPlainValue(ReadOnlySpan<char> value, bool quotable)
    {
        string forbidden = quotable ? "\";,<>?=@" : "\";,<>";
        foreach (char character in value)
        {
            if (character <= ' ' || character == '\u007F' || forbidden.Contains(character, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return value.Length > 0;
    }

    private int IndexOf(string name) =>
        Array.FindIndex(_items, item => string.Equals(item.Name, name, StringComparison.OrdinalIgnoreCase));
}
