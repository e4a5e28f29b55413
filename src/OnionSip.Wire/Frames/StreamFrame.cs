using System;
using System.Buffers.Binary;

namespace OnionSip.Wire;

/// <summary>Payload of a STREAM frame: bytes of a stream from an offset. (WIRE.FRAME)</summary>
public readonly ref struct StreamFrame
{
    public const int HeaderBytes = 5;

    /// <summary>The most stream bytes that one body carries.</summary>
    public const int MaxBytes = WireLayout.MaxFramePayloadBytes - HeaderBytes;

    private const byte FinFlag = 1;

    private StreamFrame(uint offset, bool isFin, ReadOnlySpan<byte> bytes)
    {
        Offset = offset;
        IsFin = isFin;
        Bytes = bytes;
    }

    public uint Offset { get; }

    /// <summary>The stream ends with these bytes.</summary>
    public bool IsFin { get; }

    public ReadOnlySpan<byte> Bytes { get; }

    public static bool TryParse(ReadOnlySpan<byte> payload, out StreamFrame frame) =>
        Parse(payload, out frame) == WireParse.None;

    /// <summary>Drops: Truncated, BadType (unknown flag bits), BadRange (an end past 2^32 - 2). (WIRE.FRAME)</summary>
    public static WireParse Parse(ReadOnlySpan<byte> payload, out StreamFrame frame)
    {
        frame = default;
        if (payload.Length < HeaderBytes)
        {
            return WireParse.Truncated;
        }

        if (payload[4] > FinFlag)
        {
            return WireParse.BadType;
        }

        uint offset = BinaryPrimitives.ReadUInt32BigEndian(payload);
        ReadOnlySpan<byte> bytes = payload[HeaderBytes..];
        if (offset >= uint.MaxValue - (uint)bytes.Length)
        {
            return WireParse.BadRange;
        }

        frame = new(offset, payload[4] == FinFlag, bytes);
        return WireParse.None;
    }
}
