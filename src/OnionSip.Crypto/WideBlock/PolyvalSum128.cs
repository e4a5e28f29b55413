using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>The sum by one block at a time: the floor of the hardware paths.</summary>
/// <remarks>Three multiplies a block after Karatsuba: the middle one takes the sums of the words of both factors.</remarks>
internal struct PolyvalSum128 : IPolyvalSum
{
    private Vector128<ulong> _low;
    private Vector128<ulong> _both;
    private Vector128<ulong> _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add1(Vector128<ulong> block, PowerCursor powers)
    {
        Vector128<ulong> power = powers.One;
        _low ^= PolyvalField.MultiplyLow(block, power);
        _both ^= PolyvalField.MultiplyLow(block ^ PolyvalField.SwapWords(block), powers.OneWordSum);
        _high ^= PolyvalField.MultiplyHigh(block, power);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add2(Vector128<ulong> block0, Vector128<ulong> block1, PowerCursor powers)
    {
        Vector128<ulong> power0 = powers.One;
        Vector128<ulong> power1 = powers.Next(1).One;
        Vector128<ulong> wordSums = PolyvalField.WordSums(block0, block1);
        Vector128<ulong> factorSums = powers.TwoWordSums;
        _low ^= PolyvalField.MultiplyLow(block0, power0) ^ PolyvalField.MultiplyLow(block1, power1);
        _both ^= PolyvalField.MultiplyLow(wordSums, factorSums) ^ PolyvalField.MultiplyHigh(wordSums, factorSums);
        _high ^= PolyvalField.MultiplyHigh(block0, power0) ^ PolyvalField.MultiplyHigh(block1, power1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add4(
        Vector128<ulong> block0, Vector128<ulong> block1, Vector128<ulong> block2, Vector128<ulong> block3,
        PowerCursor powers)
    {
        Add2(block0, block1, powers);
        Add2(block2, block3, powers.Next(2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce() => PolyvalField.Reduce(_low, _both ^ _low ^ _high, _high);
}
