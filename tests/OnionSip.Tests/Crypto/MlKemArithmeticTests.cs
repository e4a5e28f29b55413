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

    [Fact]
    public void Rounding_OfEveryResidue_EqualsDivision()
    {
        for (int value = 0; value < Modulus; value++)
        {
            Assert.Equal((ulong)((((value << 10) + (Modulus / 2)) / Modulus) & 0x3FF), MlKemCodec.Round10((short)value));
            Assert.Equal((uint)((((value << 4) + (Modulus / 2)) / Modulus) & 0xF), MlKemCodec.Round4((short)value));
            Assert.Equal((((value << 1) + (Modulus / 2)) / Modulus) & 1, MlKemCodec.Round1((short)value));
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
