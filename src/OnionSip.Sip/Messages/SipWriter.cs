using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace OnionSip.Sip;

/// <summary>
/// Writes a message in the one canonical form: known header order, usual spelling, no folding, own Content-Length.
/// (SIP.WRITER)
/// </summary>
/// <remarks>
/// A CR, LF or NUL in any value refuses the whole message; nothing is written then. Lines of one name keep their order.
/// Bounds: <see cref="SipLimits.MaxMessageBytes"/>.
/// </remarks>
public static class SipWriter
{
    /// <summary>Writes the message; false when it holds something unwritable or is too long.</summary>
    public static bool TryWrite(SipMessage message, IBufferWriter<byte> destination)
    {
        StringBuilder text = new(1_024);
        string startLine = message.RevealStartLine();
        if (!SipGrammar.IsWritable(startLine))
        {
            return false;
        }

        text.Append(startLine).Append("\r\n");
        foreach (SipHeader line in InOrder(message.Headers))
        {
            if (!SipGrammar.IsToken(line.Name) || !SipGrammar.IsWritable(line.Value))
            {
                return false;
            }

            text.Append(line.Name).Append(": ").Append(line.Value).Append("\r\n");
        }

        string length = message.Body.Length.ToString(CultureInfo.InvariantCulture);
        text.Append("Content-Length: ").Append(length).Append("\r\n\r\n");
        if (text.Length + message.Body.Length > SipLimits.MaxMessageBytes)
        {
            return false;
        }

        Encoding.Latin1.GetBytes(text.ToString(), destination);
        destination.Write(message.Body.Span);
        return true;
    }

    /// <summary>The octets of a message that is known to be writable.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    public static byte[] Write(SipMessage message)
    {
        ArrayBufferWriter<byte> destination = new(1_024);
        return TryWrite(message, destination)
            ? destination.WrittenSpan.ToArray()
            : throw new ArgumentException("unwritable SIP message", nameof(message));
    }

    private static List<SipHeader> InOrder(SipHeaderList headers)
    {
        List<(int Rank, int Index)> order = new(headers.Count);
        for (int index = 0; index < headers.Count; index++)
        {
            if (headers[index].Name != SipHeaderNames.ContentLength)
            {
                order.Add((SipHeaderNames.Rank(headers[index].Name), index));
            }
        }

        order.Sort();
        return order.ConvertAll(item => headers[item.Index]);
    }
}
