using System;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OnionSip.Sip;

/// <summary>
/// A value of From, To, Contact, Route and their like: display name, URI, parameters; prints redacted. (SIP.ADDRESS)
/// </summary>
/// <remarks>
/// Shape:  <c>["display name"] "&lt;" URI "&gt;" *(";" parameter)</c>, or a bare URI whose parameters belong to the
///         header.
/// Writes: always with angle brackets; the display name always quoted.
/// </remarks>
public sealed class NameAddress
{
    public NameAddress(SipUri uri, string? display = null, SipParameters? parameters = null)
    {
        Uri = uri;
        Display = string.IsNullOrEmpty(display) ? null : display;
        Parameters = parameters ?? SipParameters.None;
        if (Display is not null && !SipGrammar.IsWritable(Display))
        {
            throw new ArgumentException("a display name is octets without CR, LF and NUL", nameof(display));
        }
    }

    public SipUri Uri { get; }

    /// <summary>One char for each octet, control characters left out; null when there is none.</summary>
    public string? Display { get; }

    public SipParameters Parameters { get; }

    /// <summary>The tag of From and To; null when there is none.</summary>
    public string? Tag => Parameters.Find("tag");

    public NameAddress WithTag(string tag) => new(Uri, Display, Parameters.With("tag", tag));

    public NameAddress WithoutTag() => new(Uri, Display, Parameters.Without("tag"));

    public NameAddress WithParameter(string name, string? value = null) =>
        new(Uri, Display, Parameters.With(name, value));

    /// <summary>Reads one value; anything left over is an error.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out NameAddress? address)
    {
        address = null;
        text = SipGrammar.Trim(text);
        string? display = null;
        if (text.Length > 0 && text[0] == '"')
        {
            int end = SipGrammar.EndOfQuoted(text, 0);
            if (end < 0)
            {
                return false;
            }

            display = SipGrammar.Unquote(text[1..(end - 1)]);
            text = SipGrammar.Trim(text[end..]);
            return text.Length > 0 && text[0] == '<' && TryParseBracketed(text, display, out address);
        }

        int bracket = text.IndexOf('<');
        int semicolon = text.IndexOf(';');
        if (bracket < 0 || (semicolon >= 0 && semicolon < bracket))
        {
            return TryParseBare(text, out address);
        }

        ReadOnlySpan<char> name = SipGrammar.Trim(text[..bracket]);
        if (name.ContainsAny("\",:>") || name.ContainsAnyInRange('\0', '\b') || name.ContainsAnyInRange('\n', '\u001F'))
        {
            return false;
        }

        return TryParseBracketed(text[bracket..], name.ToString(), out address);
    }

    /// <summary>The value in clear, for the wire and the user's own screen; never for a log.</summary>
    public string Reveal()
    {
        StringBuilder text = new();
        if (Display is not null)
        {
            text.Append(SipGrammar.Quote(Display)).Append(' ');
        }

        text.Append('<').Append(Uri.Reveal()).Append('>');
        Parameters.AppendTo(text);
        return text.ToString();
    }

    public override string ToString() => "[address]";

    private static bool TryParseBracketed(ReadOnlySpan<char> text, string? display, out NameAddress? address)
    {
        address = null;
        int end = text.IndexOf('>');
        if (end < 0 || !SipUri.TryParse(SipGrammar.Trim(text[1..end]), out SipUri? uri)
            || !TryParseParameters(SipGrammar.Trim(text[(end + 1)..]), out SipParameters parameters))
        {
            return false;
        }

        address = new NameAddress(uri, display, parameters);
        return true;
    }

    // Outside brackets a "?" or "," would be read differently by others (RFC 3261 §20.10): refused.
    private static bool TryParseBare(ReadOnlySpan<char> text, out NameAddress? address)
    {
        address = null;
        int semicolon = text.IndexOf(';');
        ReadOnlySpan<char> bare = SipGrammar.Trim(semicolon < 0 ? text : text[..semicolon]);
        if (bare.ContainsAny('?', ',') || !SipUri.TryParse(bare, out SipUri? uri)
            || !TryParseParameters(semicolon < 0 ? default : text[semicolon..], out SipParameters parameters))
        {
            return false;
        }

        address = new NameAddress(uri, null, parameters);
        return true;
    }

    private static bool TryParseParameters(ReadOnlySpan<char> text, out SipParameters parameters)
    {
        parameters = SipParameters.None;
        return text.Length == 0 || (text[0] == ';' && SipParameters.TryParse(text[1..], out parameters));
    }
}
