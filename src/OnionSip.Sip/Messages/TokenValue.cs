using System;
using System.Text;

namespace OnionSip.Sip;

/// <summary>
/// A word and its parameters: Content-Type, Event, Reason, Retry-After, Session-Expires. (SIP.MESSAGE)
/// </summary>
/// <remarks>
/// Shape: <c>word *(";" parameter)</c>; a comment in parentheses behind the word is skipped (RFC 3261 §20.33).
/// </remarks>
public sealed record TokenValue(string Word, SipParameters Parameters)
{
    public static bool TryParse(ReadOnlySpan<char> text, out TokenValue value)
    {
        value = new TokenValue(string.Empty, SipParameters.None);
        text = SipGrammar.Trim(text);
        int end = text.IndexOfAny(";( \t");
        ReadOnlySpan<char> word = end < 0 ? text : text[..end];
        ReadOnlySpan<char> rest = SipGrammar.Trim(end < 0 ? default : text[end..]);
        if (rest.Length > 0 && rest[0] == '(')
        {
            int close = rest.IndexOf(')');
            rest = close < 0 ? rest : SipGrammar.Trim(rest[(close + 1)..]);
        }

        SipParameters parameters = SipParameters.None;
        if (!IsWord(word)
            || (rest.Length > 0 && (rest[0] != ';' || !SipParameters.TryParse(rest[1..], out parameters))))
        {
            return false;
        }

        value = new TokenValue(word.ToString(), parameters);
        return true;
    }

    /// <summary>The value for the wire.</summary>
    public string Reveal()
    {
        StringBuilder text = new(Word);
        Parameters.AppendTo(text);
        return text.ToString();
    }

    public override string ToString() => Word;

    // A media type is two tokens with a slash, possibly with white space around it that nobody sends.
    private static bool IsWord(ReadOnlySpan<char> word)
    {
        int slash = word.IndexOf('/');
        return slash < 0
            ? SipGrammar.IsToken(word)
            : SipGrammar.IsToken(word[..slash]) && SipGrammar.IsToken(word[(slash + 1)..]);
    }
}

/// <summary>One value of Warning. (SIP.MESSAGE)</summary>
public readonly record struct WarningValue(int Code, string Agent, string Text)
{
    public static bool TryParse(string text, out WarningValue value)
    {
        value = default;
        string[] parts = text.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length != 3 || parts[0].Length != 3 || !SipGrammar.TryParseNumber(parts[0], out uint code)
            || parts[2][0] != '"' || SipGrammar.EndOfQuoted(parts[2], 0) != parts[2].Length)
        {
            return false;
        }

        value = new WarningValue((int)code, parts[1], SipGrammar.Unquote(parts[2].AsSpan(1, parts[2].Length - 2)));
        return true;
    }

    public override string ToString() => "[warning]";
}
