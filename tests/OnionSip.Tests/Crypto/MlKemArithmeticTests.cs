using System;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>
/// The parts under ML-KEM against plain arithmetic.
/// (CRYPTO.KECCAK, CRYPTO.ML-KEM-ARITHMETIC, CRYPTO.ML-KEM-CODEC, CRYPTO.ML-KEM-SAMPLING)
/// </summary>
public sealed class MlKemArithmeticTests
{
    private const int Modulus = MlKemPolynomial.Modulus;

    [Fact]
    public void Fips202_EmptyMessage()
    {
        byte[] digest = new byte[64];
        KeccakSponge.Sha3Hash256(default, default, digest.AsSpan(0, 32));
        Assert.Equal(
            "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a", Convert.ToHexStringLower(digest.AsSpan(0, 32)));
        KeccakSponge.Shake256(default, default, digest.AsSpan(0, 32));
        Assert.Equal(
            "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f", Convert.ToHexStringLower(digest.AsSpan(0, 32)));
        KeccakSponge.Sha3Hash512(default, default, digest);
        Assert.Equal(
            "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
            Convert.ToHexStringLower(digest));
    }

    [Fact]
    public void FourWayPermutation_EqualsFourSingle()
    {
        Random random = new(17);
        ulong[] words = new ulong[4 * Keccak1600.Lanes];
        random.NextBytes(MemoryMarshal.AsBytes(words.AsSpan()));
        ulong[] together = (ulong[])words.Clone();
        Keccak1600x4.Permute(MemoryMarshal.Cast<ulong, Vector256<ulong>>(together.AsSpan()));
        ulong[] single = new ulong[Keccak1600.Lanes];
        for (int way = 0; way < 4; way++)
        {
            for (int lane = 0; lane < single.Length; lane++)
            {
                single[lane] = words[(4 * lane) + way];
            }

            Keccak1600.Permute(single);
            for (int lane = 0; lane < single.Length; lane++)
            {
                Assert.Equal(single[lane], together[(4 * lane) + way]);
            }
        }
    }

