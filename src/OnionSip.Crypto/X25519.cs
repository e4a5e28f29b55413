using System;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>Diffie-Hellman on Curve25519. (CRYPTO.X25519)</summary>
/// <remarks>Source: RFC 7748 §5, through libsodium. The private key is clamped when used; any 32 random bytes will do.</remarks>
public static unsafe class X25519
{
    public const int PrivateKeyBytes = 32;
    public const int PublicKeyBytes = 32;
    public const int SharedSecretBytes = 32;

    /// <exception cref="ArgumentException">A span has another length.</exception>
    public static void DerivePublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        Throw.IfLengthIsNot(PrivateKeyBytes, privateKey.Length, nameof(privateKey));
        Throw.IfLengthIsNot(PublicKeyBytes, publicKey.Length, nameof(publicKey));
        fixed (byte* scalar = privateKey, point = publicKey)
        {
            _ = Sodium.ScalarMultiplyBase(point, scalar);
        }
    }

    /// <summary>The shared secret; false, and zeros, when the peer's key is of low order (the result would be all zero).</summary>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public static bool TryAgree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> peerPublicKey, Span<byte> sharedSecret)
    {
        Throw.IfLengthIsNot(PrivateKeyBytes, privateKey.Length, nameof(privateKey));
        Throw.IfLengthIsNot(PublicKeyBytes, peerPublicKey.Length, nameof(peerPublicKey));
        Throw.IfLengthIsNot(SharedSecretBytes, sharedSecret.Length, nameof(sharedSecret));
        int result;
        fixed (byte* scalar = privateKey, point = peerPublicKey, shared = sharedSecret)
        {
            result = Sodium.ScalarMultiply(shared, scalar, point);
        }

        if (result == 0)
        {
            return true;
        }

        CryptographicOperations.ZeroMemory(sharedSecret);
        return false;
    }
}
