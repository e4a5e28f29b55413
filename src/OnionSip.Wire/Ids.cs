using System;
using System.Globalization;

namespace OnionSip.Wire;

/// <summary>Names a circuit on one link; 0 is the link itself. Prints redacted. (WIRE.SEALED)</summary>
public readonly record struct CircuitId(uint Value)
{
    public override string ToString() => "[circuit]";
}

/// <summary>
/// Numbers the cells of one circuit and direction on one link; arithmetic is modulo 2^32. (WIRE.SEALED)
/// </summary>
public readonly record struct Slot(uint Value)
{
    public static Slot operator +(Slot slot, uint offset) => new(unchecked(slot.Value + offset));

    public static Slot operator -(Slot slot, uint offset) => new(unchecked(slot.Value - offset));
}

/// <summary>Names a link inside one node; never on the wire.</summary>
public readonly record struct LinkId(int Value)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"link {Value}");
}

/// <summary>A reliable stream of one circuit hop; 0 is control. (WIRE.FRAME)</summary>
public readonly record struct StreamId(ushort Value);

/// <summary>A datagram flow of one circuit hop. (WIRE.FRAME)</summary>
public readonly record struct FlowId(ushort Value);

/// <summary>A hop's place on its circuit, 0 is the guard; shown to people counted from 1.</summary>
public readonly record struct HopIndex(int Value)
{
    public override string ToString() => (Value + 1).ToString(CultureInfo.InvariantCulture);
}

/// <summary>A relay's Ed25519 identity public key, 32 bytes. (WIRE.CONTROL)</summary>
public readonly record struct RelayId(UInt128 High, UInt128 Low) : IComparable<RelayId>
{
    public const int Bytes = 32;

    /// <exception cref="ArgumentException">The span is not 32 bytes.</exception>
    public static RelayId FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes)
        {
            throw new ArgumentException("a relay identity has 32 bytes", nameof(bytes));
        }

        return new(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));
    }

    public void WriteTo(Span<byte> destination)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination, High);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination[16..], Low);
    }

    public byte[] ToArray()
    {
        byte[] bytes = new byte[Bytes];
        WriteTo(bytes);
        return bytes;
    }

    public int CompareTo(RelayId other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    public override string ToString() => Convert.ToHexStringLower(ToArray())[..8];
}
