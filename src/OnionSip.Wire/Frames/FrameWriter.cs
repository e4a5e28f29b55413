using System;
using System.Buffers.Binary;

namespace OnionSip.Wire;

/// <summary>Packs frames into one relay cell body. (WIRE.FRAME)</summary>
/// <remarks>Every write says whether the frame fitted; one that did not leaves the body as it was.</remarks>
public ref struct FrameWriter(Span<byte> body)
{
    private readonly Span<byte> _body = body;
    private int _position;

    public readonly bool IsEmpty => _position == 0;

    /// <summary>Payload bytes that one more frame may have; negative when not even a header fits.</summary>
    public readonly int RemainingPayloadBytes => _body.Length - _position - WireLayout.FrameHeaderBytes;

    public bool TryWriteStream(StreamId stream, uint offset, bool isFin, scoped ReadOnlySpan<byte> bytes)
    {
        if (!TryBegin(FrameType.Stream, stream.Value, StreamFrame.HeaderBytes + bytes.Length, out Span<byte> payload))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(payload, offset);
        payload[4] = isFin ? (byte)1 : (byte)0;
        bytes.CopyTo(payload[StreamFrame.HeaderBytes..]);
        return true;
    }

    /// <summary>A STREAM frame whose bytes the caller fills in through <paramref name="bytes"/>. (WIRE.FRAME)</summary>
    public bool TryBeginStream(StreamId stream, uint offset, bool isFin, int length, out Span<byte> bytes)
    {
        bytes = default;
        if (!TryBegin(FrameType.Stream, stream.Value, StreamFrame.HeaderBytes + length, out Span<byte> payload))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(payload, offset);
        payload[4] = isFin ? (byte)1 : (byte)0;
        bytes = payload[StreamFrame.HeaderBytes..];
        return true;
    }

    /// <summary>Acknowledges with as many of the ranges as the format and the room allow. (WIRE.FRAME)</summary>
    public bool TryWriteStreamAck(StreamId stream, uint next, uint limit, scoped ReadOnlySpan<OffsetRange> ranges)
    {
        int room = (RemainingPayloadBytes - StreamAckFrame.HeaderBytes) / StreamAckFrame.RangeBytes;
        int count = Math.Min(Math.Min(ranges.Length, StreamAckFrame.MaxRanges), Math.Max(room, 0));
        int length = StreamAckFrame.HeaderBytes + (count * StreamAckFrame.RangeBytes);
        if (!TryBegin(FrameType.StreamAck, stream.Value, length, out Span<byte> payload))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(payload, next);
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], limit);
        for (int index = 0; index < count; index++)
        {
            Span<byte> at = payload[(StreamAckFrame.HeaderBytes + (index * StreamAckFrame.RangeBytes))..];
            BinaryPrimitives.WriteUInt32BigEndian(at, ranges[index].First);
            BinaryPrimitives.WriteUInt32BigEndian(at[4..], ranges[index].End);
        }

        return true;
    }

    public bool TryWriteStreamReset(StreamId stream) => TryBegin(FrameType.StreamReset, stream.Value, 0, out _);

    public bool TryWriteFlow(FlowId flow, scoped ReadOnlySpan<byte> datagram)
    {
        bool fits = TryBegin(FrameType.Flow, flow.Value, datagram.Length, out Span<byte> payload);
        if (fits)
        {
            datagram.CopyTo(payload);
        }

        return fits;
    }

    public bool TryWriteFlowPart(FlowId flow, ushort packet, byte part, byte parts, scoped ReadOnlySpan<byte> bytes)
    {
        int length = FlowPartFrame.HeaderBytes + bytes.Length;
        if (!TryBegin(FrameType.FlowPart, flow.Value, length, out Span<byte> payload))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt16BigEndian(payload, packet);
        payload[2] = part;
        payload[3] = parts;
        bytes.CopyTo(payload[FlowPartFrame.HeaderBytes..]);
        return true;
    }

    /// <summary>What this hop filled or got. (CIRCUIT.REPORT)</summary>
    public bool TryWriteReport(in ReportFrame report)
    {
        bool fits = TryBegin(FrameType.Report, 0, report.Bytes, out Span<byte> payload);
        if (fits)
        {
            report.Write(payload);
        }

        return fits;
    }

    /// <summary>Fills the rest of the body with zeros. (WIRE.FRAME)</summary>
    public readonly void Complete() => _body[_position..].Clear();

    private bool TryBegin(FrameType type, ushort id, int length, out Span<byte> payload)
    {
        payload = default;
        if (length > RemainingPayloadBytes || length > byte.MaxValue)
        {
            return false;
        }

        Span<byte> frame = _body.Slice(_position, WireLayout.FrameHeaderBytes + length);
        frame[0] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(frame[1..], id);
        frame[3] = (byte)length;
        payload = frame[WireLayout.FrameHeaderBytes..];
        _position += frame.Length;
        return true;
    }
}
