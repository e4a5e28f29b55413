using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OnionSip.Crypto;

/// <summary>A number modulo 2^255 - 19 in five limbs of 51 bits, as much of the field as one conversion needs. (CRYPTO.X25519)</summary>
/// <remarks>
/// Shape:   limbs may exceed 51 bits by a little between operations; products accept limbs below 2^54.
/// Secrets: constant time: no branch or address depends on a value.
/// Source:  RFC 7748 §4.1, §5.
/// </remarks>
internal readonly struct FieldElement
{
    private const int LimbBits = 51;
    private const ulong Mask = (1UL << LimbBits) - 1;

    // Four times the modulus, limb by limb: what a subtraction adds to stay positive.
    private const ulong FourModulusLow = 4 * (Mask - 18);
    private const ulong FourModulus = 4 * Mask;

    private readonly ulong _l0;
    private readonly ulong _l1;
    private readonly ulong _l2;
    private readonly ulong _l3;
    private readonly ulong _l4;

    private FieldElement(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
    {
        _l0 = l0;
        _l1 = l1;
        _l2 = l2;
        _l3 = l3;
        _l4 = l4;
    }

    public static FieldElement One => new(1, 0, 0, 0, 0);

    /// <summary>Reads 32 octets, little-endian; the highest bit does not count.</summary>
    public static FieldElement Read(ReadOnlySpan<byte> octets32)
    {
        ulong w0 = BinaryPrimitives.ReadUInt64LittleEndian(octets32);
        ulong w1 = BinaryPrimitives.ReadUInt64LittleEndian(octets32[8..]);
        ulong w2 = BinaryPrimitives.ReadUInt64LittleEndian(octets32[16..]);
        ulong w3 = BinaryPrimitives.ReadUInt64LittleEndian(octets32[24..]);
        return new FieldElement(
            w0 & Mask,
            ((w0 >> 51) | (w1 << 13)) & Mask,
            ((w1 >> 38) | (w2 << 26)) & Mask,
            ((w2 >> 25) | (w3 << 39)) & Mask,
            (w3 >> 12) & Mask);
    }

    /// <summary>Writes the one representative below the modulus.</summary>
    public void Write(Span<byte> octets32)
    {
        FieldElement carried = Carry(_l0, _l1, _l2, _l3, _l4);

        // Below twice the modulus now; one more is subtracted exactly when adding 19 carries out of the top.
        ulong excess = (carried._l0 + 19) >> LimbBits;
        excess = (carried._l1 + excess) >> LimbBits;
        excess = (carried._l2 + excess) >> LimbBits;
        excess = (carried._l3 + excess) >> LimbBits;
        excess = (carried._l4 + excess) >> LimbBits;
        ulong l0 = carried._l0 + (19 * excess);
        ulong l1 = carried._l1 + (l0 >> LimbBits);
        ulong l2 = carried._l2 + (l1 >> LimbBits);
        ulong l3 = carried._l3 + (l2 >> LimbBits);
        ulong l4 = (carried._l4 + (l3 >> LimbBits)) & Mask;
        (l0, l1, l2, l3) = (l0 & Mask, l1 & Mask, l2 & Mask, l3 & Mask);
        BinaryPrimitives.WriteUInt64LittleEndian(octets32, l0 | (l1 << 51));
        BinaryPrimitives.WriteUInt64LittleEndian(octets32[8..], (l1 >> 13) | (l2 << 38));
        BinaryPrimitives.WriteUInt64LittleEndian(octets32[16..], (l2 >> 26) | (l3 << 25));
        BinaryPrimitives.WriteUInt64LittleEndian(octets32[24..], (l3 >> 39) | (l4 << 12));
    }

    public FieldElement Plus(in FieldElement other) =>
        new(_l0 + other._l0, _l1 + other._l1, _l2 + other._l2, _l3 + other._l3, _l4 + other._l4);

    public FieldElement Minus(in FieldElement other) => Carry(
        _l0 + FourModulusLow - other._l0,
        _l1 + FourModulus - other._l1,
        _l2 + FourModulus - other._l2,
        _l3 + FourModulus - other._l3,
        _l4 + FourModulus - other._l4);

    public FieldElement Times(in FieldElement other)
    {
        ulong b1 = other._l1 * 19;
        ulong b2 = other._l2 * 19;
        ulong b3 = other._l3 * 19;
        ulong b4 = other._l4 * 19;
        return unchecked(Reduce(
            Wide(_l0, other._l0) + Wide(_l1, b4) + Wide(_l2, b3) + Wide(_l3, b2) + Wide(_l4, b1),
            Wide(_l0, other._l1) + Wide(_l1, other._l0) + Wide(_l2, b4) + Wide(_l3, b3) + Wide(_l4, b2),
            Wide(_l0, other._l2) + Wide(_l1, other._l1) + Wide(_l2, other._l0) + Wide(_l3, b4) + Wide(_l4, b3),
            Wide(_l0, other._l3) + Wide(_l1, other._l2) + Wide(_l2, other._l1) + Wide(_l3, other._l0) + Wide(_l4, b4),
            Wide(_l0, other._l4) + Wide(_l1, other._l3) + Wide(_l2, other._l2) + Wide(_l3, other._l1) + Wide(_l4, other._l0)));
    }

    /// <summary>The square of the square … so many times; in locals, since nearly all of the time is spent here.</summary>
    public FieldElement Squared(int times)
    {
        (ulong l0, ulong l1, ulong l2, ulong l3, ulong l4) = (_l0, _l1, _l2, _l3, _l4);
        for (int i = 0; i < times; i++)
        {
            unchecked
            {
                ulong d0 = l0 * 2;
                ulong d1 = l1 * 2;
                ulong d2 = l2 * 2;
                ulong d3 = l3 * 2;
                ulong t3 = l3 * 19;
                ulong t4 = l4 * 19;
                ulong carry0 = Sum(l0, l0, d1, t4, d2, t3, out ulong low0);
                ulong carry1 = Sum(d0, l1, d2, t4, l3, t3, out ulong low1);
                ulong carry2 = Sum(d0, l2, l1, l1, d3, t4, out ulong low2);
                ulong carry3 = Sum(d0, l3, d1, l2, l4, t4, out ulong low3);
                ulong carry4 = Sum(d0, l4, d1, l3, l2, l2, out ulong low4);

                // Twice all carries at once instead of once one after the other: no limb waits for its neighbour's.
                low0 += 19 * carry4;
                low1 += carry0;
                low2 += carry1;
                low3 += carry2;
                low4 += carry3;
                l0 = (low0 & Mask) + (19 * (low4 >> LimbBits));
                l1 = (low1 & Mask) + (low0 >> LimbBits);
                l2 = (low2 & Mask) + (low1 >> LimbBits);
                l3 = (low3 & Mask) + (low2 >> LimbBits);
                l4 = (low4 & Mask) + (low3 >> LimbBits);
            }
        }

        return new FieldElement(l0, l1, l2, l3, l4);
    }

    /// <summary>One divided by this; zero stays zero. The power 2^255 - 21 by the usual chain.</summary>
    public FieldElement Inverted()
    {
        FieldElement z2 = Squared(1);
        FieldElement z9 = z2.Squared(2).Times(this);
        FieldElement z11 = z9.Times(z2);
        FieldElement ones5 = z11.Squared(1).Times(z9);
        FieldElement ones10 = ones5.Squared(5).Times(ones5);
        FieldElement ones20 = ones10.Squared(10).Times(ones10);
        FieldElement ones40 = ones20.Squared(20).Times(ones20);
        FieldElement ones50 = ones40.Squared(10).Times(ones10);
        FieldElement ones100 = ones50.Squared(50).Times(ones50);
        FieldElement ones200 = ones100.Squared(100).Times(ones100);
        return ones200.Squared(50).Times(ones50).Squared(5).Times(z11);
    }

    /// <summary>The sum of three products below 2^112: gives what is above the limb, and the limb.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Sum(ulong a, ulong b, ulong c, ulong d, ulong e, ulong f, out ulong limb)
    {
        unchecked
        {
            ulong sum = a * b;
            ulong next = c * d;
            ulong last = e * f;
            ulong high = High(a, b) + High(c, d) + High(e, f);
            sum += next;
            high += sum < next ? 1UL : 0;
            sum += last;
            high += sum < last ? 1UL : 0;
            limb = sum & Mask;
            return (high << (64 - LimbBits)) | (sum >> LimbBits);
        }
    }

    // Two multiplies instead of one that leaves its lower half in memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High(ulong a, ulong b) => Bmi2.X64.IsSupported ? Bmi2.X64.MultiplyNoFlags(a, b) : Math.BigMul(a, b, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static UInt128 Wide(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return new UInt128(high, low);
    }

    private static FieldElement Reduce(UInt128 r0, UInt128 r1, UInt128 r2, UInt128 r3, UInt128 r4)
    {
        unchecked
        {
            r1 += (ulong)(r0 >> LimbBits);
            r2 += (ulong)(r1 >> LimbBits);
            r3 += (ulong)(r2 >> LimbBits);
            r4 += (ulong)(r3 >> LimbBits);
            ulong l0 = ((ulong)r0 & Mask) + (19 * (ulong)(r4 >> LimbBits));
            return new FieldElement(
                l0 & Mask, ((ulong)r1 & Mask) + (l0 >> LimbBits), (ulong)r2 & Mask, (ulong)r3 & Mask, (ulong)r4 & Mask);
        }
    }

    private static FieldElement Carry(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4)
    {
        l1 += l0 >> LimbBits;
        l2 += l1 >> LimbBits;
        l3 += l2 >> LimbBits;
        l4 += l3 >> LimbBits;
        l0 = (l0 & Mask) + (19 * (l4 >> LimbBits));
        return new FieldElement(l0 & Mask, (l1 & Mask) + (l0 >> LimbBits), l2 & Mask, l3 & Mask, l4 & Mask);
    }
}
