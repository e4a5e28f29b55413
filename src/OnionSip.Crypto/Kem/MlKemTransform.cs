using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>The number-theoretic transform of ML-KEM and products of transforms. (CRYPTO.ML-KEM-ARITHMETIC)</summary>
/// <remarks>
/// Shape:   eight coefficients a vector; the last two layers exchange lanes between neighbouring vectors.
/// Source:  FIPS 203 §4.3, algorithms 9 to 12.
/// </remarks>
internal static class MlKemTransform
{
    private const int Modulus = MlKemPolynomial.Modulus;

    // R² modulo the modulus, and R²/128: what turns a product back after one and after the transform's growth.
    private const short RSquared = 1353;
    private const short RSquaredOver128 = 1441;

    // 17^bitreverse(i) · R, centred.
    private static readonly short[] s_roots = MakeRoots();
    private static readonly Vector128<short>[] s_pairRoots = MakeLaneRoots(64, 2);
    private static readonly Vector128<short>[] s_quadRoots = MakeLaneRoots(32, 4);
    private static readonly Vector128<short>[] s_productRoots = MakeProductRoots();

    /// <summary>Transforms in place; in: below the modulus in size; out: reduced.</summary>
    public static void Forward(ref MlKemPolynomial polynomial)
    {
        int root = 1;
        for (int distance = MlKemPolynomial.Vectors / 2; distance >= 1; distance /= 2)
        {
            for (int start = 0; start < MlKemPolynomial.Vectors; start += 2 * distance)
            {
                Vector128<short> zeta = Vector128.Create(s_roots[root++]);
                Vector128<short> scaled = zeta * Vector128.Create(MlKemArithmetic.InverseModulus);
                for (int i = start; i < start + distance; i++)
                {
                    ref Vector128<short> low = ref MlKemPolynomial.VectorAt(ref polynomial, i);
                    ref Vector128<short> high = ref Unsafe.Add(ref low, distance);
                    Vector128<short> turned = MlKemArithmetic.MultiplyMontgomery(high, zeta, scaled);
                    high = low - turned;
                    low += turned;
                }
            }
        }

        for (int i = 0; i < MlKemPolynomial.Vectors; i += 2)
        {
            ForwardLastLayers(ref MlKemPolynomial.VectorAt(ref polynomial, i), i / 2);
        }
    }

    /// <summary>Transforms back in place and multiplies by R; in and out: reduced.</summary>
    public static void Inverse(ref MlKemPolynomial polynomial)
    {
        for (int i = 0; i < MlKemPolynomial.Vectors; i += 2)
        {
            InverseFirstLayers(ref MlKemPolynomial.VectorAt(ref polynomial, i), i / 2);
        }

        int root = 31;
        for (int distance = 1; distance < MlKemPolynomial.Vectors; distance *= 2)
        {
            for (int start = 0; start < MlKemPolynomial.Vectors; start += 2 * distance)
            {
                Vector128<short> zeta = Vector128.Create(s_roots[root--]);
                Vector128<short> scaled = zeta * Vector128.Create(MlKemArithmetic.InverseModulus);
                for (int i = start; i < start + distance; i++)
                {
                    ref Vector128<short> low = ref MlKemPolynomial.VectorAt(ref polynomial, i);
                    ref Vector128<short> high = ref Unsafe.Add(ref low, distance);
                    Vector128<short> difference = high - low;
                    low = MlKemArithmetic.ReduceBarrett(low + high);
                    high = MlKemArithmetic.MultiplyMontgomery(difference, zeta, scaled);
                }
            }
        }

        Scale(ref polynomial, RSquaredOver128);
    }

    /// <summary>Multiplies by R, which a product lost; out: below the modulus in size.</summary>
    public static void ToMontgomery(ref MlKemPolynomial polynomial) => Scale(ref polynomial, RSquared);

