using System;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>Diffie-Hellman on Curve25519. (CRYPTO.X25519)</summary>
/// <remarks>Source: RFC 7748 §4.1, §5, through libsodium. The private key is clamped when used; any 32 random bytes will do.</remarks>
public static unsafe class X25519
{
    public const int PrivateKeyBytes = 32;
    public const int PublicKeyBytes = 32;
    public const int SharedSecretBytes = 32;

    /// <exception cref="ArgumentException">A span has another length.</exception>
    public static void DerivePublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey) =>
        DerivePublicKey(privateKey, publicKey, SodiumLibrary.HasEdwardsBase);

    /// <summary>The same by a choice of ways; both give the same bytes.</summary>
    /// <remarks>
    /// The Edwards curve's multiplication of its base point goes through a table in constant time, the Montgomery ladder does not: 20 µs
    /// against 37. A point's u is (1 + y) / (1 - y), RFC 7748 §4.1; y is never 1, for no clamped scalar is a multiple of the group's order.
    /// </remarks>
    internal static void DerivePublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey, bool byEdwards)
    {
        Throw.IfLengthIsNot(PrivateKeyBytes, privateKey.Length, nameof(privateKey));
        Throw.IfLengthIsNot(PublicKeyBytes, publicKey.Length, nameof(publicKey));
        fixed (byte* scalar = privateKey, point = publicKey)
        {
            if (!byEdwards)
            {
                _ = Sodium.ScalarMultiplyBase(point, scalar);
                return;
            }

            _ = Sodium.EdwardsMultiplyBase(point, scalar);
        }

        FieldElement y = FieldElement.Read(publicKey);
        FieldElement.One.Plus(y).Times(FieldElement.One.Minus(y).Inverted()).Write(publicKey);
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
