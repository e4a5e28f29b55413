using System;

namespace OnionSip.Wire;

/// <summary>EXTEND: take the circuit one hop further. (WIRE.CONTROL)</summary>
/// <remarks>Drops: Truncated (also an empty CREATE), BadLength, BadType.</remarks>
public readonly ref struct ExtendMessage
{
    private ExtendMessage(
        ushort request, RelayId relay, uint forwardOffset, uint backwardOffset, ReadOnlySpan<byte> create)
    {
        Request = request;
        Relay = relay;
        ForwardOffset = forwardOffset;
        BackwardOffset = backwardOffset;
        Create = create;
    }

    public ushort Request { get; }

    public RelayId Relay { get; }

    public uint ForwardOffset { get; }

    public uint BackwardOffset { get; }

    /// <summary>The CREATE message for the next hop.</summary>
    public ReadOnlySpan<byte> Create { get; }

    public static bool TryParse(ReadOnlySpan<byte> message, out ExtendMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out ExtendMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.Begin(
            message, ControlMessageType.Extend, out WireReader reader, out ushort request);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (!reader.TryReadBytes(RelayId.Bytes, out ReadOnlySpan<byte> relay)
            || !reader.TryReadUInt32(out uint forward)
            || !reader.TryReadUInt32(out uint backward)
            || reader.IsAtEnd)
        {
            return WireParse.Truncated;
        }

        parsed = new(request, RelayId.FromBytes(relay), forward, backward, reader.Rest);
        return WireParse.None;
    }

    public static int Write(
        Span<byte> destination,
        ushort request,
        RelayId relay,
        uint forwardOffset,
        uint backwardOffset,
        ReadOnlySpan<byte> create)
    {
        WireWriter writer = ControlMessage.Start(destination, ControlMessageType.Extend, request);
        Span<byte> identity = stackalloc byte[RelayId.Bytes];
        relay.WriteTo(identity);
        writer.WriteBytes(identity);
        writer.WriteUInt32(forwardOffset);
        writer.WriteUInt32(backwardOffset);
        writer.WriteBytes(create);
        return writer.Position;
    }
}
