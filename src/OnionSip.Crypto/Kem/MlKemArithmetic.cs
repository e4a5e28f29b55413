using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnionSip.Crypto;

/// <summary>Arithmetic modulo 3329 on eight 16-bit residues, without divisions or branches. (CRYPTO.ML-KEM-ARITHMETIC)</summary>
/// <remarks>Shape: Montgomery factor R = 2^16; residues are signed and stay within the bounds each method names.</remarks>
internal static class MlKemArithmetic
{
    private const short Modulus = MlKemPolynomial.Modulus;

    /// <summary>The inverse of the modulus modulo 2^16, as a signed number.</summary>
    public const short InverseModulus = -3327;

    // round(2^26 / 3329), for Barrett reduction.
    private const short BarrettFactor = 20159;

    /// <summary>a·b / R, below the modulus in size if |a·b| is below 2^15 times the modulus.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> MultiplyMontgomery(Vector128<short> a, Vector128<short> b)
    {
        Vector128<short> quotient = a * b * Vector128.Create(InverseModulus);
        return MultiplyHigh(a, b) - MultiplyHigh(quotient, Vector128.Create(Modulus));
    }

    /// <summary>As the other, where the second factor's product with the inverse modulus is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> MultiplyMontgomery(
        Vector128<short> a, Vector128<short> b, Vector128<short> bTimesInverse)
    {
        Vector128<short> quotient = a * bTimesInverse;
        return MultiplyHigh(a, b) - MultiplyHigh(quotient, Vector128.Create(Modulus));
    }

    /// <summary>The residue from -1664 to 1664 (one beyond at most) of any 16-bit number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> ReduceBarrett(Vector128<short> a)
    {
        Vector128<short> quotient = (MultiplyHigh(a, Vector128.Create(BarrettFactor)) + Vector128.Create((short)512)) >> 10;
        return a - (quotient * Vector128.Create(Modulus));
    }

    /// <summary>The residue from 0 to 3328 of a reduced number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> ToCanonical(Vector128<short> a)
    {
        Vector128<short> reduced = ReduceBarrett(a);
        return reduced + ((reduced >> 15) & Vector128.Create(Modulus));
    }

    /// <summary>The upper halves of the eight signed 32-bit products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> MultiplyHigh(Vector128<short> a, Vector128<short> b)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.MultiplyHigh(a, b);
        }

        (Vector128<int> aLow, Vector128<int> aHigh) = Vector128.Widen(a);
        (Vector128<int> bLow, Vector128<int> bHigh) = Vector128.Widen(b);
        return Vector128.Narrow((aLow * bLow) >> 16, (aHigh * bHigh) >> 16);
    }

    /// <summary>Sums of the products of neighbours: a0·b0 + a1·b1 and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> MultiplyPairs(Vector128<short> a, Vector128<short> b)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.MultiplyAddAdjacent(a, b);
        }

        Vector128<int> even = ((a.AsInt32() << 16) >> 16) * ((b.AsInt32() << 16) >> 16);
        return even + ((a.AsInt32() >> 16) * (b.AsInt32() >> 16));
    }
}
