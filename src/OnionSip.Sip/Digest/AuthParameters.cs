using System;
using System.Collections.Generic;
using System.Text;

namespace OnionSip.Sip;

/// <summary>One scheme with its parameters, out of a challenge or credentials header. (SIP.DIGEST)</summary>
/// <remarks>
/// Values are kept as they stand between their quotes, escapes and all: that is what both sides hash.
/// Secrets: credentials; prints its scheme alone.
/// </remarks>
internal sealed class AuthParameters
{
    private readonly List<(string Name, string Value)> _items = [];

    private AuthParameters(string scheme) => Scheme = scheme;

    public string Scheme { get; }

    public bool IsDigest => string.Equals(Scheme, "Digest", StringComparison.OrdinalIgnoreCase);

    /// <summary>Every scheme of every line of this name; several may stand on one line.</summary>
    /// <remarks>
    /// Drops: false when anything does not parse or there are more than <see cref="SipLimits.MaxChallenges"/>.
    /// </remarks>
    public static bool TryParseAll(SipHeaderList headers, string name, out List<AuthParameters> schemes)
    {
        schemes = [];
        foreach (string line in headers.FindAll(name))
        {
            List<string> parts = [];
            if (!SipGrammar.TrySplit(line, ',', SipLimits.MaxListValues, parts) || !TryParseLine(parts, schemes))
            {
                return false;
            }
        }

        return true;
    }

    public string? Find(string name)
    {
        foreach ((string candidate, string value) in _items)
        {
            if (string.Equals(candidate, name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }

    public override string ToString() => Scheme;

    internal static void Append(StringBuilder text, string name, string? value, bool quoted)
    {
        if (value is not null)
        {
            text.Append(text[^1] == ' ' ? string.Empty : ", ").Append(name).Append('=');
            text.Append(quoted ? "\"" : string.Empty).Append(value).Append(quoted ? "\"" : string.Empty);
        }
    }

    private static bool TryParseLine(List<string> parts, List<AuthParameters> schemes)
    {
        AuthParameters? current = null;
        foreach (string part in parts)
        {
            ReadOnlySpan<char> rest = part;
            if (rest.Length == 0)
            {
                continue;
            }

            if (StartsScheme(ref rest, out string scheme))
            {
                if (schemes.Count >= SipLimits.MaxChallenges)
                {
                    return false;
                }

                current = new AuthParameters(scheme);
                schemes.Add(current);
            }

            if (current is null || (rest.Length > 0 && !current.TryAdd(rest)))
            {
                return false;
            }
        }

        return true;
    }

    // "word word=" begins a scheme, "word =" and "word=" are parameters.
    private static bool StartsScheme(ref ReadOnlySpan<char> part, out string scheme)
    {
        int space = part.IndexOfAny(" \t=");
        ReadOnlySpan<char> word = space < 0 ? part : part[..space];
        ReadOnlySpan<char> rest = space < 0 ? default : SipGrammar.Trim(part[space..]);
        bool starts = SipGrammar.IsToken(word) && (rest.Length == 0 || rest[0] != '=');
        scheme = starts ? word.ToString() : string.Empty;
        part = starts ? rest : part;
        return starts;
    }

    private bool TryAdd(ReadOnlySpan<char> part)
    {
        int equals = part.IndexOf('=');
        ReadOnlySpan<char> name = equals < 0 ? default : SipGrammar.Trim(part[..equals]);
        ReadOnlySpan<char> value = equals < 0 ? default : SipGrammar.Trim(part[(equals + 1)..]);
        if (!SipGrammar.IsToken(name) || !SipGrammar.IsWritable(value))
        {
            return false;
        }

        if (value.Length > 0 && value[0] == '"')
        {
            bool whole = SipGrammar.EndOfQuoted(value, 0) == value.Length;
            value = whole ? value[1..^1] : default;
            _items.Add((name.ToString(), value.ToString()));
            return whole;
        }

        _items.Add((name.ToString(), value.ToString()));
        return !value.ContainsAny("\" \t");
    }
}
