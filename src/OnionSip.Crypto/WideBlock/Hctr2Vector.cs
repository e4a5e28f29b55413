using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>HCTR2 by vector instructions, over one width of hash sum. (CRYPTO.HCTR2, CRYPTO.HCTR2-VECTORS)</summary>
/// <remarks>
/// Shape:   eight AES blocks in flight; the hash of up to fifteen blocks and the tweak is one sum with one reduction.
/// Bounds:  the message is at least one block; checked by the caller.
/// </remarks>
internal static class Hctr2Vector<TSum>
    where TSum : struct, IPolyvalSum
{
    private const int BlockBytes = 16;
    private const int GroupBytes = 8 * BlockBytes;

    private const int ChunkBlocks = 16;

    // A message longer than this is hashed in chunks of sixteen blocks.
    private const int SingleSumBlocks = ChunkBlocks - 1;
    private const int ChunkBytes = ChunkBlocks * BlockBytes;

    public static void Encrypt(ref readonly Hctr2State state, ReadOnlySpan<byte> tweak, Span<byte> buffer)
    {
        ref byte first = ref MemoryMarshal.GetReference(buffer);
        ref byte rest = ref Unsafe.Add(ref first, BlockBytes);
        int restBytes = buffer.Length - BlockBytes;
        Vector128<ulong> lead = LeadBlock(in state, tweak, restBytes);

        Vector128<byte> middle = Vector128.LoadUnsafe(ref first) ^ Hash(in state, lead, ref rest, restBytes).AsByte();
        Vector128<byte> enciphered = AesRounds.EncryptBlock(in state.RoundKeys, middle);
        Vector128<byte> nonce = middle ^ enciphered ^ state.NonceMask;
        (enciphered ^ CountAndHash(in state, lead, nonce, ref rest, restBytes).AsByte()).StoreUnsafe(ref first);
    }

    public static void Decrypt(ref readonly Hctr2State state, ReadOnlySpan<byte> tweak, Span<byte> buffer)
    {
        ref byte first = ref MemoryMarshal.GetReference(buffer);
        ref byte rest = ref Unsafe.Add(ref first, BlockBytes);
        int restBytes = buffer.Length - BlockBytes;
        Vector128<ulong> lead = LeadBlock(in state, tweak, restBytes);

        Vector128<byte> enciphered = Vector128.LoadUnsafe(ref first) ^ Hash(in state, lead, ref rest, restBytes).AsByte();
        Vector128<byte> middle = AesRounds.DecryptBlock(in state.RoundKeys, enciphered);
        Vector128<byte> nonce = middle ^ enciphered ^ state.NonceMask;
        (middle ^ CountAndHash(in state, lead, nonce, ref rest, restBytes).AsByte()).StoreUnsafe(ref first);
    }

    /// <summary>POLYVAL over a lead block (already the sum of what came before it) and then the rest of the message.</summary>
    public static Vector128<ulong> Hash(
        ref readonly Hctr2State state, Vector128<ulong> lead, ref byte rest, int restBytes)
    {
        int blocks = BlockCount(restBytes);
        if (blocks <= SingleSumBlocks)
        {
            return HashChunk(in state, lead, blocks + 1, ref rest, restBytes);
        }

        lead = PolyvalField.Multiply(lead, state.HashKey);
        while (restBytes > 0)
        {
            int taken = Math.Min(restBytes, ChunkBytes);
            lead = HashChunk(in state, lead, BlockCount(taken), ref rest, taken);
            rest = ref Unsafe.Add(ref rest, taken);
            restBytes -= taken;
        }

        return lead;
    }

    /// <summary>Adds the counter-mode keystream to the rest in place and gives the hash of the result.</summary>
    private static Vector128<ulong> CountAndHash(
        ref readonly Hctr2State state, Vector128<ulong> lead, Vector128<byte> nonce, ref byte rest, int restBytes)
    {
        int blocks = BlockCount(restBytes);
        Vector128<byte> whitened = nonce ^ AesRounds.KeyOf(in state.RoundKeys, 0);
        if (blocks <= SingleSumBlocks)
        {
            return CountAndHashChunk(in state, lead, blocks + 1, whitened, 1, ref rest, restBytes);
        }

        lead = PolyvalField.Multiply(lead, state.HashKey);
        ulong counter = 1;
        while (restBytes > 0)
        {
            int taken = Math.Min(restBytes, ChunkBytes);
            lead = CountAndHashChunk(in state, lead, BlockCount(taken), whitened, counter, ref rest, taken);
            rest = ref Unsafe.Add(ref rest, taken);
            restBytes -= taken;
            counter += ChunkBlocks;
        }

        return lead;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int BlockCount(int bytes) => (bytes + BlockBytes - 1) >>> 4;

    /// <summary>The hash state that the tweak leaves, before the multiplication that follows its last block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> LeadBlock(ref readonly Hctr2State state, ReadOnlySpan<byte> tweak, int restBytes)
    {
        bool isPart = (restBytes & (BlockBytes - 1)) != 0;
        if (tweak.Length == Hctr2State.UsualTweakBytes)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref MemoryMarshal.GetReference(tweak));
            return Vector128.CreateScalar(word) ^ (isPart ? state.PartLengthTimesKey : state.WholeLengthTimesKey);
        }

        return LongLeadBlock(in state, tweak, isPart);
    }

    private static Vector128<ulong> LongLeadBlock(ref readonly Hctr2State state, ReadOnlySpan<byte> tweak, bool isPart)
    {
        Vector128<ulong> lead = Hctr2State.LengthBlock(tweak.Length, isPart);
        Span<byte> padded = stackalloc byte[BlockBytes];
        while (!tweak.IsEmpty)
        {
            int taken = Math.Min(tweak.Length, BlockBytes);
            padded.Clear();
            tweak[..taken].CopyTo(padded);
            lead = PolyvalField.Multiply(lead, state.HashKey) ^ Vector128.Create<byte>(padded).AsUInt64();
            tweak = tweak[taken..];
        }

        return lead;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> BlockAt(ref byte start, int index) =>
        Vector128.LoadUnsafe(ref start, (nuint)(index * BlockBytes)).AsUInt64();

    private static Vector128<ulong> HashChunk(
        ref readonly Hctr2State state, Vector128<ulong> lead, int leadPower, ref byte rest, int restBytes)
    {
        TSum sum = default;
        sum.Add1(lead, new PowerCursor(in state.HashKeys, leadPower));
        PowerCursor powers = new(in state.HashKeys, BlockCount(restBytes));
        while (restBytes >= GroupBytes)
        {
            sum.Add4(BlockAt(ref rest, 0), BlockAt(ref rest, 1), BlockAt(ref rest, 2), BlockAt(ref rest, 3), powers);
            sum.Add4(BlockAt(ref rest, 4), BlockAt(ref rest, 5), BlockAt(ref rest, 6), BlockAt(ref rest, 7), powers.Next(4));
            powers = powers.Next(8);
            rest = ref Unsafe.Add(ref rest, GroupBytes);
            restBytes -= GroupBytes;
        }

        AddRemainder(ref sum, powers, ref rest, restBytes);
        return sum.Reduce();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRemainder(ref TSum sum, PowerCursor powers, ref byte rest, int restBytes)
    {
        if ((restBytes & 64) != 0)
        {
            sum.Add4(BlockAt(ref rest, 0), BlockAt(ref rest, 1), BlockAt(ref rest, 2), BlockAt(ref rest, 3), powers);
            powers = powers.Next(4);
            rest = ref Unsafe.Add(ref rest, 64);
        }

        if ((restBytes & 32) != 0)
        {
            sum.Add2(BlockAt(ref rest, 0), BlockAt(ref rest, 1), powers);
            powers = powers.Next(2);
            rest = ref Unsafe.Add(ref rest, 32);
        }

        if ((restBytes & 16) != 0)
        {
            sum.Add1(BlockAt(ref rest, 0), powers);
            powers = powers.Next(1);
            rest = ref Unsafe.Add(ref rest, 16);
        }

        int part = restBytes & 15;
        if (part != 0)
        {
            sum.Add1(PartBlock.Pad(PartBlock.Load(ref rest, part), part).AsUInt64(), powers);
        }
    }

    private static Vector128<ulong> CountAndHashChunk(
        ref readonly Hctr2State state, Vector128<ulong> lead, int leadPower,
        Vector128<byte> whitened, ulong counter, ref byte rest, int restBytes)
    {
        TSum sum = default;
        sum.Add1(lead, new PowerCursor(in state.HashKeys, leadPower));
        PowerCursor powers = new(in state.HashKeys, BlockCount(restBytes));
        while (restBytes >= GroupBytes)
        {
            CountGroup(ref sum, in state.RoundKeys, whitened, counter, ref rest, powers);
            powers = powers.Next(8);
            rest = ref Unsafe.Add(ref rest, GroupBytes);
            restBytes -= GroupBytes;
            counter += 8;
        }

        if (restBytes != 0)
        {
            CountRemainder(ref sum, in state.RoundKeys, whitened, counter, ref rest, restBytes, powers);
        }

        return sum.Reduce();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> CounterBlock(Vector128<byte> whitened, ulong counter) =>
        whitened ^ Vector128.CreateScalar(counter).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> XorAt(ref byte start, int index, Vector128<byte> keystream)
    {
        Vector128<byte> block = Vector128.LoadUnsafe(ref start, (nuint)(index * BlockBytes)) ^ keystream;
        block.StoreUnsafe(ref start, (nuint)(index * BlockBytes));
        return block.AsUInt64();
    }

    private static void CountGroup(
        ref TSum total, ref readonly AesRoundKeys roundKeys, Vector128<byte> whitened, ulong counter,
        ref byte rest, PowerCursor powers)
    {
        TSum sum = total;
        Vector128<byte> b0 = CounterBlock(whitened, counter);
        Vector128<byte> b1 = CounterBlock(whitened, counter + 1);
        Vector128<byte> b2 = CounterBlock(whitened, counter + 2);
        Vector128<byte> b3 = CounterBlock(whitened, counter + 3);
        Vector128<byte> b4 = CounterBlock(whitened, counter + 4);
        Vector128<byte> b5 = CounterBlock(whitened, counter + 5);
        Vector128<byte> b6 = CounterBlock(whitened, counter + 6);
        Vector128<byte> b7 = CounterBlock(whitened, counter + 7);
        for (int round = 1; round < 14; round++)
        {
            Vector128<byte> key = AesRounds.KeyOf(in roundKeys, round);
            b0 = AesRounds.Round(b0, key);
            b1 = AesRounds.Round(b1, key);
            b2 = AesRounds.Round(b2, key);
            b3 = AesRounds.Round(b3, key);
            b4 = AesRounds.Round(b4, key);
            b5 = AesRounds.Round(b5, key);
            b6 = AesRounds.Round(b6, key);
            b7 = AesRounds.Round(b7, key);
        }

        Vector128<byte> last = AesRounds.KeyOf(in roundKeys, 14);
        Vector128<ulong> v0 = XorAt(ref rest, 0, AesRounds.LastRound(b0, last));
        Vector128<ulong> v1 = XorAt(ref rest, 1, AesRounds.LastRound(b1, last));
        Vector128<ulong> v2 = XorAt(ref rest, 2, AesRounds.LastRound(b2, last));
        Vector128<ulong> v3 = XorAt(ref rest, 3, AesRounds.LastRound(b3, last));
        sum.Add4(v0, v1, v2, v3, powers);
        Vector128<ulong> v4 = XorAt(ref rest, 4, AesRounds.LastRound(b4, last));
        Vector128<ulong> v5 = XorAt(ref rest, 5, AesRounds.LastRound(b5, last));
        Vector128<ulong> v6 = XorAt(ref rest, 6, AesRounds.LastRound(b6, last));
        Vector128<ulong> v7 = XorAt(ref rest, 7, AesRounds.LastRound(b7, last));
        sum.Add4(v4, v5, v6, v7, powers.Next(4));
        total = sum;
    }

    /// <summary>One to eight blocks, the last perhaps a part; seven lanes are computed, the unused ones dropped.</summary>
    private static void CountRemainder(
        ref TSum total, ref readonly AesRoundKeys roundKeys, Vector128<byte> whitened, ulong counter,
        ref byte rest, int restBytes, PowerCursor powers)
    {
        TSum sum = total;
        Vector128<byte> b0 = CounterBlock(whitened, counter);
        Vector128<byte> b1 = CounterBlock(whitened, counter + 1);
        Vector128<byte> b2 = CounterBlock(whitened, counter + 2);
        Vector128<byte> b3 = CounterBlock(whitened, counter + 3);
        Vector128<byte> b4 = CounterBlock(whitened, counter + 4);
        Vector128<byte> b5 = CounterBlock(whitened, counter + 5);
        Vector128<byte> b6 = CounterBlock(whitened, counter + 6);
        for (int round = 1; round < 14; round++)
        {
            Vector128<byte> key = AesRounds.KeyOf(in roundKeys, round);
            b0 = AesRounds.Round(b0, key);
            b1 = AesRounds.Round(b1, key);
            b2 = AesRounds.Round(b2, key);
            b3 = AesRounds.Round(b3, key);
            b4 = AesRounds.Round(b4, key);
            b5 = AesRounds.Round(b5, key);
            b6 = AesRounds.Round(b6, key);
        }

        // A cell has fifteen blocks, so the eighth lane is seldom wanted.
        Vector128<byte> b7 = default;
        if (restBytes > 7 * BlockBytes)
        {
            b7 = CounterBlock(whitened, counter + 7);
            for (int round = 1; round < 14; round++)
            {
                b7 = AesRounds.Round(b7, AesRounds.KeyOf(in roundKeys, round));
            }
        }

        Vector128<byte> last = AesRounds.KeyOf(in roundKeys, 14);
        if ((restBytes & 64) != 0)
        {
            Vector128<ulong> v0 = XorAt(ref rest, 0, AesRounds.LastRound(b0, last));
            Vector128<ulong> v1 = XorAt(ref rest, 1, AesRounds.LastRound(b1, last));
            Vector128<ulong> v2 = XorAt(ref rest, 2, AesRounds.LastRound(b2, last));
            Vector128<ulong> v3 = XorAt(ref rest, 3, AesRounds.LastRound(b3, last));
            sum.Add4(v0, v1, v2, v3, powers);
            powers = powers.Next(4);
            rest = ref Unsafe.Add(ref rest, 64);
            (b0, b1, b2, b3) = (b4, b5, b6, b7);
        }

        if ((restBytes & 32) != 0)
        {
            Vector128<ulong> v0 = XorAt(ref rest, 0, AesRounds.LastRound(b0, last));
            Vector128<ulong> v1 = XorAt(ref rest, 1, AesRounds.LastRound(b1, last));
            sum.Add2(v0, v1, powers);
            powers = powers.Next(2);
            rest = ref Unsafe.Add(ref rest, 32);
            (b0, b1) = (b2, b3);
        }

        if ((restBytes & 16) != 0)
        {
            sum.Add1(XorAt(ref rest, 0, AesRounds.LastRound(b0, last)), powers);
            powers = powers.Next(1);
            rest = ref Unsafe.Add(ref rest, 16);
            b0 = b1;
        }

        int part = restBytes & 15;
        if (part != 0)
        {
            Vector128<byte> block = PartBlock.Load(ref rest, part) ^ AesRounds.LastRound(b0, last);
            PartBlock.Store(block, ref rest, part);
            sum.Add1(PartBlock.Pad(block, part).AsUInt64(), powers);
        }
        total = sum;
    }
}
