using System;

namespace OnionSip.Wire;

/// <summary>The record types a client may ask for. (WIRE.CONTROL)</summary>
public enum ResolveKind : byte
{
    A = 1,
    Aaaa = 2,
    Srv = 3,
    Naptr = 4,
}

/// <summary>RESOLVE: ask the exit's resolver. (WIRE.CONTROL)</summary>
/// <remarks>Drops: Truncated, TrailingBytes, BadLength, BadType (kind), BadName.</remarks>
public readonly ref struct ResolveMessage
{
    private ResolveMessage(ushort request, ResolveKind kind, ReadOnlySpan<byte> name)
    {
        Request = request;
        Kind = kind;
        Name = name;
    }

    public ushort Request { get; }

    public ResolveKind Kind { get; }

    /// <summary>ASCII.</summary>
    public ReadOnlySpan<byte> Name { get; }

    public static bool TryParse(ReadOnlySpan<byte> message, out ResolveMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out ResolveMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.Begin(
            message, ControlMessageType.Resolve, out WireReader reader, out ushort request);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (!reader.TryReadByte(out byte kind))
        {
            return WireParse.Truncated;
        }

        if (kind is 0 or > (byte)ResolveKind.Naptr)
        {
            return WireParse.BadType;
        }

        parse = WireNames.ReadName(ref reader, out ReadOnlySpan<byte> name);
        if (parse != WireParse.None)
        {
            return parse;
        }

        parsed = new(request, (ResolveKind)kind, name);
        return ControlMessage.End(in reader);
    }

    public static int Write(Span<byte> destination, ushort request, ResolveKind kind, ReadOnlySpan<byte> name)
    {
        if (!WireNames.IsName(name))
        {
            Throw.Argument("a name has 1..253 printable ASCII characters", nameof(name));
        }

        WireWriter writer = ControlMessage.Start(destination, ControlMessageType.Resolve, request);
        writer.WriteByte((byte)kind);
        WireNames.Write(ref writer, name);
        return writer.Position;
    }
}
