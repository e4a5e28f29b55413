using System;
using System.Buffers.Binary;

namespace OnionSip.Wire;

/// <summary>The newest 64 slots of one direction at a hop; bit k is the index k before the newest. (CIRCUIT.REPORT)</summary>
/// <param name="Newest">The low 32 bits of the newest index, in the hop's own numbering.</param>
/// <param name="Bits">At a middle the slots it filled, at the last hop the slots that came and were good.</param>
public readonly record struct SlotBitmap(uint Newest, ulong Bits);

/// <summary>Payload of a REPORT frame: what a hop filled, or what reached the last one. (WIRE.FRAME, CIRCUIT.REPORT)</summary>
/// <param name="Backward">Null in the last hop's, which makes its own backward cells.</param>
public readonly record struct ReportFrame(SlotBitmap Forward, SlotBitmap? Backward)
{
    /// <summary>Payload bytes of one bitmap; a report is one or two.</summary>
    public const int BitmapBytes = 12;

    public int Bytes => Backward is null ? BitmapBytes : 2 * BitmapBytes;

    public static bool TryParse(ReadOnlySpan<byte> payload, out ReportFrame frame)
    {
        frame = default;
        if (payload.Length is not (BitmapBytes or 2 * BitmapBytes))
        {
            return false;
        }

        frame = new(Read(payload), payload.Length == BitmapBytes ? null : Read(payload[BitmapBytes..]));
        return true;
    }

    internal void Write(Span<byte> payload)
    {
        Write(payload, Forward);
        if (Backward is { } backward)
        {
            Write(payload[BitmapBytes..], backward);
        }
    }

    private static SlotBitmap Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[4..]));

    private static void Write(Span<byte> bytes, SlotBitmap bitmap)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, bitmap.Newest);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[4..], bitmap.Bits);
    }
}
