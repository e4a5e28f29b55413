using System;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>Signatures of identities and documents. (CRYPTO.ED25519)</summary>
/// <remarks>
/// Source: RFC 8032 §5.1 (pure Ed25519), through libsodium, which also refuses keys and points of low order and an S above the group order.
/// Secrets: the expanded key lives on the stack of one call and is zeroed.
/// </remarks>
public static unsafe class Ed25519
{
    public const int SeedBytes = 32;
    public const int PublicKeyBytes = 32;
    public const int SignatureBytes = 64;

    private const int ExpandedKeyBytes = 64;

    /// <exception cref="ArgumentException">A span has another length.</exception>
    public static void DerivePublicKey(ReadOnlySpan<byte> seed, Span<byte> publicKey)
    {
        Throw.IfLengthIsNot(PublicKeyBytes, publicKey.Length, nameof(publicKey));
        Span<byte> expanded = stackalloc byte[ExpandedKeyBytes];
        Expand(seed, expanded);
        expanded[SeedBytes..].CopyTo(publicKey);
        CryptographicOperations.ZeroMemory(expanded);
    }

    /// <exception cref="ArgumentException">The seed or the signature has another length.</exception>
    public static void Sign(ReadOnlySpan<byte> seed, ReadOnlySpan<byte> message, Span<byte> signature)
    {
        Throw.IfLengthIsNot(SignatureBytes, signature.Length, nameof(signature));
        Span<byte> expanded = stackalloc byte[ExpandedKeyBytes];
        Expand(seed, expanded);
        fixed (byte* secret = expanded, text = message, result = signature)
        {
            _ = Sodium.SignDetached(result, null, text, (ulong)message.Length, secret);
        }

        CryptographicOperations.ZeroMemory(expanded);
    }

    /// <summary>True for a good signature; false for anything else, wrong lengths too, for they may come from a peer.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (publicKey.Length != PublicKeyBytes || signature.Length != SignatureBytes)
        {
            return false;
        }

        fixed (byte* key = publicKey, text = message, claimed = signature)
        {
            return Sodium.VerifyDetached(claimed, text, (ulong)message.Length, key) == 0;
        }
    }

    private static void Expand(ReadOnlySpan<byte> seed, Span<byte> expanded)
    {
        Throw.IfLengthIsNot(SeedBytes, seed.Length, nameof(seed));
        byte* unusedPublic = stackalloc byte[PublicKeyBytes];
        fixed (byte* source = seed, secret = expanded)
        {
            _ = Sodium.SignKeyPair(unusedPublic, secret, source);
        }
    }
}
