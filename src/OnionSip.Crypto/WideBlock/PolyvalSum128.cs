using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>The sum by one block at a time: the floor of the hardware paths.</summary>
internal struct PolyvalSum128 : IPolyvalSum
{
    private Vector128<ulong> _low;
    private Vector128<ulong> _middle;
    private Vector128<ulong> _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add1(Vector128<ulong> block, ref readonly Vector128<ulong> power)
    {
        Vector128<ulong> factor = power;
        _low ^= PolyvalField.MultiplyLow(block, factor);
        _middle ^= PolyvalField.MultiplyCross(block, factor) ^ PolyvalField.MultiplyCross(factor, block);
        _high ^= PolyvalField.MultiplyHigh(block, factor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add2(Vector128<ulong> block0, Vector128<ulong> block1, ref readonly Vector128<ulong> power)
    {
        Add1(block0, in power);
        Add1(block1, in Unsafe.Add(ref Unsafe.AsRef(in power), 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add4(
        Vector128<ulong> block0, Vector128<ulong> block1, Vector128<ulong> block2, Vector128<ulong> block3,
        ref readonly Vector128<ulong> power)
    {
        Add2(block0, block1, in power);
        Add2(block2, block3, in Unsafe.Add(ref Unsafe.AsRef(in power), 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce() => PolyvalField.Reduce(_low, _middle, _high);
}
