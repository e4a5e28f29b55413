using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>AES-256 without tables: four blocks at a time, one machine word per bit of all their octets. (CRYPTO.HCTR2-PATHS)</summary>
/// <remarks>
/// Shape:   word i holds bit i of 64 octets; octet (row r, column c, block b) is bit 16·r + 4·c + b, so ShiftRows turns
///          the 16 bits of a row and MixColumns turns words by 16.
/// Secrets: bit planes on the stack are zeroed before return; time and addresses depend on lengths only.
/// Source:  FIPS 197; the S-box circuit is that of Boyar and Peralta, "A depth-16 circuit for the AES S-box" (2011).
/// </remarks>
internal static class PortableAes
{
    public const int RoundKeysBytes = 240;
    public const int GroupBytes = 64;

    /// <summary>Words of a key schedule turned into bit planes.</summary>
    public const int PlaneWords = 15 * 8;

    private const int Rounds = 14;

    public static void ExpandKey(ReadOnlySpan<byte> key32, Span<byte> roundKeys)
    {
        key32.CopyTo(roundKeys);
        uint roundConstant = 1;
        for (int i = 8; i < 60; i++)
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(roundKeys[((i - 1) * 4)..]);
            if (i % 4 == 0)
            {
                word = SubstituteWord(word);
            }

            if (i % 8 == 0)
            {
                word = uint.RotateRight(word, 8) ^ roundConstant;
                roundConstant <<= 1;
            }

            word ^= BinaryPrimitives.ReadUInt32LittleEndian(roundKeys[((i - 8) * 4)..]);
            BinaryPrimitives.WriteUInt32LittleEndian(roundKeys[(i * 4)..], word);
        }
    }

    /// <summary>Turns round keys into bit planes, each key repeated for four blocks.</summary>
    public static void ExpandPlanes(ReadOnlySpan<byte> roundKeys, Span<ulong> planes)
    {
        Span<byte> repeated = stackalloc byte[GroupBytes];
        for (int round = 0; round <= Rounds; round++)
        {
            for (int block = 0; block < 4; block++)
            {
                roundKeys.Slice(round * 16, 16).CopyTo(repeated[(block * 16)..]);
            }

            Pack(repeated, planes.Slice(round * 8, 8));
        }

        CryptographicOperations.ZeroMemory(repeated);
    }

    /// <summary>Enciphers up to four blocks in place from plain round keys; for key set-up.</summary>
    public static void Encrypt(ReadOnlySpan<byte> roundKeys, Span<byte> blocks)
    {
        Span<ulong> planes = stackalloc ulong[PlaneWords];
        ExpandPlanes(roundKeys, planes);
        Encrypt(planes, blocks);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(planes));
    }

    /// <summary>Enciphers up to four blocks in place.</summary>
    public static void Encrypt(ReadOnlySpan<ulong> planes, Span<byte> blocks)
    {
        Span<byte> group = stackalloc byte[GroupBytes];
        Span<ulong> q = stackalloc ulong[8];
        group.Clear();
        blocks.CopyTo(group);
        Pack(group, q);
        AddKey(q, planes[..8]);
        for (int round = 1; round < Rounds; round++)
        {
            PortableSubstitution.Substitute(q);
            ShiftRows(q);
            MixColumns(q);
            AddKey(q, planes.Slice(round * 8, 8));
        }

        PortableSubstitution.Substitute(q);
        ShiftRows(q);
        AddKey(q, planes.Slice(Rounds * 8, 8));
        Unpack(q, group);
        group[..blocks.Length].CopyTo(blocks);
        CryptographicOperations.ZeroMemory(group);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(q));
    }

    /// <summary>Deciphers one block in place.</summary>
    public static void Decrypt(ReadOnlySpan<ulong> planes, Span<byte> block)
    {
        Span<byte> group = stackalloc byte[GroupBytes];
        Span<ulong> q = stackalloc ulong[8];
        group.Clear();
        block.CopyTo(group);
        Pack(group, q);
        AddKey(q, planes.Slice(Rounds * 8, 8));
        for (int round = Rounds - 1; round > 0; round--)
        {
            InverseShiftRows(q);
            PortableSubstitution.InverseSubstitute(q);
            AddKey(q, planes.Slice(round * 8, 8));

            // MixColumns has order four, so three times forward is once backward.
            MixColumns(q);
            MixColumns(q);
            MixColumns(q);
        }

        InverseShiftRows(q);
        PortableSubstitution.InverseSubstitute(q);
        AddKey(q, planes[..8]);
        Unpack(q, group);
        group[..block.Length].CopyTo(block);
        CryptographicOperations.ZeroMemory(group);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(q));
    }

    private static uint SubstituteWord(uint word)
    {
        Span<byte> group = stackalloc byte[GroupBytes];
        Span<ulong> q = stackalloc ulong[8];
        group.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(group, word);
        Pack(group, q);
        PortableSubstitution.Substitute(q);
        Unpack(q, group);
        uint substituted = BinaryPrimitives.ReadUInt32LittleEndian(group);
        CryptographicOperations.ZeroMemory(group);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(q));
        return substituted;
    }

    private static void AddKey(Span<ulong> q, ReadOnlySpan<ulong> key)
    {
        for (int i = 0; i < 8; i++)
        {
            q[i] ^= key[i];
        }
    }

    /// <summary>Row r turns by r columns, that is by 4·r bits of its 16.</summary>
    private static void ShiftRows(Span<ulong> q)
    {
        for (int i = 0; i < 8; i++)
        {
            ulong x = q[i];
            q[i] = (x & 0x0000_0000_0000_FFFF)
                | ((x & 0x0000_0000_FFF0_0000) >> 4) | ((x & 0x0000_0000_000F_0000) << 12)
                | ((x & 0x0000_FF00_0000_0000) >> 8) | ((x & 0x0000_00FF_0000_0000) << 8)
                | ((x & 0xF000_0000_0000_0000) >> 12) | ((x & 0x0FFF_0000_0000_0000) << 4);
        }
    }

    private static void InverseShiftRows(Span<ulong> q)
    {
        for (int i = 0; i < 8; i++)
        {
            ulong x = q[i];
            q[i] = (x & 0x0000_0000_0000_FFFF)
                | ((x & 0x0000_0000_0FFF_0000) << 4) | ((x & 0x0000_0000_F000_0000) >> 12)
                | ((x & 0x0000_FF00_0000_0000) >> 8) | ((x & 0x0000_00FF_0000_0000) << 8)
                | ((x & 0x000F_0000_0000_0000) << 12) | ((x & 0xFFF0_0000_0000_0000) >> 4);
        }
    }

    /// <summary>Each octet becomes 2·(own + next) + next + the two after it, along its column.</summary>
    private static void MixColumns(Span<ulong> q)
    {
        ulong carry = q[7] ^ ulong.RotateRight(q[7], 16);
        ulong below = 0;
        for (int i = 0; i < 8; i++)
        {
            ulong next = ulong.RotateRight(q[i], 16);
            ulong pair = q[i] ^ next;

            // Doubling moves bit i-1 up and folds bit 7 back into bits 0, 1, 3 and 4.
            ulong doubled = i is 0 or 1 or 3 or 4 ? below ^ carry : below;
            below = pair;
            q[i] = doubled ^ next ^ ulong.RotateRight(pair, 32);
        }
    }

    private static void Pack(ReadOnlySpan<byte> group, Span<ulong> q)
    {
        for (int block = 0; block < 4; block++)
        {
            ReadOnlySpan<uint> columns = MemoryMarshal.Cast<byte, uint>(group.Slice(block * 16, 16));
            q[block] = Spread(columns[0]) | (Spread(columns[2]) << 8);
            q[block + 4] = Spread(columns[1]) | (Spread(columns[3]) << 8);
        }

        Transpose(q);
    }

    private static void Unpack(Span<ulong> q, Span<byte> group)
    {
        Transpose(q);
        for (int block = 0; block < 4; block++)
        {
            Span<uint> columns = MemoryMarshal.Cast<byte, uint>(group.Slice(block * 16, 16));
            columns[0] = Gather(q[block]);
            columns[2] = Gather(q[block] >> 8);
            columns[1] = Gather(q[block + 4]);
            columns[3] = Gather(q[block + 4] >> 8);
        }
    }

    /// <summary>Moves the octets of a word to the even octets of a double word.</summary>
    private static ulong Spread(uint word)
    {
        ulong x = BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
        x = (x | (x << 16)) & 0x0000_FFFF_0000_FFFF;
        return (x | (x << 8)) & 0x00FF_00FF_00FF_00FF;
    }

    private static uint Gather(ulong x)
    {
        x &= 0x00FF_00FF_00FF_00FF;
        x = (x | (x >> 8)) & 0x0000_FFFF_0000_FFFF;
        uint word = unchecked((uint)(x | (x >> 16)));
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    /// <summary>Exchanges word number and bit number within every octet; its own inverse.</summary>
    private static void Transpose(Span<ulong> q)
    {
        for (int i = 0; i < 8; i += 2)
        {
            Exchange(ref q[i], ref q[i + 1], 0x5555_5555_5555_5555, 1);
        }

        for (int i = 0; i < 8; i += 4)
        {
            Exchange(ref q[i], ref q[i + 2], 0x3333_3333_3333_3333, 2);
            Exchange(ref q[i + 1], ref q[i + 3], 0x3333_3333_3333_3333, 2);
        }

        for (int i = 0; i < 4; i++)
        {
            Exchange(ref q[i], ref q[i + 4], 0x0F0F_0F0F_0F0F_0F0F, 4);
        }
    }

    private static void Exchange(ref ulong low, ref ulong high, ulong mask, int shift)
    {
        ulong moved = ((low >> shift) ^ high) & mask;
        high ^= moved;
        low ^= moved << shift;
    }
}
