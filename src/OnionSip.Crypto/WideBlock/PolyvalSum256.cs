using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnionSip.Crypto;

/// <summary>The sum by two blocks at a time.</summary>
/// <remarks>As with one block, the middle product is that of the sums of words.</remarks>
internal struct PolyvalSum256 : IPolyvalSum
{
    private Vector256<ulong> _low;
    private Vector256<ulong> _both;
    private Vector256<ulong> _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add1(Vector128<ulong> block, PowerCursor powers)
    {
        Vector128<ulong> power = powers.One;
        Vector128<ulong> wordSum = block ^ PolyvalField.SwapWords(block);
        _low ^= PolyvalField.MultiplyLow(block, power).ToVector256();
        _both ^= PolyvalField.MultiplyLow(wordSum, powers.OneWordSum).ToVector256();
        _high ^= PolyvalField.MultiplyHigh(block, power).ToVector256();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add2(Vector128<ulong> block0, Vector128<ulong> block1, PowerCursor powers)
    {
        Vector256<ulong> blocks = Vector256.Create(block0, block1);
        Vector256<ulong> factors = powers.Two;
        Vector128<ulong> wordSums = PolyvalField.WordSums(block0, block1);
        Vector128<ulong> factorSums = powers.TwoWordSums;
        _low ^= Pclmulqdq.V256.CarrylessMultiply(blocks, factors, 0x00);
        _both ^= (PolyvalField.MultiplyLow(wordSums, factorSums)
            ^ PolyvalField.MultiplyHigh(wordSums, factorSums)).ToVector256();
        _high ^= Pclmulqdq.V256.CarrylessMultiply(blocks, factors, 0x11);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add4(
        Vector128<ulong> block0, Vector128<ulong> block1, Vector128<ulong> block2, Vector128<ulong> block3,
        PowerCursor powers)
    {
        Vector256<ulong> blocks01 = Vector256.Create(block0, block1);
        Vector256<ulong> blocks23 = Vector256.Create(block2, block3);
        Vector256<ulong> factors01 = powers.Two;
        Vector256<ulong> factors23 = powers.Next(2).Two;

        // Word sums of blocks 0, 2 | 1, 3: within each half the instruction pairs the two vectors.
        Vector256<ulong> wordSums = Avx2.UnpackLow(blocks01, blocks23) ^ Avx2.UnpackHigh(blocks01, blocks23);
        Vector256<ulong> factorSums = Avx2.Permute4x64(powers.FourWordSums, 0b11_01_10_00);
        _low ^= Pclmulqdq.V256.CarrylessMultiply(blocks01, factors01, 0x00)
            ^ Pclmulqdq.V256.CarrylessMultiply(blocks23, factors23, 0x00);
        _both ^= Pclmulqdq.V256.CarrylessMultiply(wordSums, factorSums, 0x00)
            ^ Pclmulqdq.V256.CarrylessMultiply(wordSums, factorSums, 0x11);
        _high ^= Pclmulqdq.V256.CarrylessMultiply(blocks01, factors01, 0x11)
            ^ Pclmulqdq.V256.CarrylessMultiply(blocks23, factors23, 0x11);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce()
    {
        Vector128<ulong> low = _low.GetLower() ^ _low.GetUpper();
        Vector128<ulong> high = _high.GetLower() ^ _high.GetUpper();
        return PolyvalField.Reduce(low, _both.GetLower() ^ _both.GetUpper() ^ low ^ high, high);
    }
}
