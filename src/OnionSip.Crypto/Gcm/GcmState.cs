using System;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>Everything derived from one AES-256-GCM key. (CRYPTO.AEAD-PATHS)</summary>
/// <remarks>
/// Shape:   GHASH is computed as POLYVAL of the blocks with their octets reversed, under the reversed key times x (RFC 8452, appendix A).
/// Secrets: all of it; it lies in memory that its owner zeroes.
/// </remarks>
internal struct GcmState
{
    // x^127 + x^126 + x^121 + 1: what a bit shifted out of the top stands for.
    private const ulong CarryHigh = 0xC200_0000_0000_0000;
    private const ulong CarryLow = 1;

    public HashKeyTable HashKeys;
    public AesRoundKeys RoundKeys;

    /// <summary>The block of lengths of a cell (nothing associated, 2048 bits) times the hash key.</summary>
    public Vector128<ulong> CellLengthsTimesKey;

    /// <summary>Derives all of the state from a key; allocates nothing.</summary>
    public void SetKey(ReadOnlySpan<byte> key32)
    {
        AesRounds.ExpandKey(key32, MemoryMarshal.AsBytes((Span<Vector128<byte>>)RoundKeys));
        Vector128<byte> hashKey = GcmBlocks.Reverse(AesRounds.EncryptBlock(in RoundKeys, Vector128<byte>.Zero));
        HashKeys.SetHashKey(MultiplyByX(hashKey.AsUInt64()));
        HashKeys.ExpandPowers();
        CellLengthsTimesKey = PolyvalField.Multiply(GcmBlocks.Lengths(0, GcmBlocks.CellBytes), HashKeys.HashKey);
    }

    private static Vector128<ulong> MultiplyByX(Vector128<ulong> value)
    {
        ulong low = value.GetElement(0);
        ulong high = value.GetElement(1);
        ulong carry = unchecked(0 - (high >> 63));
        return Vector128.Create((low << 1) ^ (carry & CarryLow), ((high << 1) | (low >> 63)) ^ (carry & CarryHigh));
    }
}
