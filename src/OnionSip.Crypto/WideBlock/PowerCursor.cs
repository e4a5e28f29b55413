using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>A place among the hash key powers, from which a sum reads as many as it adds blocks.</summary>
internal readonly ref struct PowerCursor
{
    private readonly ref readonly Vector128<ulong> _power;
    private readonly ref readonly ulong _wordSum;

    /// <summary>Starts at the power with the given exponent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PowerCursor(ref readonly HashKeyTable keys, int exponent)
    {
        nint index = HashKeyPowers.Highest - exponent;
        _power = ref Unsafe.Add(ref Unsafe.As<HashKeyPowers, Vector128<ulong>>(ref Unsafe.AsRef(in keys.Powers)), index);
        _wordSum = ref Unsafe.Add(ref Unsafe.As<HashKeyWordSums, ulong>(ref Unsafe.AsRef(in keys.WordSums)), index);
    }

    private PowerCursor(ref readonly Vector128<ulong> power, ref readonly ulong wordSum)
    {
        _power = ref power;
        _wordSum = ref wordSum;
    }

    public Vector128<ulong> One => _power;

    public Vector256<ulong> Two => Unsafe.As<Vector128<ulong>, Vector256<ulong>>(ref Unsafe.AsRef(in _power));

    public Vector512<ulong> Four => Unsafe.As<Vector128<ulong>, Vector512<ulong>>(ref Unsafe.AsRef(in _power));

    public Vector128<ulong> OneWordSum => Vector128.CreateScalar(_wordSum);

    public Vector128<ulong> TwoWordSums => Vector128.LoadUnsafe(in _wordSum);

    public Vector256<ulong> FourWordSums => Vector256.LoadUnsafe(in _wordSum);

    /// <summary>The place that many powers further down.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PowerCursor Next(int count) => new(
        ref Unsafe.Add(ref Unsafe.AsRef(in _power), count), ref Unsafe.Add(ref Unsafe.AsRef(in _wordSum), count));
}
