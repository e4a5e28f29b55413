using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnionSip.Crypto;

/// <summary>The sum by two blocks at a time.</summary>
internal struct PolyvalSum256 : IPolyvalSum
{
    private Vector256<ulong> _low;
    private Vector256<ulong> _middle;
    private Vector256<ulong> _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add1(Vector128<ulong> block, ref readonly Vector128<ulong> power)
    {
        Vector128<ulong> factor = power;
        _low ^= PolyvalField.MultiplyLow(block, factor).ToVector256();
        _middle ^= (PolyvalField.MultiplyCross(block, factor) ^ PolyvalField.MultiplyCross(factor, block)).ToVector256();
        _high ^= PolyvalField.MultiplyHigh(block, factor).ToVector256();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add2(Vector128<ulong> block0, Vector128<ulong> block1, ref readonly Vector128<ulong> power)
    {
        Vector256<ulong> blocks = Vector256.Create(block0, block1);
        Vector256<ulong> factors = Unsafe.As<Vector128<ulong>, Vector256<ulong>>(ref Unsafe.AsRef(in power));
        _low ^= Pclmulqdq.V256.CarrylessMultiply(blocks, factors, 0x00);
        _middle ^= Pclmulqdq.V256.CarrylessMultiply(blocks, factors, 0x01)
            ^ Pclmulqdq.V256.CarrylessMultiply(blocks, factors, 0x10);
        _high ^= Pclmulqdq.V256.CarrylessMultiply(blocks, factors, 0x11);
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
    public readonly Vector128<ulong> Reduce() => PolyvalField.Reduce(
        _low.GetLower() ^ _low.GetUpper(), _middle.GetLower() ^ _middle.GetUpper(), _high.GetLower() ^ _high.GetUpper());
}
