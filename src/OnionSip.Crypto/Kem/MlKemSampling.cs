using System;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>Uniform and small polynomials from SHAKE, four sponges side by side. (CRYPTO.ML-KEM-SAMPLING)</summary>
/// <remarks>
/// Bounds:  a uniform polynomial takes three blocks of SHAKE128, seldom more; its time depends on public data only.
/// Secrets: states and outputs made from a secret seed are zeroed.
/// Source:  FIPS 203 §4.2.2, algorithms 7 and 8.
/// </remarks>
internal static class MlKemSampling
{
    private const int SeedWords = 4;
    private const int UniformBlockBytes = KeccakSponge.ShakeRate128;
    private const int UniformBlockWords = UniformBlockBytes / 8;
    private const int FirstBlocks = 3;
    private const int NoiseBytes = 128;
    private const int Ways = 4;
    private const int Rank = MlKem768.Rank;

    private static readonly Vector128<byte>[] s_keptLanes = MakeKeptLanes();

    [InlineArray(Keccak1600.Lanes)]
    private struct FourStates
    {
        private Vector256<ulong> _first;
    }

    /// <summary>The nine polynomials of the public matrix, row by row; they are transforms already.</summary>
    [SkipLocalsInit]
    public static void Matrix(ReadOnlySpan<byte> seed32, Span<MlKemPolynomial> matrix)
    {
        for (int index = 0; index < Rank * Rank; index += Ways)
        {
            UniformFour(seed32, matrix, index);
        }
    }

    /// <summary>Up to eight polynomials with coefficients from -2 to 2, numbered from zero.</summary>
    [SkipLocalsInit]
    public static void Noise(ReadOnlySpan<byte> secretSeed32, Span<MlKemPolynomial> polynomials)
    {
        Span<byte> octets = stackalloc byte[Ways * NoiseBytes];
        FourStates states;
        for (int first = 0; first < polynomials.Length; first += Ways)
        {
            Span<Vector256<ulong>> lanes = Seed(out states, secretSeed32);
            Vector256<ulong> numbers = Vector256.Create((ulong)first) + Vector256.Create(0UL, 1, 2, 3);
            lanes[SeedWords] = numbers | Vector256.Create((ulong)KeccakSponge.ShakeSuffix << 8);
            lanes[(KeccakSponge.ShakeRate256 / 8) - 1] ^= Vector256.Create(1UL << 63);
            Permute(lanes);
            Deal(lanes, NoiseBytes / 8, octets, NoiseBytes);
            for (int way = 0; way < Ways && first + way < polynomials.Length; way++)
            {
                Binomial(octets.Slice(way * NoiseBytes, NoiseBytes), ref polynomials[first + way]);
            }

            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(lanes));
        }

