using System;

namespace OnionSip.Sip;

/// <summary>A request line or a status line, single spaces only. (SIP.MESSAGE)</summary>
/// <remarks>The method is set as soon as it could be read, even when the rest is refused: an answer needs it.</remarks>
internal readonly record struct StartLine(string? Method, SipUri? Uri, int Status, string ReasonPhrase)
{
    public static SipParse Parse(string line, out StartLine start)
    {
        start = default;
        if (line.StartsWith("SIP/", StringComparison.OrdinalIgnoreCase))
        {
            return ParseStatus(line, out start);
        }

        int first = line.IndexOf(' ', StringComparison.Ordinal);
        if (first <= 0 || !SipGrammar.IsToken(line.AsSpan(0, first)))
        {
            return SipParse.BadStartLine;
        }

        start = new StartLine(line[..first], null, 0, string.Empty);
        int last = line.LastIndexOf(' ');
        ReadOnlySpan<char> version = line.AsSpan(last + 1);
        if (last == first || !version.StartsWith("SIP/", StringComparison.OrdinalIgnoreCase))
        {
            return SipParse.BadStartLine;
        }

        if (!version.Equals("SIP/2.0", StringComparison.OrdinalIgnoreCase))
        {
            return SipParse.BadVersion;
        }

        // A space left in the middle, brackets or a header part make the URI unreadable or ambiguous (RFC 4475 §3.1.2).
        if (!SipUri.TryParse(line.AsSpan(first + 1, last - first - 1), out SipUri? uri) || uri.Headers is not null)
        {
            return SipParse.BadRequestUri;
        }

        start = start with { Uri = uri };
        return SipParse.Accepted;
    }

    private static SipParse ParseStatus(string line, out StartLine start)
    {
        start = default;
        if (!line.StartsWith("SIP/2.0 ", StringComparison.OrdinalIgnoreCase))
        {
            return line.Contains(' ', StringComparison.Ordinal) ? SipParse.BadVersion : SipParse.BadStartLine;
        }

        // The space behind the code is missing from phones that have no phrase to say.
        ReadOnlySpan<char> rest = line.AsSpan(8);
        bool shape = rest.Length >= 3 && (rest.Length == 3 || rest[3] == ' ');
        if (!shape || !SipGrammar.TryParseNumber(rest[..3], out uint status) || status is < 100 or > 699
            || !SipGrammar.IsWritable(line))
        {
            return SipParse.BadStartLine;
        }

        start = new StartLine(null, null, (int)status, rest.Length == 3 ? string.Empty : rest[4..].ToString());
        return SipParse.Accepted;
    }
}
