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

    public FlowId Id => id;

    public bool HasQueued => _queue.Count > 0;

    public int QueuedCount => _queue.Count;

    public int HeldBytes => _queue.HeldBytes;

    /// <summary>Queues a datagram; returns how many older ones were dropped for it.</summary>
    public int Queue(ReadOnlySpan<byte> datagram)
    {
        datagram.CopyTo(_queue.Append(0, datagram.Length, out int dropped));
        if (dropped > 0 && _part > 0)
        {
            // The oldest was on its way in parts: the rest of it is not worth sending.
            NextPacket();
        }

        return dropped;
    }

    /// <summary>Writes the oldest datagram, or its next part, if it fits. (FLOW.SEND)</summary>
    public bool TryWrite(ref FrameWriter writer, out bool wholeDatagram)
    {
        ReadOnlySpan<byte> datagram = _queue.Head;
        if (datagram.Length <= WireLayout.MaxFramePayloadBytes)
        {
            wholeDatagram = writer.TryWriteFlow(id, datagram);
            if (wholeDatagram)
            {
                _queue.RemoveHead();
            }

            return wholeDatagram;
        }

        int parts = (datagram.Length + FlowPartFrame.MaxBytes - 1) / FlowPartFrame.MaxBytes;
        ReadOnlySpan<byte> rest = datagram[(_part * FlowPartFrame.MaxBytes)..];
        ReadOnlySpan<byte> bytes = rest[..Math.Min(rest.Length, FlowPartFrame.MaxBytes)];
        bool written = writer.TryWriteFlowPart(id, _packet, (byte)_part, (byte)parts, bytes);
        _part += written ? 1 : 0;
        wholeDatagram = _part == parts;
        if (wholeDatagram)
        {
            _queue.RemoveHead();
            NextPacket();
        }

        return written;
    }

    public bool WasDelivered(ushort packet) => _delivered.AsSpan().Contains(packet);

    public void NoteDelivered(ushort packet)
    {
        _delivered[_deliveredAt] = packet;
        _deliveredAt = (_deliveredAt + 1) % RememberedPackets;
    }

    private void NextPacket()
    {
        _packet = unchecked((ushort)(_packet + 1));
        _part = 0;
    }
}
