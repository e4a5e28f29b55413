using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace OnionSip.Crypto;

/// <summary>Moves of lanes that the portable vector types spell slowly.</summary>
internal static class VectorLanes
{
    /// <summary>The octets with the given numbers; zero where the number is 128.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Pick(Vector128<byte> octets, Vector128<byte> numbers) =>
        Ssse3.IsSupported ? Ssse3.Shuffle(octets, numbers)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.VectorTableLookup(octets, numbers)
        : Vector128.Shuffle(octets, numbers);

    /// <summary>The low words of both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> LowWords(Vector128<ulong> a, Vector128<ulong> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a.GetLower(), b.GetLower());

    /// <summary>The high words of both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> HighWords(Vector128<ulong> a, Vector128<ulong> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a.GetUpper(), b.GetUpper());
}
