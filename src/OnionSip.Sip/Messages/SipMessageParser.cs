using System;
using System.Collections.Generic;
using System.Text;

namespace OnionSip.Sip;

/// <summary>
/// Reads start line, header lines and body in one pass, then checks what every message must have. (SIP.MESSAGE)
/// </summary>
internal static class SipMessageParser
{
    private static readonly string[] s_single =
    [
        SipHeaderNames.From, SipHeaderNames.To, SipHeaderNames.CallId, SipHeaderNames.CSeq, SipHeaderNames.MaxForwards,
        SipHeaderNames.ContentType, SipHeaderNames.Expires,
    ];

    private static readonly string[] s_copied =
    [
        SipHeaderNames.From, SipHeaderNames.To, SipHeaderNames.CallId, SipHeaderNames.CSeq,
    ];

    public static SipParse Parse(
        ReadOnlySpan<byte> source, bool isStream, out SipMessage? message, out SipRefusal? refusal)
    {
        message = null;
        refusal = null;
        if (source.Length > SipLimits.MaxMessageBytes)
        {
            return SipParse.TooLong;
        }

        while (source.Length > 0 && source.StartsWith("\r\n"u8))
        {
            source = source[2..];
        }

        if (source.Length == 0)
        {
            return SipParse.KeepAlive;
        }

        SipParse result = ParseWhole(
            source, isStream, out StartLine start, out SipMessage? parsed, out SipHeaderList headers);
        if (result == SipParse.Accepted)
        {
            message = parsed;
        }
        else if (start.Method is not null and not SipMethods.Ack)
        {
            refusal = Refuse(result, start.Method, headers);
        }

        return result;
    }

    private static SipParse ParseWhole(
        ReadOnlySpan<byte> source,
        bool isStream,
        out StartLine start,
        out SipMessage? message,
        out SipHeaderList headers)
    {
        message = null;
        headers = new SipHeaderList();
        start = default;
        if (!TryTakeLine(ref source, out ReadOnlySpan<byte> line))
        {
            return SipParse.Truncated;
        }

        SipParse startResult = StartLine.Parse(Encoding.Latin1.GetString(line), out start);
        if (startResult != SipParse.Accepted && start.Method is null)
        {
            return startResult;
        }

        // A request whose start line is refused is still read: the answer needs its header lines.
        SipHeaderList target = headers;
        if (startResult == SipParse.Accepted)
        {
            message = start.Uri is not null
                ? new SipRequest(start.Method!, start.Uri)
                : new SipResponse(start.Status, start.ReasonPhrase);
            target = headers = message.Headers;
        }

        SipParse result = ParseHeaders(ref source, target);
        result = startResult != SipParse.Accepted ? startResult : result;
        if (result == SipParse.Accepted)
        {
            result = Check(message!, start.Method);
        }

        return result == SipParse.Accepted ? TakeBody(source, isStream, message!) : result;
    }

    private static SipParse ParseHeaders(ref ReadOnlySpan<byte> source, SipHeaderList headers)
    {
        SipParse result = SipParse.Accepted;
        while (TryTakeLine(ref source, out ReadOnlySpan<byte> line))
        {
            if (line.Length == 0)
            {
                return result;
            }

            StringBuilder value = new(Encoding.Latin1.GetString(line));
            bool tooLong = false;
            while (source.Length > 0 && source[0] is (byte)' ' or (byte)'\t' && TryTakeLine(ref source, out line))
            {
                tooLong |= value.Length + line.Length > SipLimits.MaxHeaderLineBytes;
                if (!tooLong)
                {
                    value.Append(' ').Append(SipGrammar.Trim(Encoding.Latin1.GetString(line)));
                }
            }

            SipParse one = tooLong ? SipParse.HeaderTooLong : AddHeader(value.ToString(), headers);
            result = result == SipParse.Accepted ? one : result;
            if (one == SipParse.TooManyHeaders)
            {
                return result;
            }
        }

        return result == SipParse.Accepted ? SipParse.Truncated : result;
    }

    private static SipParse AddHeader(string line, SipHeaderList headers)
    {
        if (line.Length > SipLimits.MaxHeaderLineBytes)
        {
            return SipParse.HeaderTooLong;
        }

        int colon = line.IndexOf(':', StringComparison.Ordinal);
        ReadOnlySpan<char> name = colon < 0 ? default : line.AsSpan(0, colon).TrimEnd(" \t");
        if (!SipGrammar.IsToken(name) || line.AsSpan().ContainsAny('\r', '\n'))
        {
            return SipParse.BadHeader;
        }

        if (headers.Count >= SipLimits.MaxHeaders)
        {
            return SipParse.TooManyHeaders;
        }

        return headers.TryAddRead(name.ToString(), SipGrammar.Trim(line.AsSpan(colon + 1)).ToString())
            ? SipParse.Accepted
            : SipParse.HeaderTooLong;
    }

