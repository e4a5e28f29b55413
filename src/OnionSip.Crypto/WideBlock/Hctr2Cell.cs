using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>HCTR2 over one cell: 248 octets under an 8-octet tweak, every length a constant. (CRYPTO.HCTR2, CRYPTO.HCTR2-PATHS)</summary>
/// <remarks>
/// Shape:   seven and eight AES blocks in flight, in locals: a struct of them is not kept in registers. The hash of the first half is
///          computed between the rounds of the second.
/// Bounds:  a cell of 248 octets; checked by the caller.
/// </remarks>
internal static class Hctr2Cell<TSum>
    where TSum : struct, IPolyvalSum
{
    private const int BlockBytes = 16;
    private const int PartOffset = 15 * BlockBytes;

    // Lead block, fourteen whole blocks, one half block with its padding: sixteen products under one reduction.
    private const int Products = 16;

    public static void Encrypt(ref readonly Hctr2State state, ulong tweak, ref byte cell)
    {
        ref readonly AesRoundKeys keys = ref state.RoundKeys;
        Vector128<ulong> lead = Vector128.CreateScalar(tweak) ^ state.PartLengthTimesKey;
        Vector128<byte> first = Vector128.LoadUnsafe(ref cell);
        Vector128<byte> whitened = first ^ AesRounds.KeyOf(in keys, 0);
        Vector128<byte> hash = Hash(in state, lead, ref cell).AsByte();
        Vector128<byte> inside = AesRounds.MiddleRounds(in keys, whitened ^ hash);

        // The nonce with the first key in it, by a last key of its own: three additions less to wait for.
        Vector128<byte> last = AesRounds.KeyOf(in keys, 14);
        Vector128<byte> nonce = AesRounds.LastRound(inside, whitened ^ hash ^ state.NonceMask ^ last);
        Vector128<byte> enciphered = AesRounds.LastRound(inside, last);
        (enciphered ^ CountAndHash(in state, lead, nonce, ref cell).AsByte()).StoreUnsafe(ref cell);
    }

    public static void Decrypt(ref readonly Hctr2State state, ulong tweak, ref byte cell)
    {
        ref readonly AesRoundKeys keys = ref state.RoundKeys;
        Vector128<ulong> lead = Vector128.CreateScalar(tweak) ^ state.PartLengthTimesKey;
        Vector128<byte> first = Vector128.LoadUnsafe(ref cell);
        Vector128<byte> hash = Hash(in state, lead, ref cell).AsByte();
        Vector128<byte> inside = AesRounds.InverseMiddleRounds(in keys, first ^ AesRounds.KeyOf(in keys, 14) ^ hash);
        Vector128<byte> nonce = AesRounds.InverseLastRound(inside, first ^ hash ^ state.NonceMask);
        Vector128<byte> middle = AesRounds.InverseLastRound(inside, AesRounds.KeyOf(in keys, 0));
        (middle ^ CountAndHash(in state, lead, nonce, ref cell).AsByte()).StoreUnsafe(ref cell);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> At(ref byte cell, int index) =>
        Vector128.LoadUnsafe(ref cell, (nuint)(index * BlockBytes)).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Part(ulong word) => Vector128.Create(word, 1UL);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Hash(ref readonly Hctr2State state, Vector128<ulong> lead, ref byte cell)
    {
        TSum sum = default;
        PowerCursor powers = new(in state.HashKeys, Products);
        ulong part = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref cell, PartOffset));
        sum.Add4(lead, At(ref cell, 1), At(ref cell, 2), At(ref cell, 3), powers);
        sum.Add4(At(ref cell, 4), At(ref cell, 5), At(ref cell, 6), At(ref cell, 7), powers.Next(4));
        sum.Add4(At(ref cell, 8), At(ref cell, 9), At(ref cell, 10), At(ref cell, 11), powers.Next(8));
        sum.Add4(At(ref cell, 12), At(ref cell, 13), At(ref cell, 14), Part(part), powers.Next(12));
        return sum.Reduce();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Counter(Vector128<byte> whitened, ulong number) =>
        whitened ^ Vector128.CreateScalar(number).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> XorAt(ref byte cell, int index, Vector128<byte> keystream)
    {
        Vector128<byte> block = Vector128.LoadUnsafe(ref cell, (nuint)(index * BlockBytes)) ^ keystream;
        block.StoreUnsafe(ref cell, (nuint)(index * BlockBytes));
        return block.AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> CountAndHash(
        ref readonly Hctr2State state, Vector128<ulong> lead, Vector128<byte> whitened, ref byte cell)
    {
        ref readonly AesRoundKeys keys = ref state.RoundKeys;
        Vector128<byte> b0 = Counter(whitened, 1);
        Vector128<byte> b1 = Counter(whitened, 2);
        Vector128<byte> b2 = Counter(whitened, 3);
        Vector128<byte> b3 = Counter(whitened, 4);
        Vector128<byte> b4 = Counter(whitened, 5);
        Vector128<byte> b5 = Counter(whitened, 6);
        Vector128<byte> b6 = Counter(whitened, 7);
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
        }

        Vector128<byte> last = AesRounds.KeyOf(in keys, 14);
        XorAt(ref cell, 1, AesRounds.LastRound(b0, last));
        XorAt(ref cell, 2, AesRounds.LastRound(b1, last));
        XorAt(ref cell, 3, AesRounds.LastRound(b2, last));
        XorAt(ref cell, 4, AesRounds.LastRound(b3, last));
        XorAt(ref cell, 5, AesRounds.LastRound(b4, last));
        XorAt(ref cell, 6, AesRounds.LastRound(b5, last));
        XorAt(ref cell, 7, AesRounds.LastRound(b6, last));

        b0 = Counter(whitened, 8);
        b1 = Counter(whitened, 9);
        b2 = Counter(whitened, 10);
        b3 = Counter(whitened, 11);
        b4 = Counter(whitened, 12);
        b5 = Counter(whitened, 13);
        b6 = Counter(whitened, 14);
        Vector128<byte> b7 = Counter(whitened, 15);
        for (nint at = AesRounds.FirstRound; at < AesRounds.FirstThird; at = AesRounds.Next(at))
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

        TSum sum = default;
        PowerCursor powers = new(in state.HashKeys, Products);
        sum.Add4(lead, At(ref cell, 1), At(ref cell, 2), At(ref cell, 3), powers);
        for (nint at = AesRounds.FirstThird; at < AesRounds.SecondThird; at = AesRounds.Next(at))
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

        sum.Add4(At(ref cell, 4), At(ref cell, 5), At(ref cell, 6), At(ref cell, 7), powers.Next(4));
        for (nint at = AesRounds.SecondThird; at < AesRounds.LastRoundOffset; at = AesRounds.Next(at))
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
        Vector128<ulong> v1 = XorAt(ref cell, 8, AesRounds.LastRound(b0, last));
        Vector128<ulong> v2 = XorAt(ref cell, 9, AesRounds.LastRound(b1, last));
        Vector128<ulong> v3 = XorAt(ref cell, 10, AesRounds.LastRound(b2, last));
        Vector128<ulong> v4 = XorAt(ref cell, 11, AesRounds.LastRound(b3, last));
        sum.Add4(v1, v2, v3, v4, powers.Next(8));
        Vector128<ulong> v5 = XorAt(ref cell, 12, AesRounds.LastRound(b4, last));
        Vector128<ulong> v6 = XorAt(ref cell, 13, AesRounds.LastRound(b5, last));
        Vector128<ulong> v7 = XorAt(ref cell, 14, AesRounds.LastRound(b6, last));
        ref byte tail = ref Unsafe.Add(ref cell, PartOffset);
        ulong part = Unsafe.ReadUnaligned<ulong>(ref tail) ^ AesRounds.LastRound(b7, last).AsUInt64().ToScalar();
        Unsafe.WriteUnaligned(ref tail, part);
        sum.Add4(v5, v6, v7, Part(part), powers.Next(12));
        return sum.Reduce();
    }
}
