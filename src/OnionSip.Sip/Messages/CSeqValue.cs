using System;
using System.Globalization;

namespace OnionSip.Sip;

/// <summary>The value of CSeq: a number below 2^31 and a method. (SIP.MESSAGE)</summary>
public readonly record struct CSeqValue(uint Number, string Method)
{
    /// <summary>RFC 3261 §8.1.1.5.</summary>
    public const uint MaxNumber = int.MaxValue;

    public static bool TryParse(ReadOnlySpan<char> text, out CSeqValue value)
    {
        value = default;
        text = SipGrammar.Trim(text);
        int space = text.IndexOfAny(' ', '\t');
        if (space < 0 || !SipGrammar.TryParseNumber(text[..space], out uint number) || number > MaxNumber)
        {
            return false;
        }

        ReadOnlySpan<char> method = SipGrammar.Trim(text[space..]);
        value = new CSeqValue(number, method.ToString());
        return SipGrammar.IsToken(method);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number} {Method}");
}

/// <summary>The value of RAck (RFC 3262 §7.2). (SIP.MESSAGE)</summary>
public readonly record struct RAckValue(uint ResponseNumber, CSeqValue CSeq)
{
    public static bool TryParse(ReadOnlySpan<char> text, out RAckValue value)
    {
        value = default;
        text = SipGrammar.Trim(text);
        int space = text.IndexOfAny(' ', '\t');
        if (space < 0 || !SipGrammar.TryParseNumber(text[..space], out uint number)
            || !CSeqValue.TryParse(text[space..], out CSeqValue cseq))
        {
            return false;
        }

        value = new RAckValue(number, cseq);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ResponseNumber} {CSeq}");
}
