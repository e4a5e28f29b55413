using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnionSip.Crypto;

/// <summary>The sum by four blocks at a time.</summary>
/// <remarks>Where there is no 512-bit multiply it is made of narrower ones, so that the path can be proven on any machine.</remarks>
internal struct PolyvalSum512 : IPolyvalSum
{
    private Vector512<ulong> _low;
    private Vector512<ulong> _middle;
    private Vector512<ulong> _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add1(Vector128<ulong> block, PowerCursor powers)
    {
        Vector128<ulong> factor = powers.One;
        _low ^= Widen(PolyvalField.MultiplyLow(block, factor));
        _middle ^= Widen(PolyvalField.MultiplyCross(block, factor) ^ PolyvalField.MultiplyCross(factor, block));
        _high ^= Widen(PolyvalField.MultiplyHigh(block, factor));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add2(Vector128<ulong> block0, Vector128<ulong> block1, PowerCursor powers)
    {
        // Zero blocks in the upper lanes: whatever powers follow do not count.
        AddProducts(Vector512.Create(Vector256.Create(block0, block1), Vector256<ulong>.Zero), powers.Four);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add4(
        Vector128<ulong> block0, Vector128<ulong> block1, Vector128<ulong> block2, Vector128<ulong> block3,
        PowerCursor powers)
    {
        AddProducts(Vector512.Create(Vector256.Create(block0, block1), Vector256.Create(block2, block3)), powers.Four);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector128<ulong> Reduce() => PolyvalField.Reduce(Fold(_low), Fold(_middle), Fold(_high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddProducts(Vector512<ulong> blocks, Vector512<ulong> factors)
    {
        if (Pclmulqdq.V512.IsSupported)
        {
            _low ^= Pclmulqdq.V512.CarrylessMultiply(blocks, factors, 0x00);
            _middle ^= Pclmulqdq.V512.CarrylessMultiply(blocks, factors, 0x01)
                ^ Pclmulqdq.V512.CarrylessMultiply(blocks, factors, 0x10);
            _high ^= Pclmulqdq.V512.CarrylessMultiply(blocks, factors, 0x11);
        }
        else
        {
            AddNarrow(blocks.GetLower().GetLower(), factors.GetLower().GetLower(), 0);
            AddNarrow(blocks.GetLower().GetUpper(), factors.GetLower().GetUpper(), 1);
            AddNarrow(blocks.GetUpper().GetLower(), factors.GetUpper().GetLower(), 2);
            AddNarrow(blocks.GetUpper().GetUpper(), factors.GetUpper().GetUpper(), 3);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AddNarrow(Vector128<ulong> block, Vector128<ulong> factor, int lane)
    {
        _low ^= Place(PolyvalField.MultiplyLow(block, factor), lane);
        _middle ^= Place(PolyvalField.MultiplyCross(block, factor) ^ PolyvalField.MultiplyCross(factor, block), lane);
        _high ^= Place(PolyvalField.MultiplyHigh(block, factor), lane);
    }

    private static Vector512<ulong> Place(Vector128<ulong> product, int lane)
    {
        Vector256<ulong> half = (lane & 1) == 0
            ? product.ToVector256()
            : Vector256.Create(Vector128<ulong>.Zero, product);
        return lane < 2 ? half.ToVector512() : Vector512.Create(Vector256<ulong>.Zero, half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Widen(Vector128<ulong> product) => product.ToVector256().ToVector512();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector512<ulong> lanes)
    {
        Vector256<ulong> half = lanes.GetLower() ^ lanes.GetUpper();
        return half.GetLower() ^ half.GetUpper();
    }
}
