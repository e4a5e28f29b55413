using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OnionSip.Sip;

/// <summary>
/// A request or a response: start line, header lines, body. Prints its start line without addresses. (SIP.MESSAGE)
/// </summary>
/// <remarks>
/// A message that <see cref="TryParse(ReadOnlySpan{byte}, out SipMessage?)"/> accepted has Via, From, To, Call-ID and
/// CSeq that parse; the properties of these names are for such messages and for finished ones of our own, and fail as a
/// bug of ours on others.
/// This folder reads and writes; it keeps no state and decides nothing.
/// </remarks>
public abstract class SipMessage
{
    public abstract bool IsRequest { get; }

    public SipHeaderList Headers { get; } = new();

    /// <summary>The octets behind the header section that Content-Length covers.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    public ViaValue TopVia =>
        TryGetVias(out List<ViaValue> vias) && vias.Count > 0 ? vias[0] : throw Missing(SipHeaderNames.Via);

    public NameAddress From =>
        TryGetAddress(SipHeaderNames.From, out NameAddress? value) ? value : throw Missing(SipHeaderNames.From);

    public NameAddress To =>
        TryGetAddress(SipHeaderNames.To, out NameAddress? value) ? value : throw Missing(SipHeaderNames.To);

    public string CallId => Headers.Find(SipHeaderNames.CallId) ?? throw Missing(SipHeaderNames.CallId);

    public CSeqValue CSeq =>
        CSeqValue.TryParse(Headers.Find(SipHeaderNames.CSeq), out CSeqValue value)
            ? value
            : throw Missing(SipHeaderNames.CSeq);

    /// <summary>Reads one datagram; octets behind the body are ignored.</summary>
    /// <remarks>Drops: every member of <see cref="SipParse"/> but MissingContentLength. Never throws.</remarks>
    public static SipParse TryParse(ReadOnlySpan<byte> datagram, out SipMessage? message) =>
        TryParse(datagram, out message, out _);

    /// <summary>The same; a request that is refused but can be answered gives what the answer needs.</summary>
    public static SipParse TryParse(ReadOnlySpan<byte> datagram, out SipMessage? message, out SipRefusal? refusal) =>
        SipMessageParser.Parse(datagram, isStream: false, out message, out refusal);

    public bool TryGetVias(out List<ViaValue> vias)
    {
        vias = [];
        if (!Headers.TrySplit(SipHeaderNames.Via, out List<string> values))
        {
            return false;
        }

        foreach (string value in values)
        {
            if (!ViaValue.TryParse(value, out ViaValue? via))
            {
                return false;
            }

            vias.Add(via);
        }

        return true;
    }

    /// <summary>The single value of From, To, Refer-To and their like.</summary>
    public bool TryGetAddress(string name, [NotNullWhen(true)] out NameAddress? address)
    {
        address = null;
        return Headers.Find(name) is { } value && NameAddress.TryParse(value, out address);
    }

    /// <summary>
    /// The values of Route, Record-Route, Path and Service-Route in their order; true and empty when there are none.
    /// </summary>
    public bool TryGetAddresses(string name, out List<NameAddress> addresses)
    {
        addresses = [];
        if (!Headers.TrySplit(name, out List<string> values))
        {
            return false;
        }

        foreach (string value in values)
        {
            if (!NameAddress.TryParse(value, out NameAddress? address))
            {
                return false;
            }

            addresses.Add(address);
        }

        return true;
    }

    /// <summary>All Contact values; true and empty when there are none.</summary>
    public bool TryGetContacts(out List<ContactValue> contacts) => ContactValue.TryParseAll(Headers, out contacts);

    /// <summary>Max-Forwards; false when it is absent.</summary>
    public bool TryGetMaxForwards(out int hops) => TryGetSmallNumber(SipHeaderNames.MaxForwards, 255, out hops);

    /// <summary>
    /// Expires, Min-Expires, RSeq and their like in a range of 32 bits; false when absent or out of range.
    /// </summary>
    public bool TryGetNumber(string name, out uint number)
    {
        number = 0;
        return Headers.Find(name) is { } value && SipGrammar.TryParseNumber(SipGrammar.Trim(value), out number);
    }

    /// <summary>Content-Type, Event, Reason, Retry-After, Session-Expires: the first value.</summary>
    public bool TryGetToken(string name, out TokenValue value)
    {
        value = new TokenValue(string.Empty, SipParameters.None);
        return Headers.TrySplit(name, out List<string> values) && values.Count > 0
            && TokenValue.TryParse(values[0], out value);
    }

    /// <summary>Every value of Reason and its like that parses.</summary>
    public List<TokenValue> GetTokens(string name)
    {
        List<TokenValue> tokens = [];
        if (Headers.TrySplit(name, out List<string> values))
        {
            foreach (string value in values)
            {
                if (TokenValue.TryParse(value, out TokenValue token))
                {
                    tokens.Add(token);
                }
            }
        }

        return tokens;
    }

    /// <summary>
    /// Require, Supported, Allow, Privacy: the words of all lines; empty when there are none or they do not parse.
    /// </summary>
    public List<string> GetWords(string name)
    {
        if (!Headers.TrySplit(name, out List<string> words))
        {
            words.Clear();
        }

        words.RemoveAll(static word => !SipGrammar.IsToken(word));
        return words;
    }

