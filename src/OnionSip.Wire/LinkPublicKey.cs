using System;

namespace OnionSip.Wire;

/// <summary>A relay's X25519 public key for links, 32 bytes, from the network document. (LINK.HANDSHAKE)</summary>
public readonly record struct LinkPublicKey(UInt128 High, UInt128 Low)
{
    public const int Bytes = 32;

    /// <exception cref="ArgumentException">The span is not 32 bytes.</exception>
    public static LinkPublicKey FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes)
        {
            throw new ArgumentException("a link key has 32 bytes", nameof(bytes));
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

    public override string ToString() => Convert.ToHexStringLower(ToArray())[..8];
}
