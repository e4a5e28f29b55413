using System;

namespace OnionSip.Wire;

/// <summary>EXTENDED: the next hop's answer. (WIRE.CONTROL)</summary>
/// <remarks>Drops: Truncated (also an empty CREATED), BadLength, BadType.</remarks>
public readonly ref struct ExtendedMessage
{
    private ExtendedMessage(ushort request, ReadOnlySpan<byte> created)
    {
        Request = request;
        Created = created;
    }

    public ushort Request { get; }

    public ReadOnlySpan<byte> Created { get; }

    public static bool TryParse(ReadOnlySpan<byte> message, out ExtendedMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out ExtendedMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.Begin(
            message, ControlMessageType.Extended, out WireReader reader, out ushort request);
        if (parse != WireParse.None)
        {
            return parse;
        }

        parsed = new(request, reader.Rest);
        return reader.IsAtEnd ? WireParse.Truncated : WireParse.None;
    }

    public static int Write(Span<byte> destination, ushort request, ReadOnlySpan<byte> created)
    {
        WireWriter writer = ControlMessage.Start(destination, ControlMessageType.Extended, request);
        writer.WriteBytes(created);
        return writer.Position;
    }
}
