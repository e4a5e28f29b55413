using System;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>One CREATE or CREATED fragment as it stands in a link message. (CIRCUIT.FRAGMENT)</summary>
/// <remarks>Shape: command(1) circuit id(4) index(1) count(1) length(1) bytes(240).</remarks>
internal readonly ref struct CircuitFragment
{
    private const int MaxCount = 16;

    private CircuitFragment(CircuitId circuit, int index, int count, int length, ReadOnlySpan<byte> bytes)
    {
        Circuit = circuit;
        Index = index;
        Count = count;
        Length = length;
        Bytes = bytes;
    }

    internal CircuitId Circuit { get; }

    internal int Index { get; }

    internal int Count { get; }

    internal int Length { get; }

    internal ReadOnlySpan<byte> Bytes { get; }

    internal static int CountFor(int messageBytes) => (messageBytes + WireLayout.FragmentBytes - 1) / WireLayout.FragmentBytes;

    /// <summary>Reads a link message after its command byte was recognised.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> message, out CircuitFragment fragment)
    {
        fragment = default;
        WireReader reader = new(message[1..]);
        if (!reader.TryReadUInt32(out uint circuit)
            || !reader.TryReadByte(out byte index)
            || !reader.TryReadByte(out byte count)
            || !reader.TryReadByte(out byte length)
            || !reader.TryReadBytes(WireLayout.FragmentBytes, out ReadOnlySpan<byte> bytes)
            || count > MaxCount
            || index > count)
        {
            return false;
        }

        fragment = new(new CircuitId(circuit), index, count, length, bytes);
        return true;
    }

    /// <summary>True when count and length are those of a message of this size.</summary>
    internal bool Fits(int messageBytes)
    {
        int count = CountFor(messageBytes);
        return Count == count && Index <= count && Length == LengthOf(messageBytes, Index);
    }

    /// <summary>Writes fragment <paramref name="index"/> of a message; index = count writes the parity fragment.</summary>
    internal static void Write(LinkCommand command, CircuitId circuit, ReadOnlySpan<byte> message, int index, Span<byte> destination)
    {
        int count = CountFor(message.Length);
        WireWriter writer = new(destination);
        writer.WriteByte((byte)command);
        writer.WriteUInt32(circuit.Value);
        writer.WriteByte((byte)index);
        writer.WriteByte((byte)count);
        writer.WriteByte((byte)LengthOf(message.Length, index));
        Fill(message, index, count, destination.Slice(writer.Position, WireLayout.FragmentBytes));
    }

    internal static void XorInto(ReadOnlySpan<byte> source, Span<byte> target)
    {
        for (int index = 0; index < source.Length; index++)
        {
            target[index] ^= source[index];
        }
    }

    /// <summary>The bytes of one fragment, zero-filled; of the parity fragment when index = count.</summary>
    internal static void Fill(ReadOnlySpan<byte> message, int index, int count, Span<byte> bytes)
    {
        bytes.Clear();
        if (index < count)
        {
            PieceOf(message, index).CopyTo(bytes);
            return;
        }

        for (int piece = 0; piece < count; piece++)
        {
            XorInto(PieceOf(message, piece), bytes);
        }
    }

    private static ReadOnlySpan<byte> PieceOf(ReadOnlySpan<byte> message, int index)
    {
        ReadOnlySpan<byte> rest = message[(index * WireLayout.FragmentBytes)..];
        return rest[..Math.Min(WireLayout.FragmentBytes, rest.Length)];
    }

    private static int LengthOf(int messageBytes, int index)
    {
        int count = CountFor(messageBytes);
        return index < count - 1 ? WireLayout.FragmentBytes : messageBytes - ((count - 1) * WireLayout.FragmentBytes);
    }
}
