using System;
using System.Buffers.Binary;

namespace OnionSip.Wire;

/// <summary>Cuts a CREATE or CREATED message into fragments and their parity. (WIRE.LINK-MESSAGE)</summary>
/// <remarks>Throws: ArgumentException for an empty message or one of more than 1,920 bytes.</remarks>
public readonly ref struct FragmentSplitter
{
    private readonly ReadOnlySpan<byte> _message;
    private readonly LinkCommand _command;
    private readonly CircuitId _circuit;

    public FragmentSplitter(LinkCommand command, CircuitId circuit, ReadOnlySpan<byte> message)
    {
        if (message.Length is 0 or > LinkFragment.MaxMessageBytes)
        {
            Throw.Argument("a fragmented message has 1..1920 bytes", nameof(message));
        }

        _command = command;
        _circuit = circuit;
        _message = message;
        Count = (message.Length + WireLayout.FragmentBytes - 1) / WireLayout.FragmentBytes;
    }

    /// <summary>Data fragments; the cells to send are 0..Count, the last of them the parity.</summary>
    public int Count { get; }

    /// <summary>Cells to send: the data fragments and the parity.</summary>
    public int CellCount => Count + 1;

    /// <summary>Writes fragment <paramref name="index"/> into a cell of 248 bytes. (WIRE.LINK-MESSAGE)</summary>
    public void WriteCell(int index, Span<byte> cell)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, (uint)Count);
        Span<byte> header = LinkMessage.Begin(cell, _command);
        int last = _message.Length - ((Count - 1) * WireLayout.FragmentBytes);
        BinaryPrimitives.WriteUInt32BigEndian(header, _circuit.Value);
        cell[5] = (byte)index;
        cell[6] = (byte)Count;
        cell[7] = (byte)(index < Count - 1 ? WireLayout.FragmentBytes : last);
        Span<byte> bytes = cell[LinkFragment.HeaderBytes..];
        if (index < Count)
        {
            Part(index).CopyTo(bytes);
            return;
        }

        for (int part = 0; part < Count; part++)
        {
            FragmentJoiner.Accumulate(bytes, Part(part));
        }
    }

    private ReadOnlySpan<byte> Part(int index)
    {
        ReadOnlySpan<byte> rest = _message[(index * WireLayout.FragmentBytes)..];
        return rest[..Math.Min(rest.Length, WireLayout.FragmentBytes)];
    }
}
