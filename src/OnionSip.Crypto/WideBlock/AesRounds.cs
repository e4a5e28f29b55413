using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;

namespace OnionSip.Crypto;

/// <summary>AES-256 from the round instructions of x86 or Arm. (CRYPTO.HCTR2-PATHS)</summary>
internal static class AesRounds
{
    /// <summary>Where the rounds' keys begin and where the last one lies, in octets, for <see cref="KeyAt"/>.</summary>
    public const int FirstRound = 16;
    public const int LastRoundOffset = 14 * 16;

    /// <summary>Where the rounds are parted to let other work in between.</summary>
    public const int FirstThird = 5 * 16;
    public const int SecondThird = 10 * 16;
    public const int FirstQuarter = 4 * 16;
    public const int SecondQuarter = 7 * 16;
    public const int ThirdQuarter = 10 * 16;

    public static bool IsSupported => Aes.IsSupported || ArmAes.IsSupported;

    /// <summary>SubBytes, ShiftRows, MixColumns, then the round key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> roundKey) => Aes.IsSupported
        ? Aes.Encrypt(state, roundKey)
        : ArmAes.MixColumns(ArmAes.Encrypt(state, Vector128<byte>.Zero)) ^ roundKey;

    /// <summary>SubBytes, ShiftRows, then the round key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> LastRound(Vector128<byte> state, Vector128<byte> roundKey) => Aes.IsSupported
        ? Aes.EncryptLast(state, roundKey)
        : ArmAes.Encrypt(state, Vector128<byte>.Zero) ^ roundKey;

    /// <summary>A round key by number, without the index check: the numbers are constants or loop counters of the cipher.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> KeyOf(ref readonly AesRoundKeys roundKeys, int round) =>
        Unsafe.Add(ref Unsafe.As<AesRoundKeys, Vector128<byte>>(ref Unsafe.AsRef(in roundKeys)), round);

    /// <summary>A round key by its offset: the loops of the hot paths count in octets and unchecked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> KeyAt(ref readonly AesRoundKeys roundKeys, nint offset) =>
        Unsafe.AddByteOffset(ref Unsafe.As<AesRoundKeys, Vector128<byte>>(ref Unsafe.AsRef(in roundKeys)), offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Next(nint offset) => unchecked(offset + 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> EncryptBlock(ref readonly AesRoundKeys roundKeys, Vector128<byte> block)
    {
        block ^= KeyOf(in roundKeys, 0);
        for (nint offset = FirstRound; offset < LastRoundOffset; offset = Next(offset))
        {
            block = Round(block, KeyAt(in roundKeys, offset));
        }

        return LastRound(block, KeyOf(in roundKeys, 14));
    }

    /// <summary>A round backwards under the key of the round forwards; the key's inverse is made on the way, beside the chain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> InverseRound(Vector128<byte> state, Vector128<byte> roundKey) => Aes.IsSupported
        ? Aes.Decrypt(state, Aes.InverseMixColumns(roundKey))
        : ArmAes.InverseMixColumns(ArmAes.Decrypt(state, Vector128<byte>.Zero) ^ roundKey);

    /// <summary>The end of one block backwards, then a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> InverseLastRound(Vector128<byte> state, Vector128<byte> key) => Aes.IsSupported
        ? Aes.DecryptLast(state, key)
        : ArmAes.Decrypt(state, Vector128<byte>.Zero) ^ key;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> DecryptBlock(ref readonly AesRoundKeys roundKeys, Vector128<byte> block)
    {
        block ^= KeyOf(in roundKeys, 14);
        for (nint offset = LastRoundOffset - FirstRound; offset > 0; offset = unchecked(offset - FirstRound))
        {
            block = InverseRound(block, KeyAt(in roundKeys, offset));
        }

        return InverseLastRound(block, KeyOf(in roundKeys, 0));
    }

    public static void EncryptTwo(ref readonly AesRoundKeys roundKeys, Span<byte> twoBlocks)
    {
        Vector128<byte> first = Vector128.Create<byte>(twoBlocks[..16]);
        Vector128<byte> second = Vector128.Create<byte>(twoBlocks[16..]);
        EncryptBlock(in roundKeys, first).CopyTo(twoBlocks);
        EncryptBlock(in roundKeys, second).CopyTo(twoBlocks[16..]);
    }

    /// <summary>FIPS 197 §5.2 for 256-bit keys, into 240 octets.</summary>
    public static void ExpandKey(ReadOnlySpan<byte> key32, Span<byte> roundKeys)
    {
        key32.CopyTo(roundKeys);
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(roundKeys);
        uint roundConstant = 1;
        for (int i = 8; i < 60; i += 4)
        {
            uint substituted = SubstituteWord(words[i - 1]);
            if (i % 8 == 0)
            {
                substituted = uint.RotateRight(substituted, 8) ^ roundConstant;
                roundConstant <<= 1;
            }

            words[i] = words[i - 8] ^ substituted;
            words[i + 1] = words[i - 7] ^ words[i];
            words[i + 2] = words[i - 6] ^ words[i + 1];
            words[i + 3] = words[i - 5] ^ words[i + 2];
        }
    }

    // With four equal columns ShiftRows changes nothing, so the last round is SubBytes alone.
    private static uint SubstituteWord(uint word) =>
        LastRound(Vector128.Create(word).AsByte(), Vector128<byte>.Zero).AsUInt32().ToScalar();
}
