using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace OnionSip.Crypto;

/// <summary>
/// POLYVAL with ordinary multiplications in which three of four bits are empty and take the carries. (CRYPTO.HCTR2-PATHS)
/// </summary>
/// <remarks>
/// Shape:   constant time where a 64-bit multiplication is.
/// Secrets: the key and the running value; <see cref="Erase"/> zeroes both.
/// Source:  RFC 8452 §3.
/// </remarks>
internal struct PortablePolyval
{
    private readonly ulong _keyLow;
    private readonly ulong _keyHigh;
    private ulong _low;
    private ulong _high;

    public PortablePolyval(ulong keyLow, ulong keyHigh)
    {
        _keyLow = keyLow;
        _keyHigh = keyHigh;
        _low = 0;
        _high = 0;
    }

    /// <summary>Adds whole blocks; a last part block is padded with zeros, or with a one and zeros.</summary>
    public void Add(ReadOnlySpan<byte> octets, bool padWithOne)
    {
        for (; octets.Length >= 16; octets = octets[16..])
        {
            AddBlock(octets);
        }

        if (octets.IsEmpty)
        {
            return;
        }

        Span<byte> padded = stackalloc byte[16];
        padded.Clear();
        octets.CopyTo(padded);
        padded[octets.Length] = padWithOne ? (byte)1 : (byte)0;
        AddBlock(padded);
        padded.Clear();
    }

    public void AddLength(ulong value)
    {
        _low ^= value;
        MultiplyByKey();
    }

    /// <summary>Adds the value of the hash to 16 octets.</summary>
    public readonly void XorInto(Span<byte> block)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(block, BinaryPrimitives.ReadUInt64LittleEndian(block) ^ _low);
        BinaryPrimitives.WriteUInt64LittleEndian(block[8..], BinaryPrimitives.ReadUInt64LittleEndian(block[8..]) ^ _high);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Erase() => this = default;

    private void AddBlock(ReadOnlySpan<byte> block)
    {
        _low ^= BinaryPrimitives.ReadUInt64LittleEndian(block);
        _high ^= BinaryPrimitives.ReadUInt64LittleEndian(block[8..]);
        MultiplyByKey();
    }

    private void MultiplyByKey()
    {
        (ulong low0, ulong low1) = MultiplyWords(_low, _keyLow);
        (ulong high0, ulong high1) = MultiplyWords(_high, _keyHigh);
        (ulong both0, ulong both1) = MultiplyWords(_low ^ _high, _keyLow ^ _keyHigh);
        ulong v0 = low0;
        ulong v1 = low1 ^ both0 ^ low0 ^ high0;
        ulong v2 = high0 ^ both1 ^ low1 ^ high1;
        ulong v3 = high1;

        // Each word from below is worth x^-64 = x^64 + x^63 + x^62 + x^57 of the one above.
        v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57);
        v2 ^= v0 ^ (v0 >> 1) ^ (v0 >> 2) ^ (v0 >> 7);
        v2 ^= (v1 << 63) ^ (v1 << 62) ^ (v1 << 57);
        v3 ^= v1 ^ (v1 >> 1) ^ (v1 >> 2) ^ (v1 >> 7);
        _low = v2;
        _high = v3;
    }

    /// <summary>A carry-less product of two words; the upper half is the lower half of the mirrored words.</summary>
    private static (ulong Low, ulong High) MultiplyWords(ulong a, ulong b) =>
        (MultiplyLow(a, b), Mirror(MultiplyLow(Mirror(a), Mirror(b))) >> 1);

    private static ulong MultiplyLow(ulong a, ulong b)
    {
        const ulong Class0 = 0x1111_1111_1111_1111;
        const ulong Class1 = 0x2222_2222_2222_2222;
        const ulong Class2 = 0x4444_4444_4444_4444;
        const ulong Class3 = 0x8888_8888_8888_8888;
        ulong a0 = a & Class0, a1 = a & Class1, a2 = a & Class2, a3 = a & Class3;
        ulong b0 = b & Class0, b1 = b & Class1, b2 = b & Class2, b3 = b & Class3;
        unchecked
        {
            return (((a0 * b0) ^ (a1 * b3) ^ (a2 * b2) ^ (a3 * b1)) & Class0)
                | (((a0 * b1) ^ (a1 * b0) ^ (a2 * b3) ^ (a3 * b2)) & Class1)
                | (((a0 * b2) ^ (a1 * b1) ^ (a2 * b0) ^ (a3 * b3)) & Class2)
                | (((a0 * b3) ^ (a1 * b2) ^ (a2 * b1) ^ (a3 * b0)) & Class3);
        }
    }

    private static ulong Mirror(ulong x)
    {
        x = ((x & 0x5555_5555_5555_5555) << 1) | ((x >> 1) & 0x5555_5555_5555_5555);
        x = ((x & 0x3333_3333_3333_3333) << 2) | ((x >> 2) & 0x3333_3333_3333_3333);
        x = ((x & 0x0F0F_0F0F_0F0F_0F0F) << 4) | ((x >> 4) & 0x0F0F_0F0F_0F0F_0F0F);
        return BinaryPrimitives.ReverseEndianness(x);
    }
}
