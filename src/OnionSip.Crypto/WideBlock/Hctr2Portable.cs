using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>HCTR2 without special instructions and without secret-dependent addresses or branches. (CRYPTO.HCTR2)</summary>
/// <remarks>Secrets: key bit planes and keystream on the stack, zeroed before return.</remarks>
internal static class Hctr2Portable
{
    private const int BlockBytes = 16;

    public static void Encrypt(ref readonly Hctr2State state, ReadOnlySpan<byte> tweak, Span<byte> buffer) =>
        Process(in state, tweak, buffer, decrypt: false);

    public static void Decrypt(ref readonly Hctr2State state, ReadOnlySpan<byte> tweak, Span<byte> buffer) =>
        Process(in state, tweak, buffer, decrypt: true);

    private static void Process(ref readonly Hctr2State state, ReadOnlySpan<byte> tweak, Span<byte> buffer, bool decrypt)
    {
        Span<ulong> planes = stackalloc ulong[PortableAes.PlaneWords];
        Span<byte> middle = stackalloc byte[BlockBytes];
        Span<byte> nonce = stackalloc byte[BlockBytes];
        PortableAes.ExpandPlanes(MemoryMarshal.AsBytes((ReadOnlySpan<Vector128<byte>>)state.RoundKeys), planes);
        Span<byte> first = buffer[..BlockBytes];
        Span<byte> rest = buffer[BlockBytes..];

        XorHash(in state, tweak, rest, first);
        first.CopyTo(middle);
        if (decrypt)
        {
            PortableAes.Decrypt(planes, first);
        }
        else
        {
            PortableAes.Encrypt(planes, first);
        }

        Vector128<byte> mixed = Vector128.Create<byte>(first) ^ Vector128.Create<byte>(middle) ^ state.NonceMask;
        mixed.CopyTo(nonce);
        XorKeystream(planes, nonce, rest);
        XorHash(in state, tweak, rest, first);

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(planes));
        CryptographicOperations.ZeroMemory(middle);
        CryptographicOperations.ZeroMemory(nonce);
    }

    private static void XorHash(ref readonly Hctr2State state, ReadOnlySpan<byte> tweak, ReadOnlySpan<byte> rest, Span<byte> block)
    {
        Vector128<ulong> key = state.HashKey;
        PortablePolyval hash = new(key.GetElement(0), key.GetElement(1));
        hash.AddLength(Hctr2State.LengthBlock(tweak.Length, rest.Length % BlockBytes != 0).ToScalar());
        hash.Add(tweak, padWithOne: false);
        hash.Add(rest, padWithOne: true);
        hash.XorInto(block);
        hash.Erase();
    }

    /// <summary>XCTR: block i of the keystream is the cipher of the nonce with the number i, from 1, added to it.</summary>
    private static void XorKeystream(ReadOnlySpan<ulong> planes, ReadOnlySpan<byte> nonce, Span<byte> rest)
    {
        Span<byte> keystream = stackalloc byte[PortableAes.GroupBytes];
        ulong nonceLow = BinaryPrimitives.ReadUInt64LittleEndian(nonce);
        ulong counter = 1;
        while (!rest.IsEmpty)
        {
            for (int block = 0; block < 4; block++)
            {
                nonce.CopyTo(keystream[(block * BlockBytes)..]);
                BinaryPrimitives.WriteUInt64LittleEndian(keystream[(block * BlockBytes)..], nonceLow ^ counter);
                counter++;
            }

            PortableAes.Encrypt(planes, keystream);
            int taken = Math.Min(rest.Length, keystream.Length);
            for (int i = 0; i < taken; i++)
            {
                rest[i] ^= keystream[i];
            }

            rest = rest[taken..];
        }

        CryptographicOperations.ZeroMemory(keystream);
    }
}
