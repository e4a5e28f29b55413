using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>AES-256-GCM over any lengths, with which <see cref="GcmCell{TSum}"/> must agree. (CRYPTO.AEAD-PATHS)</summary>
/// <remarks>Bounds: destinations of the right length, the same as the source or apart; checked by the caller.</remarks>
internal static class GcmText<TSum>
    where TSum : struct, IPolyvalSum
{
    private const int BlockBytes = GcmBlocks.BlockBytes;
    private const int GroupBlocks = 8;
    private const int GroupBytes = GroupBlocks * BlockBytes;

    public static void Seal(
        ref readonly GcmState state, Vector128<byte> nonce,
        ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text, Span<byte> sealedBytes)
    {
        Span<byte> ciphertext = sealedBytes[..text.Length];
        XorKeystream(in state.RoundKeys, nonce, text, ciphertext);
        Tag(in state, nonce, associated, ciphertext).CopyTo(sealedBytes[text.Length..]);
    }

    /// <summary>False, and no text written, when the tag is not that of ciphertext and associated octets.</summary>
    public static bool TryOpen(
        ref readonly GcmState state, Vector128<byte> nonce,
        ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes, Span<byte> text)
    {
        ReadOnlySpan<byte> ciphertext = sealedBytes[..text.Length];
        if (Tag(in state, nonce, associated, ciphertext) != Vector128.Create<byte>(sealedBytes[text.Length..]))
        {
            return false;
        }

        XorKeystream(in state.RoundKeys, nonce, ciphertext, text);
        return true;
    }

    private static Vector128<byte> Tag(
        ref readonly GcmState state, Vector128<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> ciphertext)
    {
        Vector128<ulong> hash = Hash(in state, Vector128<ulong>.Zero, associated);
        hash = Hash(in state, hash, ciphertext) ^ GcmBlocks.Lengths(associated.Length, ciphertext.Length);
        hash = PolyvalField.Multiply(hash, state.HashKeys.HashKey);
        Vector128<byte> mask = AesRounds.EncryptBlock(in state.RoundKeys, GcmBlocks.Counter(nonce, GcmBlocks.TagCounter));
        return GcmBlocks.Reverse(hash.AsByte()) ^ mask;
    }

    /// <summary>Hashes octets, zeros after them up to a whole block, on top of what was hashed before.</summary>
    private static Vector128<ulong> Hash(ref readonly GcmState state, Vector128<ulong> hash, ReadOnlySpan<byte> octets)
    {
        while (octets.Length >= GroupBytes)
        {
            TSum sum = default;
            PowerCursor powers = new(in state.HashKeys, GroupBlocks);
            sum.Add4(hash ^ Load(octets, 0), Load(octets, 1), Load(octets, 2), Load(octets, 3), powers);
            sum.Add4(Load(octets, 4), Load(octets, 5), Load(octets, 6), Load(octets, 7), powers.Next(4));
            hash = sum.Reduce();
            octets = octets[GroupBytes..];
        }

        return octets.IsEmpty ? hash : HashRemainder(in state, hash, octets);
    }

    private static Vector128<ulong> HashRemainder(ref readonly GcmState state, Vector128<ulong> hash, ReadOnlySpan<byte> octets)
    {
        TSum sum = default;
        PowerCursor powers = new(in state.HashKeys, (octets.Length + BlockBytes - 1) / BlockBytes);
        for (; octets.Length >= BlockBytes; octets = octets[BlockBytes..])
        {
            sum.Add1(hash ^ Load(octets, 0), powers);
            hash = Vector128<ulong>.Zero;
            powers = powers.Next(1);
        }

        if (!octets.IsEmpty)
        {
            Span<byte> padded = stackalloc byte[BlockBytes];
            padded.Clear();
            octets.CopyTo(padded);
            sum.Add1(hash ^ Load(padded, 0), powers);
        }

        return sum.Reduce();
    }

    private static void XorKeystream(
        ref readonly AesRoundKeys keys, Vector128<byte> nonce, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        Span<byte> keystream = stackalloc byte[GroupBytes];
        uint counter = GcmBlocks.TagCounter;
        while (!source.IsEmpty)
        {
            Fill(in keys, nonce, counter + 1, keystream);
            counter += GroupBlocks;
            int taken = Math.Min(source.Length, GroupBytes);
            for (int i = 0; i < taken; i++)
            {
                destination[i] = unchecked((byte)(source[i] ^ keystream[i]));
            }

            source = source[taken..];
            destination = destination[taken..];
        }

        CryptographicOperations.ZeroMemory(keystream);
    }

    /// <summary>Eight blocks of keystream from a block number on.</summary>
    private static void Fill(ref readonly AesRoundKeys keys, Vector128<byte> nonce, uint counter, Span<byte> keystream)
    {
        for (uint block = 0; block < GroupBlocks; block++)
        {
            uint number = BinaryPrimitives.ReverseEndianness(counter + block);
            Vector128<byte> input = nonce ^ Vector128.Create(0u, 0u, 0u, number).AsByte();
            AesRounds.EncryptBlock(in keys, input).CopyTo(keystream[(int)(block * BlockBytes)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ReadOnlySpan<byte> octets, int index) => GcmBlocks.Reverse(
        Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(octets), (nuint)(index * BlockBytes))).AsUInt64();
}
