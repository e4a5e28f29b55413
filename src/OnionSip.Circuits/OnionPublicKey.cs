using System;
using System.Buffers.Binary;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The X25519 key that a relay's CREATE handshakes are made to. (CIRCUIT.CREATE)</summary>
public readonly record struct OnionPublicKey(UInt128 High, UInt128 Low)
{
    public const int Bytes = 32;

    /// <exception cref="ArgumentException">The span is not 32 bytes.</exception>
    public static OnionPublicKey FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes)
        {
            throw new ArgumentException("an onion key has 32 bytes", nameof(bytes));
        }

        return new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));
    }

    public void WriteTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, High);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], Low);
    }
}

/// <summary>
/// A relay to build a circuit through, as the network document names it, and what is asked of it. (CIRCUIT.EXTEND, CIRCUIT.VOICE)
/// </summary>
public readonly record struct HopTarget(RelayId Relay, OnionPublicKey OnionKey, CircuitFlags Flags = CircuitFlags.None);
