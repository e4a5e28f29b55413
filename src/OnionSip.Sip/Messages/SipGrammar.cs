using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;

namespace OnionSip.Sip;

/// <summary>The lexical rules of RFC 3261 §25.1 that the parsers share. (SIP.MESSAGE)</summary>
/// <remarks>
/// Text is held as one char for each octet (Latin-1), so that what is copied is copied octet for octet.
/// </remarks>
internal static class SipGrammar
{
    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly SearchValues<char> s_token = SearchValues.Create(Alphanumeric + "-.!%*_+`'~");
    private static readonly SearchValues<char> s_callId = SearchValues.Create(
        Alphanumeric + "-.!%*_+`'~()<>:\\\"/[]?{}@");
    private static readonly SearchValues<char> s_hostName = SearchValues.Create(Alphanumeric + "-._");
    private static readonly SearchValues<char> s_ipv6 = SearchValues.Create("0123456789abcdefABCDEF:.");
    private static readonly SearchValues<char> s_breaking = SearchValues.Create("\r\n\0");

    public static bool IsToken(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExcept(s_token);

    /// <summary>True for what may stand in Call-ID; its one "@" is not counted.</summary>
    public static bool IsCallId(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExcept(s_callId);

    /// <summary>
    /// True when a value can be written without ending its line: no CR, LF or NUL, every char one octet.
    /// </summary>
    public static bool IsWritable(ReadOnlySpan<char> text) =>
        !text.ContainsAny(s_breaking) && !text.ContainsAnyExceptInRange('\0', '\u00FF');

    public static bool IsSpace(char character) => character is ' ' or '\t';

    public static ReadOnlySpan<char> Trim(ReadOnlySpan<char> text) => text.Trim(" \t");

    /// <summary>A name, an IPv4 address or a bracketed IPv6 address.</summary>
    public static bool IsHost(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 255)
        {
            return false;
        }

        if (text[0] != '[')
        {
            return !text.ContainsAnyExcept(s_hostName);
        }

        return text[^1] == ']' && IsIPv6(text[1..^1]);
    }

    public static bool IsIPv6(ReadOnlySpan<char> text) =>
        !text.ContainsAnyExcept(s_ipv6) && Machines.IpAddress.TryParse(text, out _) && text.Contains(':');

    /// <summary>
    /// Splits "host", "host:port" and "[v6]:port"; white space may surround the colon. Port 0 stands for none.
    /// </summary>
    public static bool TryParseHostPort(ReadOnlySpan<char> text, out string host, out ushort port)
    {
        host = string.Empty;
        port = 0;
        int end = text.Length > 0 && text[0] == '[' ? text.IndexOf(']') + 1 : text.IndexOf(':');
        if (end == 0)
        {
            return false;
        }

        ReadOnlySpan<char> name = end < 0 ? text : text[..end];
        ReadOnlySpan<char> rest = end < 0 ? default : Trim(text[end..]);
        name = Trim(name);
        if (!IsHost(name) || (rest.Length > 0 && !TryParsePort(rest, out port)))
        {
            return false;
        }

        host = name.ToString();
        return true;
    }

    /// <summary>
    /// Finds the end of a quoted string that starts at <paramref name="start"/>; -1 when it has none.
    /// </summary>
    public static int EndOfQuoted(ReadOnlySpan<char> text, int start)
    {
        for (int index = start + 1; index < text.Length; index++)
        {
            if (text[index] == '\\')
            {
                index++;
            }
            else if (text[index] == '"')
            {
                return index + 1;
            }
        }

        return -1;
    }

    /// <summary>The inside of a quoted string, escapes resolved, control characters left out.</summary>
    public static string Unquote(ReadOnlySpan<char> inside)
    {
        char[] kept = new char[inside.Length];
        int count = 0;
        for (int index = 0; index < inside.Length; index++)
        {
            char character = inside[index] == '\\' && index + 1 < inside.Length ? inside[++index] : inside[index];
            if (character >= ' ' && character != '\u007F')
            {
                kept[count++] = character;
            }
        }

        return new string(kept, 0, count);
    }

    /// <summary>A quoted string with its escapes.</summary>
    public static string Quote(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    /// <summary>Splits at a separator that stands outside quoted strings and angle brackets.</summary>
    /// <remarks>
    /// Bounds: at most <paramref name="max"/> parts; false beyond, and for an unbalanced quote or bracket.
    /// </remarks>
    public static bool TrySplit(ReadOnlySpan<char> text, char separator, int max, List<string> parts)
    {
        int start = 0;
        bool bracketed = false;
        for (int index = 0; index < text.Length; index++)
        {
            char character = text[index];
            if (character == '"' && !bracketed)
            {
                int end = EndOfQuoted(text, index);
                if (end < 0)
                {
                    return false;
                }

                index = end - 1;
            }
            else if (character is '<' or '>')
            {
                bracketed = character == '<';
            }
            else if (character == separator && !bracketed)
            {
                if (parts.Count >= max)
                {
                    return false;
                }

                parts.Add(Trim(text[start..index]).ToString());
                start = index + 1;
            }
        }

        if (bracketed || parts.Count >= max)
        {
            return false;
        }

        parts.Add(Trim(text[start..]).ToString());
        return true;
    }

    /// <summary>Digits only, no sign, no space; leading zeros pass.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> text, out uint number)
    {
        number = 0;
        return text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9')
            && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryParsePort(ReadOnlySpan<char> text, out ushort port)
    {
        port = 0;
        if (text[0] != ':' || !TryParseNumber(Trim(text[1..]), out uint number) || number is 0 or > ushort.MaxValue)
        {
            return false;
        }

        port = (ushort)number;
        return true;
    }
}
