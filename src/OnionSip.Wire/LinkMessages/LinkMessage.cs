using System;
using System.Buffers.Binary;

namespace OnionSip.Wire;

/// <summary>The link messages that carry no fragment. (WIRE.LINK-MESSAGE)</summary>
/// <remarks>Every message fills a cell of 248 bytes; the writers zero what they do not use.</remarks>
public static class LinkMessage
{
    private const int BodyOffset = 1;

    /// <summary>Drops: BadLength, BadType. (WIRE.LINK-MESSAGE)</summary>
    public static WireParse ParseCommand(ReadOnlySpan<byte> cell, out LinkCommand command)
    {
        command = default;
        if (cell.Length != WireLayout.CellBytes)
        {
            return WireParse.BadLength;
        }

        if (cell[0] > (byte)LinkCommand.Close)
        {
            return WireParse.BadType;
        }

        command = (LinkCommand)cell[0];
        return WireParse.None;
    }

    public static void WritePadding(Span<byte> cell) => Begin(cell, LinkCommand.Padding);

    public static void WriteClose(Span<byte> cell) => Begin(cell, LinkCommand.Close);

    public static void WritePing(Span<byte> cell, ulong token) =>
        BinaryPrimitives.WriteUInt64BigEndian(Begin(cell, LinkCommand.Ping), token);

    public static void WritePong(Span<byte> cell, ulong token) =>
        BinaryPrimitives.WriteUInt64BigEndian(Begin(cell, LinkCommand.Pong), token);

    public static void WriteDestroy(Span<byte> cell, CircuitId circuit) =>
        BinaryPrimitives.WriteUInt32BigEndian(Begin(cell, LinkCommand.Destroy), circuit.Value);

    /// <summary>PADDING or CLOSE: zeros after the command. (WIRE.LINK-MESSAGE)</summary>
    public static WireParse ParseEmpty(ReadOnlySpan<byte> cell) => CheckFill(cell, BodyOffset);

    /// <summary>The token of a PING or PONG. (WIRE.LINK-MESSAGE)</summary>
    public static WireParse ParseToken(ReadOnlySpan<byte> cell, out ulong token)
    {
        WireParse parse = CheckFill(cell, BodyOffset + sizeof(ulong));
        token = parse == WireParse.None ? BinaryPrimitives.ReadUInt64BigEndian(cell[BodyOffset..]) : 0;
        return parse;
    }

    /// <summary>The circuit that a DESTROY ends. (WIRE.LINK-MESSAGE)</summary>
    public static WireParse ParseDestroy(ReadOnlySpan<byte> cell, out CircuitId circuit)
    {
        circuit = default;
        WireParse parse = CheckFill(cell, BodyOffset + sizeof(uint));
        if (parse != WireParse.None)
        {
            return parse;
        }

        circuit = new(BinaryPrimitives.ReadUInt32BigEndian(cell[BodyOffset..]));
        return circuit.Value == 0 ? WireParse.BadId : WireParse.None;
    }

    internal static Span<byte> Begin(Span<byte> cell, LinkCommand command)
    {
        Throw.IfNotCell(cell);
        cell.Clear();
        cell[0] = (byte)command;
        return cell[BodyOffset..];
    }

    private static WireParse CheckFill(ReadOnlySpan<byte> cell, int bodyEnd)
    {
        if (cell.Length != WireLayout.CellBytes)
        {
            return WireParse.BadLength;
        }

        return cell[bodyEnd..].ContainsAnyExcept((byte)0) ? WireParse.NonZeroFill : WireParse.None;
    }
}