    public static void Add(ref MlKemPolynomial target, ref readonly MlKemPolynomial other)
    {
        ref MlKemPolynomial source = ref Unsafe.AsRef(in other);
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            MlKemPolynomial.VectorAt(ref target, i) += MlKemPolynomial.VectorAt(ref source, i);
        }
    }

    public static void Subtract(ref MlKemPolynomial target, ref readonly MlKemPolynomial other)
    {
        ref MlKemPolynomial source = ref Unsafe.AsRef(in other);
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            MlKemPolynomial.VectorAt(ref target, i) -= MlKemPolynomial.VectorAt(ref source, i);
        }
    }

    /// <summary>The sum of three products of transforms, divided by R; in: factors below the modulus in size; out: the same.</summary>
    /// <remarks>Six products of 3329² stay below 2^15 · 3329, so one reduction per coefficient is enough.</remarks>
    public static void MultiplySum(
        Span<MlKemPolynomial> left, int leftStride, Span<MlKemPolynomial> right, ref MlKemPolynomial result)
    {
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            Vector128<short> roots = s_productRoots[i];
            Vector128<int> even = Vector128<int>.Zero;
            Vector128<int> odd = Vector128<int>.Zero;
            for (int k = 0; k < right.Length; k++)
            {
                Vector128<short> a = MlKemPolynomial.VectorAt(ref left[k * leftStride], i);
                Vector128<short> b = MlKemPolynomial.VectorAt(ref right[k], i);

                // Even lanes keep b0 and odd lanes get b1 times the root of their pair.
                Vector128<short> turned = MlKemArithmetic.MultiplyMontgomery(b, roots);
                Vector128<short> mixed = Vector128.ConditionalSelect(Vector128.Create(0x0000_FFFF).AsInt16(), b, turned);
                Vector128<int> swapped = (b.AsInt32() << 16) | (b.AsInt32() >>> 16);
                even += MlKemArithmetic.MultiplyPairs(a, mixed);
                odd += MlKemArithmetic.MultiplyPairs(a, swapped.AsInt16());
            }

            Vector128<int> result0 = DivideByR(even) >>> 16;
            Vector128<int> result1 = DivideByR(odd) & Vector128.Create(unchecked((int)0xFFFF_0000));
            MlKemPolynomial.VectorAt(ref result, i) = (result0 | result1).AsInt16();
        }
    }

    /// <summary>The quotient by R modulo the modulus, in the upper halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> DivideByR(Vector128<int> sum)
    {
        Vector128<short> factors = Vector128.Create(unchecked((ushort)MlKemArithmetic.InverseModulus)).AsInt16();
        Vector128<short> quotient = (sum.AsInt16() * factors) & Vector128.Create(0x0000_FFFF).AsInt16();
        return sum - MlKemArithmetic.MultiplyPairs(quotient, Vector128.Create(Modulus).AsInt16());
    }

    private static void Scale(ref MlKemPolynomial polynomial, short factor)
    {
        Vector128<short> factors = Vector128.Create(factor);
        for (int i = 0; i < MlKemPolynomial.Vectors; i++)
        {
            ref Vector128<short> vector = ref MlKemPolynomial.VectorAt(ref polynomial, i);
            vector = MlKemArithmetic.MultiplyMontgomery(vector, factors);
        }
    }

    /// <summary>Distances of four and two inside two neighbouring vectors, then the reduction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardLastLayers(ref Vector128<short> first, int pair)
    {
        ref Vector128<short> second = ref Unsafe.Add(ref first, 1);
        (Vector128<short> low, Vector128<short> high) = ExchangeHalves(first, second);
        Vector128<short> turned = MlKemArithmetic.MultiplyMontgomery(high, s_quadRoots[pair]);
        (Vector128<short> x, Vector128<short> y) = ExchangeHalves(low + turned, low - turned);

        (low, high) = SplitPairs(x, y);
        turned = MlKemArithmetic.MultiplyMontgomery(high, s_pairRoots[pair]);
        (x, y) = JoinPairs(low + turned, low - turned);
        first = MlKemArithmetic.ReduceBarrett(x);
        second = MlKemArithmetic.ReduceBarrett(y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InverseFirstLayers(ref Vector128<short> first, int pair)
    {
        // The roots of the inverse are the negatives of the forward ones in reverse order; the difference is turned round instead.
        int mirrored = (MlKemPolynomial.Vectors / 2) - 1 - pair;
        ref Vector128<short> second = ref Unsafe.Add(ref first, 1);
        (Vector128<short> low, Vector128<short> high) = SplitPairs(first, second);
        Vector128<short> roots = ReversePairs(s_pairRoots[mirrored]);
        Vector128<short> turned = MlKemArithmetic.MultiplyMontgomery(high - low, roots);
        (Vector128<short> x, Vector128<short> y) = JoinPairs(MlKemArithmetic.ReduceBarrett(low + high), turned);

        (low, high) = ExchangeHalves(x, y);
        roots = ReversePairs(s_quadRoots[mirrored]);
        turned = MlKemArithmetic.MultiplyMontgomery(high - low, roots);
        (first, second) = ExchangeHalves(MlKemArithmetic.ReduceBarrett(low + high), turned);
    }

    /// <summary>The lower halves of both, and the upper halves of both; its own inverse.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<short> Low, Vector128<short> High) ExchangeHalves(Vector128<short> a, Vector128<short> b) => (
        VectorLanes.LowWords(a.AsUInt64(), b.AsUInt64()).AsInt16(), VectorLanes.HighWords(a.AsUInt64(), b.AsUInt64()).AsInt16());

    /// <summary>The even and the odd pairs of both vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<short> Even, Vector128<short> Odd) SplitPairs(Vector128<short> a, Vector128<short> b)
    {
        Vector128<int> x = Vector128.Shuffle(a.AsInt32(), Vector128.Create(0, 2, 1, 3));
        Vector128<int> y = Vector128.Shuffle(b.AsInt32(), Vector128.Create(0, 2, 1, 3));
        return ExchangeHalves(x.AsInt16(), y.AsInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<short> First, Vector128<short> Second) JoinPairs(Vector128<short> even, Vector128<short> odd)
    {
        (Vector128<short> x, Vector128<short> y) = ExchangeHalves(even, odd);
        return (
            Vector128.Shuffle(x.AsInt32(), Vector128.Create(0, 2, 1, 3)).AsInt16(),
            Vector128.Shuffle(y.AsInt32(), Vector128.Create(0, 2, 1, 3)).AsInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> ReversePairs(Vector128<short> roots) =>
        Vector128.Shuffle(roots.AsInt32(), Vector128.Create(3, 2, 1, 0)).AsInt16();

    private static short[] MakeRoots()
    {
        short[] roots = new short[128];
        for (int i = 0; i < roots.Length; i++)
        {
            int power = ReverseBits(i);
            int value = (1 << 16) % Modulus;
            for (int k = 0; k < power; k++)
            {
                value = value * 17 % Modulus;
            }

            roots[i] = (short)(value > Modulus / 2 ? value - Modulus : value);
        }

        return roots;
    }

    private static int ReverseBits(int sevenBits)
    {
        int reversed = 0;
        for (int bit = 0; bit < 7; bit++)
        {
            reversed |= ((sevenBits >> bit) & 1) << (6 - bit);
        }

        return reversed;
    }

    // Roots from an index on, each repeated so that a vector holds as many as given.
    private static Vector128<short>[] MakeLaneRoots(int firstRoot, int repeated)
    {
        Vector128<short>[] vectors = new Vector128<short>[MlKemPolynomial.Vectors / 2];
        Span<short> lanes = MemoryMarshal.Cast<Vector128<short>, short>(vectors.AsSpan());
        for (int i = 0; i < lanes.Length; i++)
        {
            lanes[i] = s_roots[firstRoot + (i / repeated)];
        }

        return vectors;
    }

    // The product modulo x² - root, where pairs take turns with the root and its negative; even lanes are unused.
    private static Vector128<short>[] MakeProductRoots()
    {
        Vector128<short>[] vectors = new Vector128<short>[MlKemPolynomial.Vectors];
        Span<short> lanes = MemoryMarshal.Cast<Vector128<short>, short>(vectors.AsSpan());
        for (int i = 0; i < lanes.Length; i++)
        {
            short root = s_roots[64 + (i / 4)];
            lanes[i] = (i & 2) == 0 ? root : (short)-root;
        }

        return vectors;
    }
}
