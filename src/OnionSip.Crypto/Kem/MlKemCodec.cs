using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>Octet encodings and rounding of polynomials. (CRYPTO.ML-KEM-CODEC)</summary>
/// <remarks>
/// Shape:   divisions by the modulus are multiplications, for a compiler may emit a division whose time depends on a secret.
/// Source:  FIPS 203 §4.2.1, algorithms 5 and 6.
/// </remarks>
internal static class MlKemCodec
{
    public const int Bytes12 = 384;
    public const int Bytes10 = 320;
    public const int Bytes4 = 128;
    public const int MessageBytes = 32;

    private const int Modulus = MlKemPolynomial.Modulus;

    // 2^26 / 3329, rounded up.
    private const short QuotientFactor = 20159;

    /// <summary>Twelve bits a coefficient, after canonical reduction.</summary>
    public static void Encode12(ref MlKemPolynomial polynomial, Span<byte> destination)
    {
        destination = destination[..Bytes12];
        Span<byte> last = stackalloc byte[16];
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            Vector128<short> canonical = MlKemArithmetic.ToCanonical(MlKemPolynomial.VectorAt(ref polynomial, i));

            // Each pair becomes 24 bits of a double word, then the fourth octets are dropped.
            Vector128<int> pairs = MlKemArithmetic.MultiplyPairs(canonical, Vector128.Create(1 | (4096 << 16)).AsInt16());
            Vector128<byte> packed = VectorLanes.Pick(
                pairs.AsByte(), Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 128, 128, 128, 128));
            if (i < MlKemPolynomial.Vectors - 1)
            {
                packed.CopyTo(destination[(12 * i)..]);
            }
            else
            {
                packed.CopyTo(last);
                last[..12].CopyTo(destination[(12 * i)..]);
            }
        }

        last.Clear();
    }

    /// <summary>Reads twelve bits a coefficient; false if one is not below the modulus.</summary>
    public static bool TryDecode12(ReadOnlySpan<byte> source, ref MlKemPolynomial polynomial)
    {
        source = source[..Bytes12];
        Vector128<short> underflows = Vector128<short>.AllBitsSet;
        for (int i = 0; i < MlKemPolynomial.Vectors - 1; i++)
        {
            Vector128<short> numbers = Spread12(Vector128.Create(source.Slice(12 * i, 16)));
            MlKemPolynomial.VectorAt(ref polynomial, i) = numbers;
            underflows &= numbers - Vector128.Create((short)Modulus);
        }

        // The last twelve octets, read as the end of sixteen.
        Vector128<uint> end = Vector128.Create(source.Slice(Bytes12 - 16, 16)).AsUInt32();
        Vector128<short> lastNumbers = Spread12(Vector128.Shuffle(end, Vector128.Create(1U, 2, 3, 0)).AsByte());
        MlKemPolynomial.VectorAt(ref polynomial, MlKemPolynomial.Vectors - 1) = lastNumbers;
        underflows &= lastNumbers - Vector128.Create((short)Modulus);
        return underflows.ExtractMostSignificantBits() == 0xFF;
    }

    /// <summary>The eight 12-bit numbers in the first twelve octets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> Spread12(Vector128<byte> octets)
    {
        Vector128<ushort> pairs = VectorLanes.Pick(
            octets, Vector128.Create((byte)0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11)).AsUInt16();
        Vector128<ushort> evenLanes = Vector128.Create(0x0000_FFFF).AsUInt16();
        return Vector128.ConditionalSelect(evenLanes, pairs & Vector128.Create((ushort)0xFFF), pairs >>> 4).AsInt16();
    }

    /// <summary>Rounds to ten bits: round(2^10 · x / q).</summary>
    public static void Compress10(ref MlKemPolynomial polynomial, Span<byte> destination)
    {
        destination = destination[..Bytes10];
        Span<byte> last = stackalloc byte[16];
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            Vector128<short> rounded = RoundAt(ref polynomial, i, 10);

            // Twenty bits a double word, forty a word, then the three upper octets of each word are dropped.
            Vector128<ulong> pairs = MlKemArithmetic.MultiplyPairs(rounded, Vector128.Create(1 | (1024 << 16)).AsInt16()).AsUInt64();
            Vector128<ulong> fours = (pairs & Vector128.Create(0xFFFF_FFFFUL)) | ((pairs >>> 32) << 20);
            Vector128<byte> packed = VectorLanes.Pick(
                fours.AsByte(), Vector128.Create((byte)0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 128, 128, 128, 128, 128, 128));
            if (i < MlKemPolynomial.Vectors - 1)
            {
                packed.CopyTo(destination[(10 * i)..]);
            }
            else
            {
                packed.CopyTo(last);
                last[..10].CopyTo(destination[(10 * i)..]);
            }
        }

        last.Clear();
    }

    public static void Decompress10(ReadOnlySpan<byte> source, ref MlKemPolynomial polynomial)
    {
        source = source[..Bytes10];
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            ReadOnlySpan<byte> ten = source.Slice(10 * i, 10);
            Vector128<byte> octets = Vector128.Create(
                BinaryPrimitives.ReadUInt64LittleEndian(ten), BinaryPrimitives.ReadUInt16LittleEndian(ten[8..])).AsByte();
            Vector128<ushort> spread = VectorLanes.Pick(
                octets, Vector128.Create((byte)0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 7, 8, 8, 9)).AsUInt16();

            // The multiplication lifts each number to the top of its lane; a shift leaves it times 2^5.
            Vector128<ushort> lifted = (spread * Vector128.Create((ushort)64, 16, 4, 1, 64, 16, 4, 1)) >>> 6 << 5;
            Vector128<short> factor = Vector128.Create((short)(2 * Modulus));
            Vector128<short> upper = MlKemArithmetic.MultiplyHigh(lifted.AsInt16(), factor);
            Vector128<short> lower = lifted.AsInt16() * factor;
            MlKemPolynomial.VectorAt(ref polynomial, i) = upper + (lower >>> 15);
        }
    }

    /// <summary>Rounds to four bits: round(2^4 · x / q).</summary>
    public static void Compress4(ref MlKemPolynomial polynomial, Span<byte> destination)
    {
        destination = destination[..Bytes4];
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            Vector128<int> pairs = MlKemArithmetic.MultiplyPairs(
                RoundAt(ref polynomial, i, 4), Vector128.Create(1 | (16 << 16)).AsInt16());
            Vector128<byte> packed = VectorLanes.Pick(
                pairs.AsByte(), Vector128.Create((byte)0, 4, 8, 12, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128));
            BinaryPrimitives.WriteUInt32LittleEndian(destination[(4 * i)..], packed.AsUInt32().ToScalar());
        }
    }

    public static void Decompress4(ReadOnlySpan<byte> source, ref MlKemPolynomial polynomial)
    {
        source = source[..Bytes4];
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            Vector128<byte> octets = Vector128.CreateScalar(BinaryPrimitives.ReadUInt32LittleEndian(source[(4 * i)..])).AsByte();
            Vector128<ushort> spread = VectorLanes.Pick(
                octets, Vector128.Create((byte)0, 128, 0, 128, 1, 128, 1, 128, 2, 128, 2, 128, 3, 128, 3, 128)).AsUInt16();
            Vector128<ushort> evenLanes = Vector128.Create(0x0000_FFFF).AsUInt16();
            Vector128<ushort> numbers = Vector128.ConditionalSelect(evenLanes, spread & Vector128.Create((ushort)15), spread >>> 4);
            Vector128<ushort> scaled = (numbers * Vector128.Create((ushort)Modulus)) + Vector128.Create((ushort)8);
            MlKemPolynomial.VectorAt(ref polynomial, i) = (scaled >>> 4).AsInt16();
        }
    }

    /// <summary>One bit a coefficient: one where it is nearer to q/2 than to 0.</summary>
    public static void ToMessage(ref MlKemPolynomial polynomial, Span<byte> message32)
    {
        message32 = message32[..MessageBytes];
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            message32[i] = (byte)(RoundAt(ref polynomial, i, 1) << 15).ExtractMostSignificantBits();
        }
    }

    public static void FromMessage(ReadOnlySpan<byte> message32, ref MlKemPolynomial polynomial)
    {
        Vector128<short> bits = Vector128.Create((short)1, 2, 4, 8, 16, 32, 64, 128);
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            Vector128<short> isSet = Vector128.Equals(Vector128.Create((short)message32[i]) & bits, bits);
            MlKemPolynomial.VectorAt(ref polynomial, i) = isSet & Vector128.Create((short)((Modulus + 1) / 2));
        }
    }

    /// <summary>round(2^bits · x / q) modulo 2^bits of canonical residues, without a division; a test tries every residue.</summary>
    /// <remarks>The quotient by a factor slightly too large may be one too large only where rounding would raise it anyway.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<short> Round(Vector128<short> canonical, int bits)
    {
        Vector128<short> quotient = MlKemArithmetic.MultiplyHigh(canonical, Vector128.Create(QuotientFactor)) >> (10 - bits);
        Vector128<short> remainder = (canonical << bits) - (quotient * Vector128.Create((short)Modulus));
        Vector128<short> isUpperHalf = Vector128.GreaterThan(remainder, Vector128.Create((short)(Modulus / 2)));
        return (quotient - isUpperHalf) & Vector128.Create((short)((1 << bits) - 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> RoundAt(ref MlKemPolynomial polynomial, int index, int bits) =>
        Round(MlKemArithmetic.ToCanonical(MlKemPolynomial.VectorAt(ref polynomial, index)), bits);
}
