using System;
using OnionSip.Machines;

namespace OnionSip.Media;

/// <summary>One RTP stream of our own: SSRC, first sequence number and first timestamp drawn for the call. (MEDIA.ANCHOR)</summary>
internal sealed class RtpSource
{
    private ushort _sequence;
    private bool _hasSent;

    public RtpSource(Entropy entropy)
    {
        Ssrc = entropy.NextUInt32();
        _sequence = (ushort)entropy.NextInt32(65_536);
        FirstTimestamp = entropy.NextUInt32();
    }

    public uint Ssrc { get; }

    public uint FirstTimestamp { get; }

    public RtcpSent Sent { get; private set; }

    /// <summary>Steps over packets that the other side lost, so that this side sees the same holes.</summary>
    public void Skip(int packets) => _sequence = unchecked((ushort)(_sequence + packets));

    /// <summary>Writes the next packet; the marker stands on the very first and where the caller asks.</summary>
    public void Send(MediaOutbox outbox, byte payloadType, bool marker, uint timestamp, ReadOnlySpan<byte> payload)
    {
        int bytes = RtpPacket.Write(outbox.Next(), payloadType, marker || !_hasSent, _sequence, timestamp, Ssrc, payload);
        outbox.Commit(bytes, isRtcp: false);
        _sequence = unchecked((ushort)(_sequence + 1));
        _hasSent = true;
        Sent = new RtcpSent(Sent.Packets + 1, Sent.Bytes + payload.Length, timestamp);
    }
}
