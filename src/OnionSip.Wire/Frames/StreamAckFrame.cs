using System;
using System.Buffers.Binary;

namespace OnionSip.Wire;

/// <summary>A run of stream offsets, <paramref name="End"/> excluded. (WIRE.FRAME)</summary>
public readonly record struct OffsetRange(uint First, uint End);

/// <summary>Payload of a STREAM-ACK frame. (WIRE.FRAME)</summary>
public readonly ref struct StreamAckFrame
{
    public const int HeaderBytes = 8;
    public const int RangeBytes = 8;
    public const int MaxRanges = 4;

    private readonly ReadOnlySpan<byte> _ranges;

    private StreamAckFrame(uint next, uint limit, ReadOnlySpan<byte> ranges)
    {
        Next = next;
        Limit = limit;
        _ranges = ranges;
    }

    /// <summary>All before it arrived; the end of the stream counts as one offset.</summary>
    public uint Next { get; }

    /// <summary>The highest offset the sender may use.</summary>
    public uint Limit { get; }

    public int RangeCount => _ranges.Length / RangeBytes;

    public OffsetRange Range(int index) => new(
        BinaryPrimitives.ReadUInt32BigEndian(_ranges[(index * RangeBytes)..]),
        BinaryPrimitives.ReadUInt32BigEndian(_ranges[((index * RangeBytes) + 4)..]));

    public static bool TryParse(ReadOnlySpan<byte> payload, out StreamAckFrame frame) =>
        Parse(payload, out frame) == WireParse.None;

    /// <summary>Drops: Truncated, BadCount (more than four ranges), BadRange. (WIRE.FRAME)</summary>
    public static WireParse Parse(ReadOnlySpan<byte> payload, out StreamAckFrame frame)
    {
        frame = default;
        if (payload.Length < HeaderBytes || (payload.Length - HeaderBytes) % RangeBytes != 0)
        {
            return WireParse.Truncated;
        }

        StreamAckFrame parsed = new(
            BinaryPrimitives.ReadUInt32BigEndian(payload),
            BinaryPrimitives.ReadUInt32BigEndian(payload[4..]),
            payload[HeaderBytes..]);
        if (parsed.RangeCount > MaxRanges)
        {
            return WireParse.BadCount;
        }

        for (int index = 0; index < parsed.RangeCount; index++)
        {
            OffsetRange range = parsed.Range(index);
            if (range.First <= parsed.Next || range.End <= range.First)
            {
                return WireParse.BadRange;
            }
        }

        frame = parsed;
        return WireParse.None;
    }
}
