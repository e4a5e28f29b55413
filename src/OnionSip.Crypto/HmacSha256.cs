using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>A running HMAC-SHA256 that can be copied once it has its key, on the stack of its user. (CRYPTO.NOISE)</summary>
/// <remarks>
/// The platform's one-shot costs 1.6 µs for an HMAC of 32 bytes, nearly all of it not hashing; a handshake does twelve.
/// Secrets: the keyed state; <see cref="Erase"/> zeroes it.
/// Source:  RFC 2104, through libsodium.
/// </remarks>
internal unsafe struct HmacSha256
{
    public const int OutputBytes = 32;

    private StateWords _state;

    [InlineArray(SodiumLibrary.HmacStateBytes / sizeof(ulong))]
    private struct StateWords
    {
        private ulong _first;
    }

    public HmacSha256(ReadOnlySpan<byte> key)
    {
        fixed (byte* secret = key)
        fixed (StateWords* state = &_state)
        {
            _ = Sodium.HmacStart((byte*)state, secret, (nuint)key.Length);
        }
    }

    /// <summary>Hashes the data and gives the result; the state is of no use afterwards.</summary>
    public void Finish(ReadOnlySpan<byte> data, Span<byte> output)
    {
        Throw.IfLengthIsNot(OutputBytes, output.Length, nameof(output));
        fixed (byte* source = data, result = output)
        fixed (StateWords* state = &_state)
        {
            _ = Sodium.HmacAdd((byte*)state, source, (ulong)data.Length);
            _ = Sodium.HmacFinish((byte*)state, result);
        }
    }

    public void Erase() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<HmacSha256>(ref this)));
}