    public bool HasWord(string name, string word) =>
        GetWords(name).Exists(candidate => string.Equals(candidate, word, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// True when the body is of this type, parameters and case aside; a body without a type is SDP to nobody.
    /// </summary>
    public bool HasContentType(string mediaType) =>
        TryGetToken(SipHeaderNames.ContentType, out TokenValue type)
            && string.Equals(type.Word, mediaType, StringComparison.OrdinalIgnoreCase);

    public bool TryGetRAck(out RAckValue value)
    {
        value = default;
        return Headers.Find(SipHeaderNames.RAck) is { } text && RAckValue.TryParse(text, out value);
    }

    /// <summary>The warnings that parse.</summary>
    public List<WarningValue> GetWarnings()
    {
        List<WarningValue> warnings = [];
        if (Headers.TrySplit(SipHeaderNames.Warning, out List<string> values))
        {
            foreach (string value in values)
            {
                if (WarningValue.TryParse(value, out WarningValue warning))
                {
                    warnings.Add(warning);
                }
            }
        }

        return warnings;
    }

    /// <summary>Sets body and Content-Type; Content-Length is the writer's.</summary>
    public void SetBody(string contentType, ReadOnlyMemory<byte> body)
    {
        Headers.Set(SipHeaderNames.ContentType, contentType);
        Body = body;
    }

    /// <summary>Puts another value in place of the first Via.</summary>
    internal void ReplaceTopVia(ViaValue via)
    {
        Headers.TrySplit(SipHeaderNames.Via, out List<string> values);
        Headers.Remove(SipHeaderNames.Via);
        Headers.TryAdd(SipHeaderNames.Via, via.Reveal());
        for (int index = 1; index < values.Count; index++)
        {
            Headers.TryAdd(SipHeaderNames.Via, values[index]);
        }
    }

    /// <summary>The start line in clear, for the wire; never for a log.</summary>
    public abstract string RevealStartLine();

    internal static int ParseSmall(string? text, int max) =>
        SipGrammar.TryParseNumber(SipGrammar.Trim(text), out uint number) && number <= max ? (int)number : -1;

    private static Machines.InvariantException Missing(string name) => new("a finished SIP message without " + name);

    private bool TryGetSmallNumber(string name, int max, out int number)
    {
        number = ParseSmall(Headers.Find(name), max);
        return number >= 0;
    }
}

/// <summary>A request. (SIP.MESSAGE)</summary>
public sealed class SipRequest : SipMessage
{
    public SipRequest(string method, SipUri uri)
    {
        Method = SipGrammar.IsToken(method) ? method : throw new ArgumentException("not a token", nameof(method));
        Uri = uri;
    }

    public override bool IsRequest => true;

    public string Method { get; }

    public SipUri Uri { get; }

    public override string RevealStartLine() => Method + " " + Uri.Reveal() + " SIP/2.0";

    public override string ToString() => Method + " request";
}

/// <summary>A response. (SIP.MESSAGE)</summary>
public sealed class SipResponse : SipMessage
{
    private static readonly string[] s_copied =
    [
        SipHeaderNames.Via, SipHeaderNames.From, SipHeaderNames.To, SipHeaderNames.CallId, SipHeaderNames.CSeq,
    ];

    public SipResponse(int status, string? reasonPhrase = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 100);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 699);
        string reason = reasonPhrase ?? SipReasons.Phrase(status);
        Status = status;
        ReasonPhrase = SipGrammar.IsWritable(reason)
            ? reason
            : throw new ArgumentException("a reason phrase is one line", nameof(reasonPhrase));
    }

    public override bool IsRequest => false;

    /// <summary>100 to 699.</summary>
    public int Status { get; }

    public string ReasonPhrase { get; }

    public bool IsProvisional => Status < 200;

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>
    /// Starts a response to a request: Via lines, From, To, Call-ID and CSeq are copied (RFC 3261 §8.2.6).
    /// </summary>
    /// <param name="request">What is answered.</param>
    /// <param name="status">100 to 699.</param>
    /// <param name="reasonPhrase">Null for the usual one.</param>
    /// <param name="toTag">Added to To where it has no tag; null for a 100.</param>
    public static SipResponse For(SipRequest request, int status, string? reasonPhrase = null, string? toTag = null)
    {
        SipResponse response = new(status, reasonPhrase);
        foreach (string name in s_copied)
        {
            foreach (string value in request.Headers.FindAll(name))
            {
                // What holds a NUL cannot be copied; read and written again it can.
                if (!response.Headers.TryAdd(name, value) && NameAddress.TryParse(value, out NameAddress? address))
                {
                    response.Headers.TryAdd(name, address.Reveal());
                }
            }
        }

        if (toTag is not null && request.To is { Tag: null } to)
        {
            response.Headers.Set(SipHeaderNames.To, to.WithTag(toTag).Reveal());
        }

        return response;
    }

    public override string RevealStartLine() =>
        string.Create(CultureInfo.InvariantCulture, $"SIP/2.0 {Status:D3} {ReasonPhrase}");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Status} response");
}
