using OnionSip.Machines;

namespace OnionSip.Streams;

internal enum SegmentState : byte
{
    InFlight,
    Lost,
    Acknowledged,
}

/// <summary>A run of sent bytes; its bounds never change. (STREAM.SEND)</summary>
internal struct Segment
{
    public uint Offset;
    public ushort Length;
    public bool IsFin;
    public SegmentState State;

    /// <summary>The first transmission and all that followed.</summary>
    public byte Transmissions;

    public Instant SentAt;
    public long Order;

    /// <summary>The end of a stream counts as one offset.</summary>
    public readonly uint End => Offset + Length + (IsFin ? 1u : 0u);
}
