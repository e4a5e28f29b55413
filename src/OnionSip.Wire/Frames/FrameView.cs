using System;

namespace OnionSip.Wire;

/// <summary>One frame as it stands in a body. (WIRE.FRAME)</summary>
public readonly ref struct FrameView(FrameType type, ushort id, ReadOnlySpan<byte> payload)
{
    public FrameType Type { get; } = type;

    /// <summary>The stream or flow.</summary>
    public ushort Id { get; } = id;

    public ReadOnlySpan<byte> Payload { get; } = payload;
}
