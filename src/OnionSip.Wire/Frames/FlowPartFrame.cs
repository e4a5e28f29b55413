using System;
using System.Buffers.Binary;

namespace OnionSip.Wire;

/// <summary>Payload of a FLOW-PART frame: one part of a datagram too long for one cell. (WIRE.FRAME)</summary>
public readonly ref struct FlowPartFrame
{
    public const int HeaderBytes = 4;

    /// <summary>The most datagram bytes that one part carries.</summary>
    public const int MaxBytes = WireLayout.MaxFramePayloadBytes - HeaderBytes;

    private FlowPartFrame(ushort packet, byte part, byte parts, ReadOnlySpan<byte> bytes)
    {
        Packet = packet;
        Part = part;
        Parts = parts;
        Bytes = bytes;
    }

    public ushort Packet { get; }

    public byte Part { get; }

    public byte Parts { get; }

    public ReadOnlySpan<byte> Bytes { get; }

    public static bool TryParse(ReadOnlySpan<byte> payload, out FlowPartFrame frame) =>
        Parse(payload, out frame) == WireParse.None;

    /// <summary>Drops: Truncated (also an empty part), BadCount. (WIRE.FRAME)</summary>
    public static WireParse Parse(ReadOnlySpan<byte> payload, out FlowPartFrame frame)
    {
        frame = default;
        if (payload.Length <= HeaderBytes)
        {
            return WireParse.Truncated;
        }

        byte part = payload[2];
        byte parts = payload[3];
        if (parts is < 2 or > WireLayout.MaxFlowParts || part >= parts)
        {
            return WireParse.BadCount;
        }

        frame = new(BinaryPrimitives.ReadUInt16BigEndian(payload), part, parts, payload[HeaderBytes..]);
        return WireParse.None;
    }
}
