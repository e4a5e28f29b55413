using System;
using System.Text;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>The one thing an INFO may carry across: a key press, written anew. (SIP.GATEWAY.INFO)</summary>
/// <remarks>
/// Reads:  application/dtmf-relay (<c>Signal=5</c>) and application/dtmf (<c>5</c>).
/// Writes: application/dtmf-relay with a duration that is always the same, so that no finger's rhythm is in it.
/// </remarks>
internal static class InfoBody
{
    private const int MaxBytes = 256;

    public static bool TryRebuild(SipMessage message, out byte[] body)
    {
        body = [];
        char? key = null;
        if (message.Body.Length is > 0 and <= MaxBytes)
        {
            string text = Encoding.Latin1.GetString(message.Body.Span);
            key = message.HasContentType(SipTexts.DtmfRelay) ? FindSignal(text) : message.HasContentType("application/dtmf")
                ? Key(text.Trim()) : null;
        }

        if (key is { } found)
        {
            body = Encoding.Latin1.GetBytes("Signal=" + found + "\r\nDuration=160\r\n");
        }

        return key is not null;
    }

    private static char? FindSignal(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line.AsSpan(0, equals).Trim().Equals("Signal", StringComparison.OrdinalIgnoreCase))
            {
                return Key(line[(equals + 1)..].Trim());
            }
        }

        return null;
    }

    private static char? Key(string text) => text switch
    {
        "10" => '*',
        "11" => '#',
        [var key] when "0123456789*#ABCDabcd".Contains(key, StringComparison.Ordinal) => char.ToUpperInvariant(key),
        _ => null,
    };
}
