using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>What differs between enciphering and deciphering a cell: the way its first block takes through AES. (CRYPTO.HCTR2)</summary>
/// <remarks>
/// The nonce comes out with the first round key in it when the last round ends with the other key of the block, the mask and the key that
/// ends the enciphering: three additions less to wait for than by the definition, and the same for both ways.
/// </remarks>
internal interface IHctr2Direction
{
    /// <summary>The round key that goes in before the rounds.</summary>
    static abstract Vector128<byte> FirstKey(ref readonly AesRoundKeys keys);

    /// <summary>One of the rounds between, by its place.</summary>
    static abstract Vector128<byte> Round(Vector128<byte> block, ref readonly AesRoundKeys keys, nint at);

    /// <summary>The last round, ending with any key.</summary>
    static abstract Vector128<byte> LastRound(Vector128<byte> block, Vector128<byte> key);

    /// <summary>The round key that the last round ends with.</summary>
    static abstract Vector128<byte> LastKey(ref readonly AesRoundKeys keys);
}

internal readonly struct Hctr2Enciphering : IHctr2Direction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> FirstKey(ref readonly AesRoundKeys keys) => AesRounds.KeyOf(in keys, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Round(Vector128<byte> block, ref readonly AesRoundKeys keys, nint at) =>
        AesRounds.Round(block, AesRounds.KeyAt(in keys, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LastRound(Vector128<byte> block, Vector128<byte> key) => AesRounds.LastRound(block, key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LastKey(ref readonly AesRoundKeys keys) => AesRounds.KeyOf(in keys, 14);
}

internal readonly struct Hctr2Deciphering : IHctr2Direction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> FirstKey(ref readonly AesRoundKeys keys) => AesRounds.KeyOf(in keys, 14);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Round(Vector128<byte> block, ref readonly AesRoundKeys keys, nint at) =>
        AesRounds.InverseRound(block, AesRounds.KeyAt(in keys, unchecked(AesRounds.LastRoundOffset - at)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LastRound(Vector128<byte> block, Vector128<byte> key) => AesRounds.InverseLastRound(block, key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LastKey(ref readonly AesRoundKeys keys) => AesRounds.KeyOf(in keys, 0);
}
