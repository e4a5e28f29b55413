using System;
using System.Buffers.Binary;

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

    /// <summary>Twelve bits a coefficient, after canonical reduction.</summary>
    public static void Encode12(ref MlKemPolynomial polynomial, Span<byte> destination)
    {
        MakeCanonical(ref polynomial);
        ReadOnlySpan<short> coefficients = polynomial;
        destination = destination[..Bytes12];
        for (int i = 0; i < MlKemPolynomial.Coefficients / 2; i++)
        {
            uint pair = (uint)(ushort)coefficients[2 * i] | ((uint)(ushort)coefficients[(2 * i) + 1] << 12);
            unchecked
            {
                destination[3 * i] = (byte)pair;
                destination[(3 * i) + 1] = (byte)(pair >> 8);
                destination[(3 * i) + 2] = (byte)(pair >> 16);
            }
        }
    }

    /// <summary>Reads twelve bits a coefficient; false if one is not below the modulus.</summary>
    public static bool TryDecode12(ReadOnlySpan<byte> source, ref MlKemPolynomial polynomial)
    {
        Span<short> coefficients = polynomial;
        source = source[..Bytes12];
        int underflows = -1;
        for (int i = 0; i < MlKemPolynomial.Coefficients / 2; i++)
        {
            int pair = source[3 * i] | (source[(3 * i) + 1] << 8) | (source[(3 * i) + 2] << 16);
            int first = pair & 0xFFF;
            int second = pair >> 12;
            coefficients[2 * i] = (short)first;
            coefficients[(2 * i) + 1] = (short)second;
            underflows &= (first - Modulus) & (second - Modulus);
        }

        return underflows < 0;
    }

    /// <summary>Rounds to ten bits: round(2^10 · x / q).</summary>
    public static void Compress10(ref MlKemPolynomial polynomial, Span<byte> destination)
    {
        MakeCanonical(ref polynomial);
        ReadOnlySpan<short> coefficients = polynomial;
        destination = destination[..Bytes10];
        for (int i = 0; i < MlKemPolynomial.Coefficients / 4; i++)
        {
            ulong four = Round10(coefficients[4 * i]) | (Round10(coefficients[(4 * i) + 1]) << 10)
                | (Round10(coefficients[(4 * i) + 2]) << 20) | (Round10(coefficients[(4 * i) + 3]) << 30);
            BinaryPrimitives.WriteUInt32LittleEndian(destination[(5 * i)..], unchecked((uint)four));
            destination[(5 * i) + 4] = (byte)(four >> 32);
        }
    }

    public static void Decompress10(ReadOnlySpan<byte> source, ref MlKemPolynomial polynomial)
    {
        Span<short> coefficients = polynomial;
        source = source[..Bytes10];
        for (int i = 0; i < MlKemPolynomial.Coefficients / 4; i++)
        {
            ulong four = BinaryPrimitives.ReadUInt32LittleEndian(source[(5 * i)..]) | ((ulong)source[(5 * i) + 4] << 32);
            for (int j = 0; j < 4; j++)
            {
                int value = (int)((four >> (10 * j)) & 0x3FF);
                coefficients[(4 * i) + j] = (short)(((value * Modulus) + 512) >> 10);
            }
        }
    }

    /// <summary>Rounds to four bits: round(2^4 · x / q).</summary>
    public static void Compress4(ref MlKemPolynomial polynomial, Span<byte> destination)
    {
        MakeCanonical(ref polynomial);
        ReadOnlySpan<short> coefficients = polynomial;
        destination = destination[..Bytes4];
        for (int i = 0; i < Bytes4; i++)
        {
            destination[i] = (byte)(Round4(coefficients[2 * i]) | (Round4(coefficients[(2 * i) + 1]) << 4));
        }
    }

    public static void Decompress4(ReadOnlySpan<byte> source, ref MlKemPolynomial polynomial)
    {
        Span<short> coefficients = polynomial;
        source = source[..Bytes4];
        for (int i = 0; i < Bytes4; i++)
        {
            coefficients[2 * i] = (short)((((source[i] & 15) * Modulus) + 8) >> 4);
            coefficients[(2 * i) + 1] = (short)((((source[i] >> 4) * Modulus) + 8) >> 4);
        }
    }

    /// <summary>One bit a coefficient: one where it is nearer to q/2 than to 0.</summary>
    public static void ToMessage(ref MlKemPolynomial polynomial, Span<byte> message32)
    {
        MakeCanonical(ref polynomial);
        ReadOnlySpan<short> coefficients = polynomial;
        for (int i = 0; i < MessageBytes; i++)
        {
            int octet = 0;
            for (int bit = 0; bit < 8; bit++)
            {
                octet |= Round1(coefficients[(8 * i) + bit]) << bit;
            }

            message32[i] = (byte)octet;
        }
    }

    public static void FromMessage(ReadOnlySpan<byte> message32, ref MlKemPolynomial polynomial)
    {
        Span<short> coefficients = polynomial;
        for (int i = 0; i < MessageBytes; i++)
        {
            int octet = message32[i];
            for (int bit = 0; bit < 8; bit++)
            {
                coefficients[(8 * i) + bit] = (short)(-((octet >> bit) & 1) & ((Modulus + 1) / 2));
            }
        }
    }

    // 1290167 / 2^32 and 80635 / 2^28 are 1/3329 closely enough for every residue; a test tries them all.
    internal static ulong Round10(short canonical) =>
        (((((ulong)(ushort)canonical << 10) + (Modulus / 2) + 1) * 1290167) >> 32) & 0x3FF;

    internal static uint Round4(short canonical) =>
        (uint)(((((ulong)(ushort)canonical << 4) + (Modulus / 2) + 1) * 80635) >> 28) & 0xF;

    internal static int Round1(short canonical) =>
        (int)(((((ulong)(ushort)canonical << 1) + (Modulus / 2) + 1) * 80635) >> 28) & 1;

    private static void MakeCanonical(ref MlKemPolynomial polynomial)
    {
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            MlKemPolynomial.VectorAt(ref polynomial, i) =
                MlKemArithmetic.ToCanonical(MlKemPolynomial.VectorAt(ref polynomial, i));
        }
    }
}