        CryptographicOperations.ZeroMemory(octets);
    }

    [SkipLocalsInit]
    private static void UniformFour(ReadOnlySpan<byte> seed32, Span<MlKemPolynomial> matrix, int index)
    {
        Span<byte> octets = stackalloc byte[Ways * FirstBlocks * UniformBlockBytes];
        Span<int> counts = stackalloc int[Ways];
        int ways = Math.Min(Ways, matrix.Length - index);
        Span<Vector256<ulong>> lanes = Seed(out FourStates _, seed32);
        lanes[SeedWords] = Vector256.Create(Entry(index), Entry(index + 1), Entry(index + 2), Entry(index + 3));
        lanes[UniformBlockWords - 1] ^= Vector256.Create(1UL << 63);
        for (int block = 0; block < FirstBlocks; block++)
        {
            Permute(lanes);
            Deal(lanes, UniformBlockWords, octets[(block * UniformBlockBytes)..], FirstBlocks * UniformBlockBytes);
        }

        bool isFull = true;
        for (int way = 0; way < ways; way++)
        {
            ReadOnlySpan<byte> stream = octets.Slice(way * FirstBlocks * UniformBlockBytes, FirstBlocks * UniformBlockBytes);
            counts[way] = Accept(stream, ref matrix[index + way], 0);
            isFull &= counts[way] == MlKemPolynomial.Coefficients;
        }

        while (!isFull)
        {
            isFull = MoreUniform(lanes, octets, counts, matrix.Slice(index, ways));
        }
    }

    private static bool MoreUniform(
        Span<Vector256<ulong>> lanes, Span<byte> octets, Span<int> counts, Span<MlKemPolynomial> polynomials)
    {
        Permute(lanes);
        Deal(lanes, UniformBlockWords, octets, UniformBlockBytes);
        bool isFull = true;
        for (int way = 0; way < polynomials.Length; way++)
        {
            ReadOnlySpan<byte> block = octets.Slice(way * UniformBlockBytes, UniformBlockBytes);
            counts[way] = Accept(block, ref polynomials[way], counts[way]);
            isFull &= counts[way] == MlKemPolynomial.Coefficients;
        }

        return isFull;
    }

    /// <summary>The last octets absorbed for one matrix entry: column, row, suffix.</summary>
    private static ulong Entry(int index)
    {
        ulong row = (ulong)(index / Rank);
        ulong column = (ulong)(index % Rank);
        return column | (row << 8) | ((ulong)KeccakSponge.ShakeSuffix << 16);
    }

    private static Span<Vector256<ulong>> Seed([UnscopedRef] out FourStates states, ReadOnlySpan<byte> seed32)
    {
        states = default;
        Span<Vector256<ulong>> lanes = states;
        for (int word = 0; word < SeedWords; word++)
        {
            lanes[word] = Vector256.Create(BinaryPrimitives.ReadUInt64LittleEndian(seed32[(word * 8)..]));
        }

        return lanes;
    }

    private static void Permute(Span<Vector256<ulong>> lanes)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            Keccak1600x4.Permute(lanes);
            return;
        }

        Span<ulong> words = MemoryMarshal.Cast<Vector256<ulong>, ulong>(lanes);
        Span<ulong> state = stackalloc ulong[Keccak1600.Lanes];
        for (int way = 0; way < Ways; way++)
        {
            for (int lane = 0; lane < state.Length; lane++)
            {
                state[lane] = words[(lane * Ways) + way];
            }

            Keccak1600.Permute(state);
            for (int lane = 0; lane < state.Length; lane++)
            {
                words[(lane * Ways) + way] = state[lane];
            }
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(state));
    }

    /// <summary>Copies the first lanes of each state to its own stretch of the destination.</summary>
    private static void Deal(ReadOnlySpan<Vector256<ulong>> lanes, int words, Span<byte> destination, int stride)
    {
        ReadOnlySpan<ulong> source = MemoryMarshal.Cast<Vector256<ulong>, ulong>(lanes)[..(words * Ways)];
        Span<ulong> stretch0 = MemoryMarshal.Cast<byte, ulong>(destination.Slice(0 * stride, words * 8));
        Span<ulong> stretch1 = MemoryMarshal.Cast<byte, ulong>(destination.Slice(1 * stride, words * 8));
        Span<ulong> stretch2 = MemoryMarshal.Cast<byte, ulong>(destination.Slice(2 * stride, words * 8));
        Span<ulong> stretch3 = MemoryMarshal.Cast<byte, ulong>(destination.Slice(3 * stride, words * 8));
        for (int word = 0; word < stretch0.Length; word++)
        {
            ReadOnlySpan<ulong> four = source.Slice(word * Ways, Ways);
            stretch0[word] = four[0];
            stretch1[word] = four[1];
            stretch2[word] = four[2];
            stretch3[word] = four[3];
        }
    }

    /// <summary>Appends the 12-bit numbers below the modulus; gives the new count of coefficients.</summary>
    private static int Accept(ReadOnlySpan<byte> stream, ref MlKemPolynomial polynomial, int count)
    {
        Span<short> coefficients = polynomial;
        int position = 0;
        while (position + 16 <= stream.Length && count + 8 <= coefficients.Length)
        {
            Vector128<short> numbers = MlKemCodec.Spread12(Vector128.Create(stream.Slice(position, 16)));
            Vector128<short> isBelow = Vector128.LessThan(numbers, Vector128.Create(MlKemPolynomial.Modulus));
            uint accepted = isBelow.ExtractMostSignificantBits();
            Vector128<short> kept = VectorLanes.Pick(numbers.AsByte(), s_keptLanes[accepted]).AsInt16();
            kept.CopyTo(coefficients.Slice(count, 8));
            count += BitOperations.PopCount(accepted);
            position += 12;
        }

        return AcceptSingly(stream[position..], coefficients, count);
    }

    private static int AcceptSingly(ReadOnlySpan<byte> stream, Span<short> coefficients, int count)
    {
        for (int i = 0; i + 3 <= stream.Length; i += 3)
        {
            int first = stream[i] | ((stream[i + 1] & 0x0F) << 8);
            int second = (stream[i + 1] >> 4) | (stream[i + 2] << 4);
            count = AcceptOne(first, coefficients, count);
            count = AcceptOne(second, coefficients, count);
        }

        return count;
    }

    private static int AcceptOne(int number, Span<short> coefficients, int count)
    {
        if (number >= MlKemPolynomial.Modulus || count == coefficients.Length)
        {
            return count;
        }

        coefficients[count] = (short)number;
        return count + 1;
    }

    /// <summary>Differences of two sums of two bits, 32 coefficients from 16 octets; constant time.</summary>
    private static void Binomial(ReadOnlySpan<byte> octets, ref MlKemPolynomial polynomial)
    {
        Vector128<byte> everySecond = Vector128.Create((byte)0x55);
        Vector128<byte> threes = Vector128.Create((byte)0x33);
        for (int i = 0; i < NoiseBytes / 16; i++)
        {
            Vector128<byte> bits = Vector128.Create(octets.Slice(i * 16, 16));
            Vector128<byte> sums = (bits & everySecond) + ((bits >>> 1) & everySecond);

            // Each half octet: the lower sum, plus three, minus the upper one.
            Vector128<byte> shifted = (sums & threes) + threes - ((sums >>> 2) & threes);
            Vector128<byte> even = shifted & Vector128.Create((byte)0x0F);
            Vector128<byte> odd = shifted >>> 4;
            StoreSixteen(Vector128.WidenLower(even), Vector128.WidenLower(odd), ref polynomial, 4 * i);
            StoreSixteen(Vector128.WidenUpper(even), Vector128.WidenUpper(odd), ref polynomial, (4 * i) + 2);
        }
    }

    private static void StoreSixteen(
        Vector128<ushort> even, Vector128<ushort> odd, ref MlKemPolynomial polynomial, int index)
    {
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen((even | (odd << 8)).AsByte());
        MlKemPolynomial.VectorAt(ref polynomial, index) = low.AsInt16() - Vector128.Create((short)3);
        MlKemPolynomial.VectorAt(ref polynomial, index + 1) = high.AsInt16() - Vector128.Create((short)3);
    }

    // For each set of accepted lanes, the octets that move them together at the front.
    private static Vector128<byte>[] MakeKeptLanes()
    {
        Vector128<byte>[] table = new Vector128<byte>[256];
        Span<byte> octets = stackalloc byte[16];
        for (int accepted = 0; accepted < table.Length; accepted++)
        {
            octets.Fill(128);
            int count = 0;
            for (int lane = 0; lane < 8; lane++)
            {
                if (((accepted >> lane) & 1) != 0)
                {
                    octets[2 * count] = (byte)(2 * lane);
                    octets[(2 * count) + 1] = (byte)((2 * lane) + 1);
                    count++;
                }
            }

            table[accepted] = Vector128.Create<byte>(octets);
        }

        return table;
    }
}