    [Fact]
    public void BarrettReduction_OfEvery16BitNumber_IsSmallestResidue()
    {
        for (int value = short.MinValue; value <= short.MaxValue; value++)
        {
            int reduced = MlKemArithmetic.ReduceBarrett(Vector128.Create((short)value)).GetElement(0);
            int canonical = MlKemArithmetic.ToCanonical(Vector128.Create((short)value)).GetElement(0);
            Assert.InRange(reduced, -1665, 1665);
            Assert.Equal(0, (value - reduced) % Modulus);
            Assert.Equal(((value % Modulus) + Modulus) % Modulus, canonical);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(10)]
    public void Rounding_OfEveryResidue_EqualsDivision(int bits)
    {
        for (int value = 0; value < Modulus; value++)
        {
            int expected = (((value << bits) + (Modulus / 2)) / Modulus) & ((1 << bits) - 1);
            Assert.Equal(expected, MlKemCodec.Round(Vector128.Create((short)value), bits).GetElement(value % 8));
        }
    }

    /// <summary>Expanding gives round(q · y / 2^bits), and rounding that gives y again.</summary>
    [Fact]
    public void EveryRoundedNumber_ExpandsAndRoundsBack()
    {
        Random random = new(29);
        byte[] ten = new byte[MlKemCodec.Bytes10];
        byte[] four = new byte[MlKemCodec.Bytes4];
        byte[] back = new byte[MlKemCodec.Bytes10];
        for (int round = 0; round < 50; round++)
        {
            random.NextBytes(ten);
            random.NextBytes(four);
            MlKemPolynomial polynomial = default;
            MlKemCodec.Decompress10(ten, ref polynomial);
            Assert.Equal(((((ten[1] >> 2) | ((ten[2] & 0xF) << 6)) * Modulus) + 512) >> 10, polynomial[1]);
            MlKemCodec.Compress10(ref polynomial, back);
            Assert.Equal(ten, back);
            MlKemCodec.Decompress4(four, ref polynomial);
            Assert.Equal((((four[0] >> 4) * Modulus) + 8) >> 4, polynomial[1]);
            MlKemCodec.Compress4(ref polynomial, back.AsSpan(0, four.Length));
            Assert.Equal(four, back.AsSpan(0, four.Length).ToArray());
        }
    }

    [Fact]
    public void TwelveBitEncoding_RoundTrips_AndFindsEveryCoefficientOutOfRange()
    {
        Random random = new(31);
        MlKemPolynomial polynomial = default;
        byte[] octets = new byte[MlKemCodec.Bytes12];
        Fill(random, ref polynomial);
        MlKemPolynomial original = polynomial;
        MlKemCodec.Encode12(ref polynomial, octets);
        Assert.True(MlKemCodec.TryDecode12(octets, ref polynomial));
        for (int i = 0; i < 256; i++)
        {
            Assert.Equal(original[i], polynomial[i]);
            byte[] outOfRange = (byte[])octets.Clone();
            int position = 3 * (i / 2);
            outOfRange[position + (i % 2)] |= i % 2 == 0 ? (byte)0x01 : (byte)0x10;
            outOfRange[position + 1 + (i % 2)] = i % 2 == 0 ? (byte)(outOfRange[position + 1] | 0x0F) : (byte)0xFF;
            Assert.True(((outOfRange[position] | (outOfRange[position + 1] << 8) | (outOfRange[position + 2] << 16)) >> (12 * (i % 2)) & 0xFFF) >= Modulus);
            MlKemPolynomial ignored = default;
            Assert.False(MlKemCodec.TryDecode12(outOfRange, ref ignored), $"coefficient {i}");
        }
    }

    [Fact]
    public void ProductByTransform_EqualsSchoolbook()
    {
        Random random = new(23);
        MlKemPolynomial[] left = new MlKemPolynomial[3];
        MlKemPolynomial[] right = new MlKemPolynomial[3];
        int[] expected = new int[256];
        for (int k = 0; k < 3; k++)
        {
            Fill(random, ref left[k]);
            Fill(random, ref right[k]);
            AddProduct(in left[k], in right[k], expected);
            MlKemTransform.Forward(ref left[k]);
            MlKemTransform.Forward(ref right[k]);
        }

        MlKemPolynomial result = default;
        MlKemTransform.MultiplySum(left, 1, right, ref result);
        MlKemTransform.Inverse(ref result);
        for (int i = 0; i < 256; i++)
        {
            Assert.Equal(0, (expected[i] - result[i]) % Modulus);
        }
    }

    /// <summary>Coefficients of the noise follow the binomial distribution, and the matrix is uniform below the modulus.</summary>
    [Fact]
    public void Samples_HaveTheirDistributions()
    {
        MlKemPolynomial[] noise = new MlKemPolynomial[7];
        MlKemPolynomial[] matrix = new MlKemPolynomial[9];
        MlKemSampling.Noise(new byte[32], noise);
        MlKemSampling.Matrix(new byte[32], matrix);
        int[] counts = new int[5];
        double sum = 0;
        foreach (short value in MemoryMarshal.Cast<MlKemPolynomial, short>(noise.AsSpan()))
        {
            counts[value + 2]++;
        }

        foreach (short value in MemoryMarshal.Cast<MlKemPolynomial, short>(matrix.AsSpan()))
        {
            Assert.InRange(value, 0, Modulus - 1);
            sum += value;
        }

        // 1792 draws of 1, 4, 6, 4, 1 sixteenths; 2304 uniform draws: both within about four standard deviations.
        Assert.InRange(counts[0], 70, 154);
        Assert.InRange(counts[2], 590, 754);
        Assert.InRange(counts[4], 70, 154);
        Assert.InRange(sum / 2304, 1584, 1744);
    }

    private static void Fill(Random random, ref MlKemPolynomial polynomial)
    {
        for (int i = 0; i < 256; i++)
        {
            polynomial[i] = (short)random.Next(Modulus);
        }
    }

    private static void AddProduct(ref readonly MlKemPolynomial a, ref readonly MlKemPolynomial b, int[] sum)
    {
        for (int i = 0; i < 256; i++)
        {
            for (int j = 0; j < 256; j++)
            {
                int product = a[i] * b[j] % Modulus;
                int position = (i + j) % 256;
                sum[position] = (sum[position] + (i + j < 256 ? product : Modulus - product)) % Modulus;
            }
        }
    }
}
