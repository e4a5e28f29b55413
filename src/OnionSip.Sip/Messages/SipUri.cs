using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace OnionSip.Sip;

/// <summary>
/// A URI of the schemes sip and sips, any other scheme kept opaque; immutable, prints redacted. (SIP.URI)
/// </summary>
/// <remarks>
/// Shape:  scheme ":" [user [":" password] "@"] host [":" port] *(";" parameter) ["?" headers].
/// The text it was read from is kept and written again octet for octet; escapes are resolved for comparison only.
/// Bounds: one header line; <see cref="SipLimits.MaxParameters"/> parameters.
/// </remarks>
public sealed class SipUri
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";

    // "#" is not allowed there by RFC 3261, but keypads have the key and phones send it bare.
    private static readonly SearchValues<char> s_user = SearchValues.Create(Unreserved + "%&=+$,;?/:#");
    private static readonly SearchValues<char> s_userToWrite = SearchValues.Create(Unreserved + "&=+$,;?/");
    private static readonly SearchValues<char> s_headers = SearchValues.Create(Unreserved + "%&=[]/?:+$");
    private static readonly SearchValues<char> s_scheme = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    private readonly string _text;

    private SipUri(string text, string scheme)
    {
        _text = text;
        Scheme = scheme;
    }

    /// <summary>In lower case.</summary>
    public string Scheme { get; }

    /// <summary>True for sip and sips; the other properties are empty when it is false.</summary>
    public bool IsSip => Scheme is "sip" or "sips";

    public bool IsSips => Scheme == "sips";

    /// <summary>The user part as written, escapes and all; null when there is none.</summary>
    public string? User { get; private init; }

    public string? Password { get; private init; }

    /// <summary>Name, IPv4 address or bracketed IPv6 address, as written.</summary>
    public string Host { get; private init; } = string.Empty;

    /// <summary>0 when none is given.</summary>
    public ushort Port { get; private init; }

    public SipParameters Parameters { get; private init; } = SipParameters.None;

    /// <summary>What follows "?", raw; null when there is none.</summary>
    public string? Headers { get; private init; }

    /// <summary>True when the URI asks for loose routing (RFC 3261 §19.1.1).</summary>
    public bool IsLooseRouter => Parameters.Has("lr");

    /// <summary>Builds a URI; what may not stand in a user part is escaped.</summary>
    /// <exception cref="ArgumentException">The host does not parse.</exception>
    public static SipUri Create(
        string? user, string host, ushort port = 0, SipParameters? parameters = null, bool secure = false)
    {
        StringBuilder text = new(secure ? "sips:" : "sip:");
        if (user is not null)
        {
            text.Append(EscapeUser(user)).Append('@');
        }

        text.Append(host);
        if (port != 0)
        {
            text.Append(':').Append(port.ToString(CultureInfo.InvariantCulture));
        }

        parameters?.AppendTo(text);
        return TryParse(text.ToString(), out SipUri? uri)
            ? uri
            : throw new ArgumentException("not a host", nameof(host));
    }

    /// <summary>Reads a whole URI without surrounding white space or brackets.</summary>
    public static bool TryParse(
        ReadOnlySpan<char> text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SipUri? uri)
    {
        uri = null;
        int colon = text.IndexOf(':');
        if (colon <= 0 || text.Length > SipLimits.MaxHeaderLineBytes || !IsVisible(text) || !IsScheme(text[..colon]))
        {
            return false;
        }

        string scheme = text[..colon].ToString().ToLowerInvariant();
        ReadOnlySpan<char> rest = text[(colon + 1)..];
        if (scheme is not ("sip" or "sips"))
        {
            uri = rest.Length > 0 ? new SipUri(text.ToString(), scheme) : null;
            return uri is not null;
        }

        return TryParseSip(text, scheme, rest, out uri);
    }

    /// <summary>The URI in clear, for the wire and the user's own screen; never for a log.</summary>
    public string Reveal() => _text;

    /// <summary>The same URI with other parameters.</summary>
    public SipUri WithParameters(SipParameters parameters) => Rebuild(parameters, Headers);

    /// <summary>The same URI without what follows "?".</summary>
    public SipUri WithoutHeaders() => Headers is null ? this : Rebuild(Parameters, null);

    /// <summary>Compares after RFC 3261 §19.1.4; addresses by value (RFC 5954).</summary>
    public bool Matches(SipUri other)
    {
        if (Scheme != other.Scheme)
        {
            return false;
        }

        if (!IsSip)
        {
            return string.Equals(_text, other._text, StringComparison.Ordinal);
        }

        return SameText(User, other.User) && SameText(Password, other.Password)
            && SameHost(Host, other.Host) && Port == other.Port
            && SameParameters(other) && SameHeaders(Headers, other.Headers);
    }

    public override string ToString() => Scheme + ":[redacted]";

    internal static string Unescape(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        StringBuilder plain = new(text.Length);
        for (int index = 0; index < text.Length; index++)
        {
            if (text[index] == '%' && index + 2 < text.Length && char.IsAsciiHexDigit(text[index + 1])
                && char.IsAsciiHexDigit(text[index + 2]))
            {
                ReadOnlySpan<char> digits = text.AsSpan(index + 1, 2);
                plain.Append((char)byte.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                index += 2;
            }
            else
            {
                plain.Append(text[index]);
            }
        }

        return plain.ToString();
    }

    private static bool TryParseSip(ReadOnlySpan<char> text, string scheme, ReadOnlySpan<char> rest, out SipUri? uri)
    {
        uri = null;
        string? user = null;
        string? password = null;
        int at = rest.IndexOf('@');
        if (at >= 0)
        {
            if (!TryParseUser(rest[..at], out user, out password))
            {
                return false;
            }

            rest = rest[(at + 1)..];
        }

        string? headers = null;
        int question = rest.IndexOf('?');
        if (question >= 0)
        {
            headers = rest[(question + 1)..].ToString();
            rest = rest[..question];
        }

        SipParameters parameters = SipParameters.None;
        int semicolon = rest.IndexOf(';');
        if ((semicolon >= 0 && !SipParameters.TryParse(rest[(semicolon + 1)..], out parameters))
            || (headers is not null && (headers.Length == 0 || headers.AsSpan().ContainsAnyExcept(s_headers)))
            || !SipGrammar.TryParseHostPort(semicolon < 0 ? rest : rest[..semicolon], out string host, out ushort port))
        {
            return false;
        }

        uri = new SipUri(text.ToString(), scheme)
        {
            User = user,
            Password = password,
            Host = host,
            Port = port,
            Parameters = parameters,
            Headers = headers,
        };
        return true;
    }

    private static bool TryParseUser(ReadOnlySpan<char> text, out string? user, out string? password)
    {
        int colon = text.IndexOf(':');
        user = (colon < 0 ? text : text[..colon]).ToString();
        password = colon < 0 ? null : text[(colon + 1)..].ToString();
        return user.Length > 0 && !text.ContainsAnyExcept(s_user);
    }

    private static bool IsScheme(ReadOnlySpan<char> text) =>
        char.IsAsciiLetter(text[0]) && !text.ContainsAnyExcept(s_scheme);

    private static bool IsVisible(ReadOnlySpan<char> text) =>
        !text.ContainsAnyExceptInRange('!', '~') && !text.ContainsAny('<', '>', '"');

    private static string EscapeUser(string user)
    {
        StringBuilder text = new(user.Length);
        foreach (char character in user)
        {
            if (character > '\u00FF')
            {
                throw new ArgumentException("not octets", nameof(user));
            }

            if (s_userToWrite.Contains(character))
            {
                text.Append(character);
            }
            else
            {
                text.Append('%').Append(((int)character).ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return text.ToString();
    }

    private static bool SameText(string? left, string? right) =>
        left is null || right is null
            ? left is null && right is null
            : string.Equals(Unescape(left), Unescape(right), StringComparison.Ordinal);

    private static bool SameValue(string left, string right) =>
        string.Equals(Unescape(left), Unescape(right), StringComparison.OrdinalIgnoreCase);

    private static bool SameHost(string left, string right)
    {
        bool addresses = Machines.IpAddress.TryParse(left.Trim('[', ']'), out Machines.IpAddress first)
            & Machines.IpAddress.TryParse(right.Trim('[', ']'), out Machines.IpAddress second);
        return addresses ? first == second : string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
    }

    private static bool SameHeaders(string? left, string? right)
    {
        if (left is null || right is null)
        {
            return left is null && right is null;
        }

        List<string> first = [.. left.Split('&')];
        List<string> second = [.. right.Split('&')];
        first.Sort(StringComparer.OrdinalIgnoreCase);
        second.Sort(StringComparer.OrdinalIgnoreCase);
        bool same = first.Count == second.Count;
        for (int index = 0; same && index < first.Count; index++)
        {
            same = string.Equals(Unescape(first[index]), Unescape(second[index]), StringComparison.OrdinalIgnoreCase);
        }

        return same;
    }

    private bool SameParameters(SipUri other)
    {
        foreach (string name in (ReadOnlySpan<string>)["user", "ttl", "method", "maddr"])
        {
            if (Parameters.Has(name) != other.Parameters.Has(name))
            {
                return false;
            }
        }

        foreach (SipParameter parameter in Parameters.Items)
        {
            if (other.Parameters.TryGet(parameter.Name, out string value)
                && !SameValue(value, parameter.Value ?? string.Empty))
            {
                return false;
            }
        }

        return true;
    }

    private SipUri Rebuild(SipParameters parameters, string? headers)
    {
        Machines.Invariant.Require(IsSip, "only a sip URI has parameters");
        StringBuilder text = new(Scheme);
        text.Append(':').Append(User);
        if (Password is not null)
        {
            text.Append(':').Append(Password);
        }

        text.Append(User is null ? string.Empty : "@").Append(Host);
        if (Port != 0)
        {
            text.Append(':').Append(Port.ToString(CultureInfo.InvariantCulture));
        }

        parameters.AppendTo(text);
        text.Append(headers is null ? string.Empty : "?" + headers);
        return new SipUri(text.ToString(), Scheme)
        {
            User = User,
            Password = Password,
            Host = Host,
            Port = Port,
            Parameters = parameters,
            Headers = headers,
        };
    }
}
