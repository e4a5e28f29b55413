using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;

namespace OnionSip.Crypto;

/// <summary>The field of POLYVAL by carry-less multiply instructions. (CRYPTO.POLYVAL)</summary>
/// <remarks>
/// Shape:   GF(2^128) modulo x^128 + x^127 + x^126 + x^121 + 1; the product of a and b is a·b·x^-128.
/// Source:  RFC 8452 §3.
/// </remarks>
internal static class PolyvalField
{
    // x^-64 = x^64 + x^63 + x^62 + x^57 in this field: the last three terms as one word.
    private const ulong FoldTerms = 0xC200_0000_0000_0000;

    public static bool IsSupported => Pclmulqdq.IsSupported || ArmAes.IsSupported;

    /// <summary>Low half times low half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyLow(Vector128<ulong> a, Vector128<ulong> b) => Pclmulqdq.IsSupported
        ? Pclmulqdq.CarrylessMultiply(a, b, 0x00)
        : ArmAes.PolynomialMultiplyWideningLower(a.GetLower(), b.GetLower());

    /// <summary>High half times high half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyHigh(Vector128<ulong> a, Vector128<ulong> b) => Pclmulqdq.IsSupported
        ? Pclmulqdq.CarrylessMultiply(a, b, 0x11)
        : ArmAes.PolynomialMultiplyWideningUpper(a, b);

    /// <summary>Low half of a times high half of b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyCross(Vector128<ulong> a, Vector128<ulong> b) => Pclmulqdq.IsSupported
        ? Pclmulqdq.CarrylessMultiply(a, b, 0x10)
        : ArmAes.PolynomialMultiplyWideningLower(a.GetLower(), b.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Multiply(Vector128<ulong> a, Vector128<ulong> b) => Reduce(
        MultiplyLow(a, b), MultiplyCross(a, b) ^ MultiplyCross(b, a), MultiplyHigh(a, b));

    /// <summary>Folds a sum of 256-bit products, given as low, middle and high parts, into the field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Reduce(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
    {
        Vector128<ulong> terms = Vector128.CreateScalar(FoldTerms);
        low ^= ShiftUpByWord(middle);
        high ^= ShiftDownByWord(middle);
        low = SwapWords(low) ^ MultiplyLow(low, terms);
        return high ^ SwapWords(low) ^ MultiplyLow(low, terms);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> SwapWords(Vector128<ulong> value) => Vector128.Shuffle(value, Vector128.Create(1UL, 0UL));

    /// <summary>The low word plus the high word of each block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> WordSums(Vector128<ulong> block0, Vector128<ulong> block1) =>
        VectorLanes.LowWords(block0, block1) ^ VectorLanes.HighWords(block0, block1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> ShiftUpByWord(Vector128<ulong> value) => Sse2.IsSupported
        ? Sse2.ShiftLeftLogical128BitLane(value, 8)
        : Vector128.Create(Vector64<ulong>.Zero, value.GetLower());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> ShiftDownByWord(Vector128<ulong> value) => Sse2.IsSupported
        ? Sse2.ShiftRightLogical128BitLane(value, 8)
        : Vector128.Create(value.GetUpper(), Vector64<ulong>.Zero);
}
