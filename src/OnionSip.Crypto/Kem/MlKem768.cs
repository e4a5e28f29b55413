using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>The key encapsulation ML-KEM-768. (CRYPTO.ML-KEM, CRYPTO.ML-KEM-VECTORS)</summary>
/// <remarks>
/// Shape:   encapsulation key 1184, decapsulation key 2400, ciphertext 1088, shared secret 32, key seed 64 octets (d ‖ z).
/// Bounds:  about 15 kB of stack, no allocation by our own code.
/// Drops:   false for a wrong length, an encapsulation key with a coefficient of 3329 or more, a decapsulation key whose hash
///          is wrong. A wrong ciphertext of the right length gives a secret that nobody else has.
/// Throws:  ArgumentException for a seed, randomness or destination of the wrong length.
/// Secrets: everything derived from seeds and keys is zeroed on the stack; outputs belong to the caller.
/// Source:  specs/crypto.md CRYPTO.ML-KEM; FIPS 203 §6, §7.
/// </remarks>
public static class MlKem768
{
    public const int EncapsulationKeyBytes = 1184;
    public const int DecapsulationKeyBytes = 2400;
    public const int CiphertextBytes = 1088;
    public const int SharedSecretBytes = 32;
    public const int SeedBytes = 64;
    public const int RandomnessBytes = 32;

    internal const int Rank = 3;

    private const int HashBytes = 32;
    private const int SecretVectorBytes = Rank * MlKemCodec.Bytes12;
    private const int HashOffset = SecretVectorBytes + EncapsulationKeyBytes;
    private const int RejectionOffset = HashOffset + HashBytes;

    internal static MlKemPath BestPath => MLKem.IsSupported ? MlKemPath.Platform : MlKemPath.Own;

    /// <summary>Makes a key pair from d ‖ z. (FIPS 203 §6.1)</summary>
    public static void GenerateKeyPair(
        ReadOnlySpan<byte> seed64, Span<byte> encapsulationKey, Span<byte> decapsulationKey) =>
        GenerateKeyPair(BestPath, seed64, encapsulationKey, decapsulationKey);

    internal static void GenerateKeyPair(
        MlKemPath path, ReadOnlySpan<byte> seed64, Span<byte> encapsulationKey, Span<byte> decapsulationKey)
    {
        RequireLength(seed64.Length, SeedBytes, nameof(seed64));
        RequireLength(encapsulationKey.Length, EncapsulationKeyBytes, nameof(encapsulationKey));
        RequireLength(decapsulationKey.Length, DecapsulationKeyBytes, nameof(decapsulationKey));
        if (path == MlKemPath.Platform)
        {
            PlatformMlKem.GenerateKeyPair(seed64, encapsulationKey, decapsulationKey);
            return;
        }

        MlKemEncryption.GenerateKeys(seed64[..32], encapsulationKey, decapsulationKey);
        encapsulationKey.CopyTo(decapsulationKey[SecretVectorBytes..]);
        KeccakSponge.Sha3Hash256(encapsulationKey, default, decapsulationKey.Slice(HashOffset, HashBytes));
        seed64[32..].CopyTo(decapsulationKey[RejectionOffset..]);
    }

    /// <summary>Makes a shared secret and the ciphertext that carries it, from the caller's randomness. (FIPS 203 §7.2)</summary>
    /// <returns>False, and both destinations zeroed, if the key has a wrong length or fails the modulus check.</returns>
    [SkipLocalsInit]
    public static bool TryEncapsulate(
        ReadOnlySpan<byte> encapsulationKey, ReadOnlySpan<byte> randomness32, Span<byte> ciphertext, Span<byte> sharedSecret)
    {
        RequireLength(randomness32.Length, RandomnessBytes, nameof(randomness32));
        RequireLength(ciphertext.Length, CiphertextBytes, nameof(ciphertext));
        RequireLength(sharedSecret.Length, SharedSecretBytes, nameof(sharedSecret));
        if (encapsulationKey.Length != EncapsulationKeyBytes)
        {
            return Refuse(ciphertext, sharedSecret);
        }

        Span<byte> keyHash = stackalloc byte[HashBytes];
        Span<byte> secretAndCoins = stackalloc byte[SharedSecretBytes + RandomnessBytes];
        KeccakSponge.Sha3Hash256(encapsulationKey, default, keyHash);
        KeccakSponge.Sha3Hash512(randomness32, keyHash, secretAndCoins);
        bool isValid = MlKemEncryption.TryEncrypt(
            encapsulationKey, randomness32, secretAndCoins[SharedSecretBytes..], ciphertext);
        secretAndCoins[..SharedSecretBytes].CopyTo(sharedSecret);
        CryptographicOperations.ZeroMemory(secretAndCoins);
        return isValid || Refuse(ciphertext, sharedSecret);
    }

