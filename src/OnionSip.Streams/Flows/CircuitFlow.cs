using System;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>
/// One open flow: what waits to be sent, and which datagrams in parts were delivered lately. (FLOW.SEND, FLOW.PARTS)
/// </summary>
internal sealed class CircuitFlow(FlowId id)
{
    private const int RememberedPackets = 4;

    private readonly DatagramQueue _queue = new(StreamLimits.MaxQueuedDatagrams, StreamLimits.MaxQueuedBytes);
    private readonly int[] _delivered = [-1, -1, -1, -1];
    private int _deliveredAt;
    private ushort _packet;
    private int _part;
    private int _parts;
    private int _partBytes;
    private int _standing;

    public FlowId Id => id;

    /// <summary>An even id carries media, its odd neighbour what accompanies it. (WIRE.CONTROL)</summary>
    public bool IsMedia => (id.Value & 1) == 0;

    public bool HasQueued => _queue.Count > 0;

    public int QueuedCount => _queue.Count;

    public int HeldBytes => _queue.HeldBytes;

    /// <summary>Queues a datagram; returns how many older ones were dropped for it.</summary>
    public int Queue(ReadOnlySpan<byte> datagram, int maxDatagrams)
    {
        int dropped = 0;
        for (; _queue.Count >= maxDatagrams; dropped++)
        {
            _queue.RemoveHead();
        }

        datagram.CopyTo(_queue.Append(0, datagram.Length, out int more));
        dropped += more;
        if (dropped > 0 && _parts > 0)
        {
            // The oldest was on its way in parts: the rest of it is not worth sending.
            NextPacket();
        }

        return dropped;
    }

    /// <summary>Writes the oldest datagram, or its next part, if it fits. (FLOW.SEND)</summary>
    /// <param name="usesSlack">A datagram that fits no longer is cut into parts that do. (FLOW.PACED)</param>
    /// <param name="writer">The body.</param>
    /// <param name="wholeDatagram">The datagram, or the last part of it, was written.</param>
    public bool TryWrite(ref FrameWriter writer, bool usesSlack, out bool wholeDatagram)
    {
        ReadOnlySpan<byte> datagram = _queue.Head;
        wholeDatagram = false;
        if (_parts == 0 && datagram.Length <= WireLayout.MaxFramePayloadBytes)
        {
            if (writer.TryWriteFlow(id, datagram))
            {
                _queue.RemoveHead();
                return wholeDatagram = true;
            }

            if (!usesSlack || !TryCut(datagram.Length, writer.RemainingPayloadBytes - FlowPartFrame.HeaderBytes))
            {
                return false;
            }
        }

        if (_parts == 0)
        {
            TryCut(datagram.Length, FlowPartFrame.MaxBytes);
        }

        ReadOnlySpan<byte> rest = datagram[(_part * _partBytes)..];
        ReadOnlySpan<byte> bytes = rest[..Math.Min(rest.Length, _partBytes)];
        bool written = writer.TryWriteFlowPart(id, _packet, (byte)_part, (byte)_parts, bytes);
        _part += written ? 1 : 0;
        wholeDatagram = _part == _parts;
        if (wholeDatagram)
        {
            _queue.RemoveHead();
            NextPacket();
        }

        return written;
    }

    /// <summary>Drops the oldest datagram when one was left after each body of a window. (FLOW.PACED)</summary>
    public bool TryDropStanding()
    {
        _standing = HasQueued ? _standing + 1 : 0;
        if (_standing < StreamLimits.StandingTicks)
        {
            return false;
        }

        _standing = 0;
        _queue.RemoveHead();
        if (_parts > 0)
        {
            NextPacket();
        }

        return true;
    }

    public bool WasDelivered(ushort packet) => _delivered.AsSpan().Contains(packet);

    public void NoteDelivered(ushort packet)
    {
        _delivered[_deliveredAt] = packet;
        _deliveredAt = (_deliveredAt + 1) % RememberedPackets;
    }

    private bool TryCut(int length, int room)
    {
        int parts = room > 0 ? (length + room - 1) / room : 0;
        bool fits = parts is >= 2 and <= WireLayout.MaxFlowParts;
        if (fits)
        {
            _parts = parts;
            _partBytes = room == FlowPartFrame.MaxBytes ? room : (length + parts - 1) / parts;
        }

        return fits;
    }

    private void NextPacket()
    {
        _packet = unchecked((ushort)(_packet + 1));
        _part = 0;
        _parts = 0;
    }
}
