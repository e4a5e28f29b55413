using System;
using System.Buffers.Binary;

namespace OnionSip.Wire;

/// <summary>One fragment of a CREATE or CREATED. (WIRE.LINK-MESSAGE)</summary>
/// <remarks>
/// Shape: command(1) circuit(4) index(1) count(1) length(1) bytes(240).
/// Drops: BadLength, BadType, BadId, BadCount, NonZeroFill.
/// </remarks>
public readonly ref struct LinkFragment
{
    public const int HeaderBytes = 8;

    /// <summary>The most data fragments that one message has; the parity fragment comes on top.</summary>
    public const int MaxCount = 8;

    public const int MaxMessageBytes = MaxCount * WireLayout.FragmentBytes;

    private LinkFragment(
        LinkCommand command, CircuitId circuit, byte index, byte count, byte length, ReadOnlySpan<byte> bytes)
    {
        Command = command;
        Circuit = circuit;
        Index = index;
        Count = count;
        Length = length;
        Bytes = bytes;
    }

    public LinkCommand Command { get; }

    public CircuitId Circuit { get; }

    public byte Index { get; }

    /// <summary>Data fragments of the message; the fragment whose index equals it is the parity.</summary>
    public byte Count { get; }

    /// <summary>The true size of this fragment; in the parity fragment that of the last data fragment.</summary>
    public byte Length { get; }

    /// <summary>All 240 bytes, zero-filled.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    public bool IsParity => Index == Count;

    public static bool TryParse(ReadOnlySpan<byte> cell, out LinkFragment fragment) =>
        Parse(cell, out fragment) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> cell, out LinkFragment fragment)
    {
        fragment = default;
        if (cell.Length != WireLayout.CellBytes)
        {
            return WireParse.BadLength;
        }

        LinkFragment parsed = new(
            (LinkCommand)cell[0],
            new(BinaryPrimitives.ReadUInt32BigEndian(cell[1..])),
            cell[5],
            cell[6],
            cell[7],
            cell[HeaderBytes..]);
        WireParse parse = parsed.Check();
        if (parse == WireParse.None)
        {
            fragment = parsed;
        }

        return parse;
    }

    private WireParse Check()
    {
        if (Command is not (LinkCommand.Create or LinkCommand.Created))
        {
            return WireParse.BadType;
        }

        if (Circuit.Value == 0)
        {
            return WireParse.BadId;
        }

        if (Count is 0 or > MaxCount || Index > Count)
        {
            return WireParse.BadCount;
        }

        bool isLast = Index >= Count - 1;
        if (Length is 0 or > WireLayout.FragmentBytes || (!isLast && Length != WireLayout.FragmentBytes))
        {
            return WireParse.BadLength;
        }

        return !IsParity && Bytes[Length..].ContainsAnyExcept((byte)0) ? WireParse.NonZeroFill : WireParse.None;
    }
}
