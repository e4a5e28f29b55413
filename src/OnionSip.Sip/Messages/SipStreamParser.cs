using System;

namespace OnionSip.Sip;

/// <summary>What <see cref="SipStreamParser.Next"/> found. (SIP.STREAM)</summary>
public enum SipStreamItem : byte
{
    /// <summary>Nothing whole yet.</summary>
    NeedMore = 0,

    /// <summary>A message.</summary>
    Message,

    /// <summary>A double CRLF: answer with a single one.</summary>
    Ping,

    /// <summary>A single CRLF: the answer to our ping.</summary>
    Pong,

    /// <summary>A message that was refused; the stream goes on behind it.</summary>
    Refused,

    /// <summary>The stream has lost its framing: answer the refusal if there is one, then close.</summary>
    Broken,
}

/// <summary>Who sends keep-alives on the connection: the side that opened it (RFC 5626 §4.4.1). (SIP.STREAM)</summary>
public enum SipStreamRole : byte
{
    /// <summary>We opened it: a single CRLF between messages is a pong.</summary>
    Client = 0,

    /// <summary>
    /// The peer opened it: a double CRLF between messages is a ping, a single one before a message is ignored.
    /// </summary>
    Server,
}

/// <summary>Finds messages in a TCP or TLS stream, whichever way it is cut into chunks. (SIP.STREAM)</summary>
/// <remarks>
/// Use:    <see cref="Append"/> a chunk, then <see cref="Next"/> until it says NeedMore.
/// Bounds: one message and one chunk of at most <see cref="SipLimits.MaxMessageBytes"/> each; beyond that the stream is
///         broken.
/// Rule:   Content-Length is required (RFC 3261 §18.3); without it, or with a bad one, the stream is broken.
/// </remarks>
public sealed class SipStreamParser(SipStreamRole role)
{
    private const int StartBytes = 4_096;

    private byte[] _buffer = new byte[StartBytes];
    private int _start;
    private int _end;
    private int _searched;
    private int _needed;
    private bool _broken;

    /// <summary>Why the last item was refused or broken.</summary>
    public SipParse Reason { get; private set; }

    public int BufferedBytes => _end - _start;

    /// <summary>Takes a chunk; false (and broken) when there is no room for it.</summary>
    public bool Append(ReadOnlySpan<byte> chunk)
    {
        if (_broken || chunk.Length > SipLimits.MaxMessageBytes
            || BufferedBytes + chunk.Length > 2 * SipLimits.MaxMessageBytes)
        {
            Break(_broken ? Reason : SipParse.TooLong);
            return false;
        }

        MakeRoom(chunk.Length);
        chunk.CopyTo(_buffer.AsSpan(_end));
        _end += chunk.Length;
        return true;
    }

    /// <summary>
    /// Takes the next item; the message for Message, the refusal (where one is possible) for Refused and Broken.
    /// </summary>
    public SipStreamItem Next(out SipMessage? message, out SipRefusal? refusal)
    {
        message = null;
        refusal = null;
        if (_broken)
        {
            return SipStreamItem.Broken;
        }

        ReadOnlySpan<byte> pending = _buffer.AsSpan(_start, BufferedBytes);
        while (pending.Length > 0 && pending[0] == (byte)'\r')
        {
            if (TakeLineEnd(pending, out SipStreamItem item))
            {
                return item;
            }

            pending = _buffer.AsSpan(_start, BufferedBytes);
        }

        return pending.Length == 0 ? SipStreamItem.NeedMore : TakeMessage(pending, out message, out refusal);
    }

    private bool TakeLineEnd(ReadOnlySpan<byte> pending, out SipStreamItem item)
    {
        item = SipStreamItem.NeedMore;
        if (pending.Length == 1)
        {
            return true;
        }

        if (pending[1] != (byte)'\n')
        {
            item = Break(SipParse.BadStartLine);
            return true;
        }

        if (role == SipStreamRole.Client)
        {
            item = SipStreamItem.Pong;
            Consume(2);
            return true;
        }

        // A server cannot tell half a ping from a stray line end before it sees what follows.
        bool undecided = pending.Length == 2 || (pending.Length == 3 && pending[2] == (byte)'\r');
        bool ping = pending.StartsWith("\r\n\r\n"u8);
        if (!undecided)
        {
            Consume(ping ? 4 : 2);
        }

        item = ping ? SipStreamItem.Ping : SipStreamItem.NeedMore;
        return undecided || ping;
    }

    private SipStreamItem TakeMessage(ReadOnlySpan<byte> pending, out SipMessage? message, out SipRefusal? refusal)
    {
        message = null;
        refusal = null;
        if (pending.Length < _needed)
        {
            return SipStreamItem.NeedMore;
        }

        int from = Math.Max(0, _searched - 3);
        int blank = pending[from..].IndexOf("\r\n\r\n"u8);
        if (blank < 0)
        {
            _searched = pending.Length;
            return pending.Length >= SipLimits.MaxMessageBytes ? Break(SipParse.TooLong) : SipStreamItem.NeedMore;
        }

        // Found once, the end of the header section is where the next look begins.
        int header = from + blank + 4;
        _searched = from + blank + 3;
        SipParse framing = FindLength(pending[..header], out int body);
        if (framing == SipParse.Accepted && header + body > SipLimits.MaxMessageBytes)
        {
            framing = SipParse.TooLong;
        }

        if (framing != SipParse.Accepted)
        {
            SipMessageParser.Parse(
                pending[..Math.Min(header, SipLimits.MaxMessageBytes)], isStream: true, out _, out refusal);
            refusal = refusal is null ? null : new SipRefusal(framing, refusal);
            return Break(framing);
        }

        _needed = header + body;
        if (pending.Length < _needed)
        {
            return SipStreamItem.NeedMore;
        }

        Reason = SipMessageParser.Parse(pending[..(header + body)], isStream: true, out message, out refusal);
        Consume(header + body);
        return Reason == SipParse.Accepted ? SipStreamItem.Message : SipStreamItem.Refused;
    }

    // Only the framing: every other fault is the message parser's and does not end the stream.
    private static SipParse FindLength(ReadOnlySpan<byte> header, out int length)
    {
        length = -1;
        if (header.Length > SipLimits.MaxMessageBytes)
        {
            return SipParse.TooLong;
        }

        SipHeaderList headers = SipMessageParser.ReadHeaders(header);
        SipParse result = SipMessageParser.ReadContentLength(headers, out length);
        return result == SipParse.Accepted && length < 0 ? SipParse.MissingContentLength : result;
    }

    private SipStreamItem Break(SipParse reason)
    {
        _broken = true;
        Reason = reason;
        _start = 0;
        _end = 0;
        _buffer = [];
        return SipStreamItem.Broken;
    }

    private void Consume(int bytes)
    {
        _start += bytes;
        _searched = 0;
        _needed = 0;
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
            _buffer = _buffer.Length > StartBytes ? new byte[StartBytes] : _buffer;
        }
    }

    private void MakeRoom(int bytes)
    {
        if (_end + bytes <= _buffer.Length)
        {
            return;
        }

        int pending = BufferedBytes;
        byte[] target = pending + bytes <= _buffer.Length
            ? _buffer
            : new byte[Math.Max(2 * _buffer.Length, pending + bytes)];
        _buffer.AsSpan(_start, pending).CopyTo(target);
        _buffer = target;
        _start = 0;
        _end = pending;
    }
}
