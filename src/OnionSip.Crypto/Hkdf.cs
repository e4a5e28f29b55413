using System;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>HKDF with SHA-256: every key of ours that no handshake gives comes out of it. (CRYPTO.HKDF)</summary>
/// <remarks>Source: RFC 5869, the platform's implementation.</remarks>
public static class Hkdf
{
    public const int PseudorandomKeyBytes = 32;

    /// <summary>The longest output: 255 blocks.</summary>
    public const int MaxOutputBytes = 255 * 32;

    private const int MaxInfoBytes = 256;

    public static void Extract(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, Span<byte> pseudorandomKey)
    {
        Throw.IfLengthIsNot(PseudorandomKeyBytes, pseudorandomKey.Length, nameof(pseudorandomKey));

        // Extract is HMAC by definition (RFC 5869 §2.2); the platform's own refuses an empty secret where it rests on OpenSSL 3.0.
        HMACSHA256.HashData(salt, secret, pseudorandomKey);
    }

    public static void Expand(ReadOnlySpan<byte> pseudorandomKey, ReadOnlySpan<byte> info, Span<byte> output) =>
        HKDF.Expand(HashAlgorithmName.SHA256, pseudorandomKey, output, info);

    /// <summary>Expands with info = label, one zero byte, context. (CRYPTO.LABELS)</summary>
    /// <exception cref="ArgumentException">Label and context are longer than 255 bytes together, or the output is too long.</exception>
    public static void ExpandLabel(
        ReadOnlySpan<byte> pseudorandomKey, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        Span<byte> info = stackalloc byte[MaxInfoBytes];
        int length = label.Length + 1 + context.Length;
        Throw.IfShorterThan(length, MaxInfoBytes, nameof(context));
        label.CopyTo(info);
        info[label.Length] = 0;
        context.CopyTo(info[(label.Length + 1)..]);
        Expand(pseudorandomKey, info[..length], output);
    }
}
