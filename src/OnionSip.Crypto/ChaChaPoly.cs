using System;
using System.Buffers.Binary;

namespace OnionSip.Crypto;

/// <summary>The cipher of the handshake: ChaCha20-Poly1305 under a key that lives elsewhere. (CRYPTO.NOISE)</summary>
/// <remarks>Source: RFC 8439; nonce as in Noise §12.3. Lengths are the caller's to get right: see <see cref="SymmetricState"/>.</remarks>
internal static unsafe class ChaChaPoly
{
    internal static void Seal(
        ReadOnlySpan<byte> key, ulong counter, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Throw.IfLengthIsNot(Aead.KeyBytes, key.Length, nameof(key));
        Throw.IfLengthIsNot(plaintext.Length + Aead.TagBytes, destination.Length, nameof(destination));
        Span<byte> nonce = stackalloc byte[Aead.NonceBytes];
        WriteNonce(counter, nonce);
        fixed (byte* secret = key, text = plaintext, result = destination, extra = associated, number = nonce)
        {
            _ = Sodium.ChaChaPolySeal(
                result, null, text, (ulong)plaintext.Length, extra, (ulong)associated.Length, null, number, secret);
        }
    }

    internal static bool TryOpen(
        ReadOnlySpan<byte> key, ulong counter, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes, Span<byte> destination)
    {
        Throw.IfLengthIsNot(Aead.KeyBytes, key.Length, nameof(key));
        Throw.IfLengthIsNot(sealedBytes.Length - Aead.TagBytes, destination.Length, nameof(destination));
        Span<byte> nonce = stackalloc byte[Aead.NonceBytes];
        WriteNonce(counter, nonce);
        fixed (byte* secret = key, source = sealedBytes, text = destination, extra = associated, number = nonce)
        {
            return Sodium.ChaChaPolyOpen(
                text, null, null, source, (ulong)sealedBytes.Length, extra, (ulong)associated.Length, number, secret) == 0;
        }
    }

    private static void WriteNonce(ulong counter, Span<byte> nonce)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], counter);
    }
}