    /// <summary>Recovers the shared secret; a ciphertext that was tampered with gives an unrelated one. (FIPS 203 §7.3)</summary>
    /// <returns>False, and the destination zeroed, if a length is wrong or the key fails its hash check.</returns>
    public static bool TryDecapsulate(
        ReadOnlySpan<byte> decapsulationKey, ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret) =>
        TryDecapsulate(BestPath, decapsulationKey, ciphertext, sharedSecret);

    internal static bool TryDecapsulate(
        MlKemPath path, ReadOnlySpan<byte> decapsulationKey, ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret)
    {
        RequireLength(sharedSecret.Length, SharedSecretBytes, nameof(sharedSecret));
        if (decapsulationKey.Length != DecapsulationKeyBytes || ciphertext.Length != CiphertextBytes)
        {
            return Refuse(default, sharedSecret);
        }

        bool isValid = path == MlKemPath.Platform
            ? PlatformMlKem.TryDecapsulate(decapsulationKey, ciphertext, sharedSecret)
            : TryDecapsulateOwn(decapsulationKey, ciphertext, sharedSecret);
        return isValid || Refuse(default, sharedSecret);
    }

    [SkipLocalsInit]
    private static bool TryDecapsulateOwn(
        ReadOnlySpan<byte> decapsulationKey, ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret)
    {
        ReadOnlySpan<byte> encapsulationKey = decapsulationKey.Slice(SecretVectorBytes, EncapsulationKeyBytes);
        ReadOnlySpan<byte> storedHash = decapsulationKey.Slice(HashOffset, HashBytes);
        Span<byte> keyHash = stackalloc byte[HashBytes];
        KeccakSponge.Sha3Hash256(encapsulationKey, default, keyHash);
        if (!CryptographicOperations.FixedTimeEquals(keyHash, storedHash))
        {
            return false;
        }

        Span<byte> message = stackalloc byte[MlKemCodec.MessageBytes];
        Span<byte> secretAndCoins = stackalloc byte[SharedSecretBytes + RandomnessBytes];
        Span<byte> rejection = stackalloc byte[SharedSecretBytes];
        Span<byte> expected = stackalloc byte[CiphertextBytes];
        MlKemEncryption.Decrypt(decapsulationKey[..SecretVectorBytes], ciphertext, message);
        KeccakSponge.Sha3Hash512(message, storedHash, secretAndCoins);
        KeccakSponge.Shake256(decapsulationKey[RejectionOffset..], ciphertext, rejection);

        // An encapsulation key out of range inside our own key is refused like a wrong hash.
        bool isValid = MlKemEncryption.TryEncrypt(
            encapsulationKey, message, secretAndCoins[SharedSecretBytes..], expected);
        SelectSecret(ciphertext, expected, secretAndCoins[..SharedSecretBytes], rejection, sharedSecret);

        CryptographicOperations.ZeroMemory(message);
        CryptographicOperations.ZeroMemory(secretAndCoins);
        CryptographicOperations.ZeroMemory(rejection);
        CryptographicOperations.ZeroMemory(expected);
        return isValid;
    }

    /// <summary>Takes the secret if both ciphertexts are equal, else the rejection value, in the same time.</summary>
    private static void SelectSecret(
        ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> expected,
        ReadOnlySpan<byte> secret, ReadOnlySpan<byte> rejection, Span<byte> destination)
    {
        int difference = 0;
        for (int i = 0; i < CiphertextBytes; i++)
        {
            difference |= ciphertext[i] ^ expected[i];
        }

        // All ones if there is any difference, else zero.
        int mask = -difference >> 31;
        for (int i = 0; i < SharedSecretBytes; i++)
        {
            destination[i] = (byte)((secret[i] & ~mask) | (rejection[i] & mask));
        }
    }

    private static bool Refuse(Span<byte> ciphertext, Span<byte> sharedSecret)
    {
        ciphertext.Clear();
        CryptographicOperations.ZeroMemory(sharedSecret);
        return false;
    }

    private static void RequireLength(int actual, int expected, string name)
    {
        if (actual != expected)
        {
            ThrowLength(expected, name);
        }
    }

    [DoesNotReturn]
    private static void ThrowLength(int expected, string name) =>
        throw new ArgumentException($"must be {expected} octets", name);
}
