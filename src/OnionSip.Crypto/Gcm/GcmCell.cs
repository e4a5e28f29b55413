using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>AES-256-GCM over one cell: 256 octets, nothing associated, every length a constant. (CRYPTO.AEAD-PATHS)</summary>
/// <remarks>
/// Shape:   nine and eight AES blocks in flight, in locals: a struct of them is not kept in registers.
///          Sixteen products under one reduction; those of the first half begin while the second is enciphered.
/// Bounds:  text of 256 octets, sealed bytes of 272; checked by the caller. Both may start at the same place.
/// </remarks>
internal static class GcmCell<TSum>
    where TSum : struct, IPolyvalSum
{
    // The block of lengths comes after the text, so that its first block meets the highest power.
    private const int FirstPower = GcmBlocks.CellBlocks + 1;

    // Never inlined: the compiler's budget for a method holds one of these bodies, not one for each path.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Seal(ref readonly GcmState state, Vector128<byte> nonce, ref byte text, ref byte sealedBytes)
    {
        ref readonly AesRoundKeys keys = ref state.RoundKeys;
        Vector128<byte> whitened = nonce ^ AesRounds.KeyOf(in keys, 0);
        Vector128<byte> mask = GcmBlocks.Counter(whitened, GcmBlocks.TagCounter);
        Vector128<byte> b0 = GcmBlocks.Counter(whitened, 2);
        Vector128<byte> b1 = GcmBlocks.Counter(whitened, 3);
        Vector128<byte> b2 = GcmBlocks.Counter(whitened, 4);
        Vector128<byte> b3 = GcmBlocks.Counter(whitened, 5);
        Vector128<byte> b4 = GcmBlocks.Counter(whitened, 6);
        Vector128<byte> b5 = GcmBlocks.Counter(whitened, 7);
        Vector128<byte> b6 = GcmBlocks.Counter(whitened, 8);
        Vector128<byte> b7 = GcmBlocks.Counter(whitened, 9);
        for (nint at = AesRounds.FirstRound; at < AesRounds.LastRoundOffset; at = AesRounds.Next(at))
        {
            Vector128<byte> key = AesRounds.KeyAt(in keys, at);
            mask = AesRounds.Round(mask, key);
            b0 = AesRounds.Round(b0, key);
            b1 = AesRounds.Round(b1, key);
            b2 = AesRounds.Round(b2, key);
            b3 = AesRounds.Round(b3, key);
            b4 = AesRounds.Round(b4, key);
            b5 = AesRounds.Round(b5, key);
            b6 = AesRounds.Round(b6, key);
            b7 = AesRounds.Round(b7, key);
        }

        Vector128<byte> last = AesRounds.KeyOf(in keys, 14);
        mask = AesRounds.LastRound(mask, last);
        TSum sum = default;
        PowerCursor powers = new(in state.HashKeys, FirstPower);
        Vector128<ulong> v0 = Xor(ref text, ref sealedBytes, 0, b0, last);
        Vector128<ulong> v1 = Xor(ref text, ref sealedBytes, 1, b1, last);
        Vector128<ulong> v2 = Xor(ref text, ref sealedBytes, 2, b2, last);
        Vector128<ulong> v3 = Xor(ref text, ref sealedBytes, 3, b3, last);
        sum.Add4(v0, v1, v2, v3, powers);
        v0 = Xor(ref text, ref sealedBytes, 4, b4, last);
        v1 = Xor(ref text, ref sealedBytes, 5, b5, last);
        v2 = Xor(ref text, ref sealedBytes, 6, b6, last);
        v3 = Xor(ref text, ref sealedBytes, 7, b7, last);
        sum.Add4(v0, v1, v2, v3, powers.Next(4));
        b0 = GcmBlocks.Counter(whitened, 10);
        b1 = GcmBlocks.Counter(whitened, 11);
        b2 = GcmBlocks.Counter(whitened, 12);
        b3 = GcmBlocks.Counter(whitened, 13);
        b4 = GcmBlocks.Counter(whitened, 14);
        b5 = GcmBlocks.Counter(whitened, 15);
        b6 = GcmBlocks.Counter(whitened, 16);
        b7 = GcmBlocks.Counter(whitened, 17);
        for (nint at = AesRounds.FirstRound; at < AesRounds.LastRoundOffset; at = AesRounds.Next(at))
        {
            Vector128<byte> key = AesRounds.KeyAt(in keys, at);
            b0 = AesRounds.Round(b0, key);
            b1 = AesRounds.Round(b1, key);
            b2 = AesRounds.Round(b2, key);
            b3 = AesRounds.Round(b3, key);
            b4 = AesRounds.Round(b4, key);
            b5 = AesRounds.Round(b5, key);
            b6 = AesRounds.Round(b6, key);
            b7 = AesRounds.Round(b7, key);
        }

        last = AesRounds.KeyOf(in keys, 14);
        v0 = Xor(ref text, ref sealedBytes, 8, b0, last);
        v1 = Xor(ref text, ref sealedBytes, 9, b1, last);
        v2 = Xor(ref text, ref sealedBytes, 10, b2, last);
        v3 = Xor(ref text, ref sealedBytes, 11, b3, last);
        sum.Add4(v0, v1, v2, v3, powers.Next(8));
        v0 = Xor(ref text, ref sealedBytes, 12, b4, last);
        v1 = Xor(ref text, ref sealedBytes, 13, b5, last);
        v2 = Xor(ref text, ref sealedBytes, 14, b6, last);
        v3 = Xor(ref text, ref sealedBytes, 15, b7, last);
        sum.Add4(v0, v1, v2, v3, powers.Next(12));
        Vector128<ulong> hash = sum.Reduce() ^ state.CellLengthsTimesKey;
        (GcmBlocks.Reverse(hash.AsByte()) ^ mask).StoreUnsafe(ref sealedBytes, GcmBlocks.CellBytes);
    }

    /// <summary>False, and no text written, when the tag is not that of the ciphertext.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool TryOpen(ref readonly GcmState state, Vector128<byte> nonce, ref byte sealedBytes, ref byte text)
    {
        ref readonly AesRoundKeys keys = ref state.RoundKeys;
        Vector128<byte> whitened = nonce ^ AesRounds.KeyOf(in keys, 0);
        Vector128<byte> mask = GcmBlocks.Counter(whitened, GcmBlocks.TagCounter);
        TSum sum = default;
        PowerCursor powers = new(in state.HashKeys, FirstPower);
        AddFour(ref sum, ref sealedBytes, 0, powers);
        AddFour(ref sum, ref sealedBytes, 4, powers.Next(4));
        AddFour(ref sum, ref sealedBytes, 8, powers.Next(8));
        AddFour(ref sum, ref sealedBytes, 12, powers.Next(12));
        Vector128<byte> b0 = GcmBlocks.Counter(whitened, 2);
        Vector128<byte> b1 = GcmBlocks.Counter(whitened, 3);
        Vector128<byte> b2 = GcmBlocks.Counter(whitened, 4);
        Vector128<byte> b3 = GcmBlocks.Counter(whitened, 5);
        Vector128<byte> b4 = GcmBlocks.Counter(whitened, 6);
        Vector128<byte> b5 = GcmBlocks.Counter(whitened, 7);
        Vector128<byte> b6 = GcmBlocks.Counter(whitened, 8);
        Vector128<byte> b7 = GcmBlocks.Counter(whitened, 9);
        for (nint at = AesRounds.FirstRound; at < AesRounds.LastRoundOffset; at = AesRounds.Next(at))
        {
            Vector128<byte> key = AesRounds.KeyAt(in keys, at);
            mask = AesRounds.Round(mask, key);
            b0 = AesRounds.Round(b0, key);
            b1 = AesRounds.Round(b1, key);
            b2 = AesRounds.Round(b2, key);
            b3 = AesRounds.Round(b3, key);
            b4 = AesRounds.Round(b4, key);
            b5 = AesRounds.Round(b5, key);
            b6 = AesRounds.Round(b6, key);
            b7 = AesRounds.Round(b7, key);
        }

        Vector128<ulong> hash = sum.Reduce() ^ state.CellLengthsTimesKey;
        Vector128<byte> last = AesRounds.KeyOf(in keys, 14);
        Vector128<byte> tag = GcmBlocks.Reverse(hash.AsByte()) ^ AesRounds.LastRound(mask, last);
        if (tag != Vector128.LoadUnsafe(ref sealedBytes, GcmBlocks.CellBytes))
        {
            return false;
        }

        _ = Xor(ref sealedBytes, ref text, 0, b0, last);
        _ = Xor(ref sealedBytes, ref text, 1, b1, last);
        _ = Xor(ref sealedBytes, ref text, 2, b2, last);
        _ = Xor(ref sealedBytes, ref text, 3, b3, last);
        _ = Xor(ref sealedBytes, ref text, 4, b4, last);
        _ = Xor(ref sealedBytes, ref text, 5, b5, last);
        _ = Xor(ref sealedBytes, ref text, 6, b6, last);
        _ = Xor(ref sealedBytes, ref text, 7, b7, last);
        b0 = GcmBlocks.Counter(whitened, 10);
        b1 = GcmBlocks.Counter(whitened, 11);
        b2 = GcmBlocks.Counter(whitened, 12);
        b3 = GcmBlocks.Counter(whitened, 13);
        b4 = GcmBlocks.Counter(whitened, 14);
        b5 = GcmBlocks.Counter(whitened, 15);
        b6 = GcmBlocks.Counter(whitened, 16);
        b7 = GcmBlocks.Counter(whitened, 17);
        for (nint at = AesRounds.FirstRound; at < AesRounds.LastRoundOffset; at = AesRounds.Next(at))
        {
            Vector128<byte> key = AesRounds.KeyAt(in keys, at);
            b0 = AesRounds.Round(b0, key);
            b1 = AesRounds.Round(b1, key);
            b2 = AesRounds.Round(b2, key);
            b3 = AesRounds.Round(b3, key);
            b4 = AesRounds.Round(b4, key);
            b5 = AesRounds.Round(b5, key);
            b6 = AesRounds.Round(b6, key);
            b7 = AesRounds.Round(b7, key);
        }

        _ = Xor(ref sealedBytes, ref text, 8, b0, last);
        _ = Xor(ref sealedBytes, ref text, 9, b1, last);
        _ = Xor(ref sealedBytes, ref text, 10, b2, last);
        _ = Xor(ref sealedBytes, ref text, 11, b3, last);
        _ = Xor(ref sealedBytes, ref text, 12, b4, last);
        _ = Xor(ref sealedBytes, ref text, 13, b5, last);
        _ = Xor(ref sealedBytes, ref text, 14, b6, last);
        _ = Xor(ref sealedBytes, ref text, 15, b7, last);
        return true;
    }

    /// <summary>Ends the cipher of one counter block over a block of input, writes the result and gives it reversed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Xor(ref byte source, ref byte destination, int index, Vector128<byte> state, Vector128<byte> lastKey)
    {
        nuint offset = (nuint)(index * GcmBlocks.BlockBytes);
        Vector128<byte> block = Vector128.LoadUnsafe(ref source, offset) ^ AesRounds.LastRound(state, lastKey);
        block.StoreUnsafe(ref destination, offset);
        return GcmBlocks.Reverse(block).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFour(ref TSum sum, ref byte blocks, int index, PowerCursor powers) => sum.Add4(
        Load(ref blocks, index), Load(ref blocks, index + 1), Load(ref blocks, index + 2), Load(ref blocks, index + 3), powers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ref byte blocks, int index) =>
        GcmBlocks.Reverse(Vector128.LoadUnsafe(ref blocks, (nuint)(index * GcmBlocks.BlockBytes))).AsUInt64();
}
