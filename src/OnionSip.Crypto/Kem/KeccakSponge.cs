using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>The twenty-five lanes of one Keccak state.</summary>
[InlineArray(Keccak1600.Lanes)]
internal struct KeccakLanes
{
    private ulong _first;
}

/// <summary>SHA-3 and SHAKE over an inline state: absorb, finish, squeeze. (CRYPTO.KECCAK)</summary>
/// <remarks>
/// Shape:   absorbing until <see cref="Finish"/>, squeezing after it.
/// Secrets: the state; <see cref="Erase"/> zeroes it.
/// Source:  FIPS 202 §4, §6.
/// </remarks>
internal struct KeccakSponge
{
    public const int Sha3Rate256 = 136;
    public const int Sha3Rate512 = 72;
    public const int ShakeRate128 = 168;
    public const int ShakeRate256 = 136;
    public const byte Sha3Suffix = 0x06;
    public const byte ShakeSuffix = 0x1F;

    private readonly int _rate;
    private int _position;
    private KeccakLanes _lanes;

    public KeccakSponge(int rateBytes)
    {
        _rate = rateBytes;
        _position = 0;
        _lanes = default;
    }

    /// <summary>SHA3-256 of two parts.</summary>
    public static void Sha3Hash256(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> digest32) =>
        Hash(Sha3Rate256, Sha3Suffix, first, second, digest32);

    /// <summary>SHA3-512 of two parts.</summary>
    public static void Sha3Hash512(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> digest64) =>
        Hash(Sha3Rate512, Sha3Suffix, first, second, digest64);

    /// <summary>SHAKE256 of two parts.</summary>
    public static void Shake256(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination) =>
        Hash(ShakeRate256, ShakeSuffix, first, second, destination);

    public void Absorb(ReadOnlySpan<byte> octets)
    {
        Span<byte> state = Octets();
        while (!octets.IsEmpty)
        {
            int taken = Math.Min(octets.Length, _rate - _position);
            Xor(state.Slice(_position, taken), octets[..taken]);
            _position += taken;
            octets = octets[taken..];
            if (_position == _rate)
            {
                Keccak1600.Permute(_lanes);
                _position = 0;
            }
        }
    }

    /// <summary>Pads; what follows are outputs.</summary>
    public void Finish(byte suffix)
    {
        Span<byte> state = Octets();
        state[_position] ^= suffix;
        state[_rate - 1] ^= 0x80;
        _position = _rate;
    }

    public void Squeeze(Span<byte> destination)
    {
        Span<byte> state = Octets();
        while (!destination.IsEmpty)
        {
            if (_position == _rate)
            {
                Keccak1600.Permute(_lanes);
                _position = 0;
            }

            int taken = Math.Min(destination.Length, _rate - _position);
            state.Slice(_position, taken).CopyTo(destination);
            _position += taken;
            destination = destination[taken..];
        }
    }

    public void Erase() => CryptographicOperations.ZeroMemory(Octets());

    private static void Hash(
        int rate, byte suffix, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination)
    {
        KeccakSponge sponge = new(rate);
        sponge.Absorb(first);
        sponge.Absorb(second);
        sponge.Finish(suffix);
        sponge.Squeeze(destination);
        sponge.Erase();
    }

    private static void Xor(Span<byte> state, ReadOnlySpan<byte> octets)
    {
        while (octets.Length >= 8)
        {
            ulong word = MemoryMarshal.Read<ulong>(state) ^ MemoryMarshal.Read<ulong>(octets);
            MemoryMarshal.Write(state, in word);
            state = state[8..];
            octets = octets[8..];
        }

        for (int i = 0; i < octets.Length; i++)
        {
            state[i] ^= octets[i];
        }
    }

    [UnscopedRef]
    private Span<byte> Octets() => MemoryMarshal.AsBytes((Span<ulong>)_lanes);
}
