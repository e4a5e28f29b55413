using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>HCTR2 over cells: 248 octets under an 8-octet tweak, every length a constant. (CRYPTO.HCTR2, CRYPTO.HCTR2-PATHS)</summary>
/// <remarks>
/// Shape:   seven and eight AES blocks in flight, in locals: a struct of them is not kept in registers. The products of the hash are
///          computed between their rounds: of the cell's own first half, and when more cells follow of the whole next cell, whose
///          first block is a ninth AES block beside the second eight.
/// Bounds:  cells of 248 octets, apart from each other; checked by the caller.
/// </remarks>
internal static class Hctr2Cell<TSum, TDirection>
    where TSum : struct, IPolyvalSum
    where TDirection : struct, IHctr2Direction
{
    private const int BlockBytes = 16;
    private const int PartOffset = 15 * BlockBytes;

    // Lead block, fourteen whole blocks, one half block with its padding: sixteen products under one reduction.
    private const int Products = 16;

    // Never inlined, like the others: the compiler's budget for a method holds one of these bodies, not one for each path.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Process(ref readonly Hctr2State state, ulong tweak, ref byte cell)
    {
        Start(in state, tweak, ref cell, out Hctr2Middle middle);
        Finish(in state, in middle, ref cell);
    }

    /// <summary>The first half of the work on the first of several cells.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void StartFirst(ref readonly Hctr2State state, ulong tweak, ref byte cell, out Hctr2Middle middle) =>
        Start(in state, tweak, ref cell, out middle);

    /// <summary>Finishes one cell and starts the next beside it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FinishAndStart(
        ref readonly Hctr2State state, ref Hctr2Middle middle, ref byte cell,
        ref readonly Hctr2State nextState, ulong nextTweak, ref byte nextCell)
    {
        ref readonly AesRoundKeys keys = ref state.RoundKeys;
        Vector128<byte> nonce = middle.Nonce;
        Vector128<byte> block = middle.Block;
        Vector128<ulong> lead = middle.Lead;
        middle.Lead = Vector128.CreateScalar(nextTweak) ^ nextState.PartLengthTimesKey;
        TSum sum = default;
        PowerCursor powers = new(in nextState.HashKeys, Products);
        Vector128<byte> b0 = Counter(nonce, 1);
        Vector128<byte> b1 = Counter(nonce, 2);
        Vector128<byte> b2 = Counter(nonce, 3);
        Vector128<byte> b3 = Counter(nonce, 4);
        Vector128<byte> b4 = Counter(nonce, 5);
        Vector128<byte> b5 = Counter(nonce, 6);
        Vector128<byte> b6 = Counter(nonce, 7);
        for (nint at = AesRounds.FirstRound; at < AesRounds.FirstQuarter; at = AesRounds.Next(at))
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

        AddQuarter(ref sum, middle.Lead, ref nextCell, powers);
        for (nint at = AesRounds.FirstQuarter; at < AesRounds.SecondQuarter; at = AesRounds.Next(at))
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

        AddQuarter(ref sum, ref nextCell, 4, powers.Next(4));
        for (nint at = AesRounds.SecondQuarter; at < AesRounds.ThirdQuarter; at = AesRounds.Next(at))
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

        AddQuarter(ref sum, ref nextCell, 8, powers.Next(8));
        for (nint at = AesRounds.ThirdQuarter; at < AesRounds.LastRoundOffset; at = AesRounds.Next(at))
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

        AddLastQuarter(ref sum, ref nextCell, powers.Next(12));
        Vector128<byte> last = AesRounds.KeyOf(in keys, 14);
        _ = XorAt(ref cell, 1, AesRounds.LastRound(b0, last));
        _ = XorAt(ref cell, 2, AesRounds.LastRound(b1, last));
        _ = XorAt(ref cell, 3, AesRounds.LastRound(b2, last));
        _ = XorAt(ref cell, 4, AesRounds.LastRound(b3, last));
        _ = XorAt(ref cell, 5, AesRounds.LastRound(b4, last));
        _ = XorAt(ref cell, 6, AesRounds.LastRound(b5, last));
        _ = XorAt(ref cell, 7, AesRounds.LastRound(b6, last));

        ref readonly AesRoundKeys aheadKeys = ref nextState.RoundKeys;
        Vector128<byte> ahead = Vector128.LoadUnsafe(ref nextCell) ^ TDirection.FirstKey(in aheadKeys) ^ sum.Reduce().AsByte();
        Vector128<byte> aheadNonceKey = ahead ^ nextState.NonceMask ^ AesRounds.KeyOf(in aheadKeys, 14);
        sum = default;
        powers = new(in state.HashKeys, Products);
        b0 = Counter(nonce, 8);
        b1 = Counter(nonce, 9);
        b2 = Counter(nonce, 10);
        b3 = Counter(nonce, 11);
        b4 = Counter(nonce, 12);
        b5 = Counter(nonce, 13);
        b6 = Counter(nonce, 14);
        Vector128<byte> b7 = Counter(nonce, 15);
        for (nint at = AesRounds.FirstRound; at < AesRounds.FirstThird; at = AesRounds.Next(at))
        {
            Vector128<byte> key = AesRounds.KeyAt(in keys, at);
            ahead = TDirection.Round(ahead, in aheadKeys, at);
            b0 = AesRounds.Round(b0, key);
            b1 = AesRounds.Round(b1, key);
            b2 = AesRounds.Round(b2, key);
            b3 = AesRounds.Round(b3, key);
            b4 = AesRounds.Round(b4, key);
            b5 = AesRounds.Round(b5, key);
            b6 = AesRounds.Round(b6, key);
            b7 = AesRounds.Round(b7, key);
        }

        AddQuarter(ref sum, lead, ref cell, powers);
        for (nint at = AesRounds.FirstThird; at < AesRounds.SecondThird; at = AesRounds.Next(at))
        {
            Vector128<byte> key = AesRounds.KeyAt(in keys, at);
            ahead = TDirection.Round(ahead, in aheadKeys, at);
            b0 = AesRounds.Round(b0, key);
            b1 = AesRounds.Round(b1, key);
            b2 = AesRounds.Round(b2, key);
            b3 = AesRounds.Round(b3, key);
            b4 = AesRounds.Round(b4, key);
            b5 = AesRounds.Round(b5, key);
            b6 = AesRounds.Round(b6, key);
            b7 = AesRounds.Round(b7, key);
        }

        AddQuarter(ref sum, ref cell, 4, powers.Next(4));
        for (nint at = AesRounds.SecondThird; at < AesRounds.LastRoundOffset; at = AesRounds.Next(at))
        {
            Vector128<byte> key = AesRounds.KeyAt(in keys, at);
            ahead = TDirection.Round(ahead, in aheadKeys, at);
            b0 = AesRounds.Round(b0, key);
            b1 = AesRounds.Round(b1, key);
            b2 = AesRounds.Round(b2, key);
            b3 = AesRounds.Round(b3, key);
            b4 = AesRounds.Round(b4, key);
            b5 = AesRounds.Round(b5, key);
            b6 = AesRounds.Round(b6, key);
            b7 = AesRounds.Round(b7, key);
        }

        middle.Nonce = TDirection.LastRound(ahead, aheadNonceKey);
        middle.Block = TDirection.LastRound(ahead, TDirection.LastKey(in aheadKeys));
        last = AesRounds.KeyOf(in keys, 14);
        Vector128<ulong> v0 = XorAt(ref cell, 8, AesRounds.LastRound(b0, last));
        Vector128<ulong> v1 = XorAt(ref cell, 9, AesRounds.LastRound(b1, last));
        Vector128<ulong> v2 = XorAt(ref cell, 10, AesRounds.LastRound(b2, last));
        Vector128<ulong> v3 = XorAt(ref cell, 11, AesRounds.LastRound(b3, last));
        sum.Add4(v0, v1, v2, v3, powers.Next(8));
        v0 = XorAt(ref cell, 12, AesRounds.LastRound(b4, last));
        v1 = XorAt(ref cell, 13, AesRounds.LastRound(b5, last));
        v2 = XorAt(ref cell, 14, AesRounds.LastRound(b6, last));
        v3 = XorPart(ref cell, AesRounds.LastRound(b7, last));
        sum.Add4(v0, v1, v2, Padded(v3), powers.Next(12));
        (block ^ sum.Reduce().AsByte()).StoreUnsafe(ref cell);
    }

    /// <summary>The second half of the work on the last of several cells.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void FinishLast(ref readonly Hctr2State state, ref readonly Hctr2Middle middle, ref byte cell) =>
        Finish(in state, in middle, ref cell);

    /// <summary>The first hash and the first block's cipher.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Start(ref readonly Hctr2State state, ulong tweak, ref byte cell, out Hctr2Middle middle)
    {
        ref readonly AesRoundKeys keys = ref state.RoundKeys;
        middle.Lead = Vector128.CreateScalar(tweak) ^ state.PartLengthTimesKey;
        Vector128<byte> whitened = Vector128.LoadUnsafe(ref cell) ^ TDirection.FirstKey(in keys);
        TSum sum = default;
        PowerCursor powers = new(in state.HashKeys, Products);
        AddQuarter(ref sum, middle.Lead, ref cell, powers);
        AddQuarter(ref sum, ref cell, 4, powers.Next(4));
        AddQuarter(ref sum, ref cell, 8, powers.Next(8));
        AddLastQuarter(ref sum, ref cell, powers.Next(12));
        whitened ^= sum.Reduce().AsByte();
        Vector128<byte> inside = whitened;
        for (nint at = AesRounds.FirstRound; at < AesRounds.LastRoundOffset; at = AesRounds.Next(at))
        {
            inside = TDirection.Round(inside, in keys, at);
        }

        middle.Nonce = TDirection.LastRound(inside, whitened ^ state.NonceMask ^ AesRounds.KeyOf(in keys, 14));
        middle.Block = TDirection.LastRound(inside, TDirection.LastKey(in keys));
    }

    /// <summary>The keystream and the second hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(ref readonly Hctr2State state, ref readonly Hctr2Middle middle, ref byte cell)
    {
        ref readonly AesRoundKeys keys = ref state.RoundKeys;
        Vector128<byte> nonce = middle.Nonce;
        Vector128<byte> block = middle.Block;
        Vector128<byte> b0 = Counter(nonce, 1);
        Vector128<byte> b1 = Counter(nonce, 2);
        Vector128<byte> b2 = Counter(nonce, 3);
        Vector128<byte> b3 = Counter(nonce, 4);
        Vector128<byte> b4 = Counter(nonce, 5);
        Vector128<byte> b5 = Counter(nonce, 6);
        Vector128<byte> b6 = Counter(nonce, 7);
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
        _ = XorAt(ref cell, 1, AesRounds.LastRound(b0, last));
        _ = XorAt(ref cell, 2, AesRounds.LastRound(b1, last));
        _ = XorAt(ref cell, 3, AesRounds.LastRound(b2, last));
        _ = XorAt(ref cell, 4, AesRounds.LastRound(b3, last));
        _ = XorAt(ref cell, 5, AesRounds.LastRound(b4, last));
        _ = XorAt(ref cell, 6, AesRounds.LastRound(b5, last));
        _ = XorAt(ref cell, 7, AesRounds.LastRound(b6, last));

        b0 = Counter(nonce, 8);
        b1 = Counter(nonce, 9);
        b2 = Counter(nonce, 10);
        b3 = Counter(nonce, 11);
        b4 = Counter(nonce, 12);
        b5 = Counter(nonce, 13);
        b6 = Counter(nonce, 14);
        Vector128<byte> b7 = Counter(nonce, 15);
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
        AddQuarter(ref sum, middle.Lead, ref cell, powers);
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

        AddQuarter(ref sum, ref cell, 4, powers.Next(4));
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
        Vector128<ulong> v0 = XorAt(ref cell, 8, AesRounds.LastRound(b0, last));
        Vector128<ulong> v1 = XorAt(ref cell, 9, AesRounds.LastRound(b1, last));
        Vector128<ulong> v2 = XorAt(ref cell, 10, AesRounds.LastRound(b2, last));
        Vector128<ulong> v3 = XorAt(ref cell, 11, AesRounds.LastRound(b3, last));
        sum.Add4(v0, v1, v2, v3, powers.Next(8));
        v0 = XorAt(ref cell, 12, AesRounds.LastRound(b4, last));
        v1 = XorAt(ref cell, 13, AesRounds.LastRound(b5, last));
        v2 = XorAt(ref cell, 14, AesRounds.LastRound(b6, last));
        v3 = XorPart(ref cell, AesRounds.LastRound(b7, last));
        sum.Add4(v0, v1, v2, Padded(v3), powers.Next(12));
        (block ^ sum.Reduce().AsByte()).StoreUnsafe(ref cell);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> At(ref byte cell, int index) =>
        Vector128.LoadUnsafe(ref cell, (nuint)(index * BlockBytes)).AsUInt64();

    /// <summary>The lead block and the three after the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddQuarter(ref TSum sum, Vector128<ulong> lead, ref byte cell, PowerCursor powers) =>
        sum.Add4(lead, At(ref cell, 1), At(ref cell, 2), At(ref cell, 3), powers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddQuarter(ref TSum sum, ref byte cell, int index, PowerCursor powers) =>
        sum.Add4(At(ref cell, index), At(ref cell, index + 1), At(ref cell, index + 2), At(ref cell, index + 3), powers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddLastQuarter(ref TSum sum, ref byte cell, PowerCursor powers) =>
        sum.Add4(At(ref cell, 12), At(ref cell, 13), At(ref cell, 14), Padded(Part(ref cell)), powers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Part(ref byte cell) =>
        Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref cell, PartOffset)));

    /// <summary>The half block in the lower word, then a one and zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Padded(Vector128<ulong> part) => VectorLanes.LowWords(part, Vector128.Create(1UL));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Counter(Vector128<byte> nonce, ulong number) =>
        nonce ^ Vector128.CreateScalar(number).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> XorAt(ref byte cell, int index, Vector128<byte> keystream)
    {
        Vector128<byte> block = Vector128.LoadUnsafe(ref cell, (nuint)(index * BlockBytes)) ^ keystream;
        block.StoreUnsafe(ref cell, (nuint)(index * BlockBytes));
        return block.AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> XorPart(ref byte cell, Vector128<byte> keystream)
    {
        Vector128<ulong> part = Part(ref cell) ^ keystream.AsUInt64();
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref cell, PartOffset), part.ToScalar());
        return part;
    }
}