    private static SipParse Check(SipMessage message, string? method)
    {
        SipHeaderList headers = message.Headers;
        foreach (string name in s_single)
        {
            if (headers.CountOf(name) > 1)
            {
                return SipParse.DuplicateHeader;
            }
        }

        if (!headers.Has(SipHeaderNames.Via) || !headers.Has(SipHeaderNames.From) || !headers.Has(SipHeaderNames.To)
            || !headers.Has(SipHeaderNames.CallId) || !headers.Has(SipHeaderNames.CSeq))
        {
            return SipParse.MissingMandatory;
        }

        if (!message.TryGetVias(out List<ViaValue> vias) || vias.Count == 0
            || vias.Exists(static via => via.Version != "SIP/2.0"))
        {
            return SipParse.BadVia;
        }

        if (!message.TryGetAddress(SipHeaderNames.From, out _) || !message.TryGetAddress(SipHeaderNames.To, out _)
            || !message.TryGetContacts(out _))
        {
            return SipParse.BadAddress;
        }

        if (!message.TryGetAddresses(SipHeaderNames.Route, out _)
            || !message.TryGetAddresses(SipHeaderNames.RecordRoute, out _)
            || !SipGrammar.IsCallId(message.CallId))
        {
            return SipParse.BadHeader;
        }

        return CheckNumbers(message, method);
    }

    private static SipParse CheckNumbers(SipMessage message, string? method)
    {
        if (!CSeqValue.TryParse(message.Headers.Find(SipHeaderNames.CSeq), out CSeqValue cseq))
        {
            return SipParse.BadCSeq;
        }

        if (method is not null && !string.Equals(cseq.Method, method, StringComparison.Ordinal))
        {
            return SipParse.MethodMismatch;
        }

        return message.Headers.Has(SipHeaderNames.MaxForwards) && !message.TryGetMaxForwards(out _)
            ? SipParse.BadMaxForwards
            : SipParse.Accepted;
    }

    private static SipParse TakeBody(ReadOnlySpan<byte> rest, bool isStream, SipMessage message)
    {
        SipParse result = ReadContentLength(message.Headers, out int length);
        if (result != SipParse.Accepted)
        {
            return result;
        }

        if (length < 0 && isStream)
        {
            return SipParse.MissingContentLength;
        }

        if (length > rest.Length)
        {
            return SipParse.BadContentLength;
        }

        message.Body = (length < 0 ? rest : rest[..length]).ToArray();
        return SipParse.Accepted;
    }

    /// <summary>The one Content-Length; -1 when there is none. Given twice it must be the same.</summary>
    internal static SipParse ReadContentLength(SipHeaderList headers, out int length)
    {
        length = -1;
        foreach (string value in headers.FindAll(SipHeaderNames.ContentLength))
        {
            int one = SipMessage.ParseSmall(value, SipLimits.MaxMessageBytes);
            if (one < 0 || (length >= 0 && one != length))
            {
                return SipParse.BadContentLength;
            }

            length = one;
        }

        return SipParse.Accepted;
    }

    /// <summary>The header lines alone, whatever is wrong with some of them; for framing on a stream.</summary>
    internal static SipHeaderList ReadHeaders(ReadOnlySpan<byte> source)
    {
        SipHeaderList headers = new();
        if (TryTakeLine(ref source, out _))
        {
            ParseHeaders(ref source, headers);
        }

        return headers;
    }

    private static SipRefusal? Refuse(SipParse reason, string method, SipHeaderList headers)
    {
        List<SipHeader> copied = [];
        if (!headers.TrySplit(SipHeaderNames.Via, out List<string> vias) || vias.Count == 0
            || !ViaValue.TryParse(vias[0], out ViaValue? top))
        {
            return null;
        }

        for (int index = 1; index < vias.Count; index++)
        {
            copied.Add(new SipHeader(SipHeaderNames.Via, vias[index]));
        }

        foreach (string name in s_copied)
        {
            if (headers.Find(name) is { Length: > 0 } value)
            {
                copied.Add(new SipHeader(name, value));
            }
        }

        return new SipRefusal(reason, method, top, copied);
    }

    private static bool TryTakeLine(ref ReadOnlySpan<byte> source, out ReadOnlySpan<byte> line)
    {
        int end = source.IndexOf("\r\n"u8);
        line = end < 0 ? default : source[..end];
        source = end < 0 ? source : source[(end + 2)..];
        return end >= 0;
    }
}
