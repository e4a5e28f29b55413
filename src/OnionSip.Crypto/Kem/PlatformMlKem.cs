using System;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>
/// ML-KEM-768 of the operating system, for the operations that take their randomness as an argument. (CRYPTO.ML-KEM-PLATFORM)
/// </summary>
/// <remarks>
/// Shape:   no encapsulation: the platform draws its own randomness for that.
/// Source:  specs/decisions/0002-ml-kem-platform.md.
/// </remarks>
internal static class PlatformMlKem
{
    public static void GenerateKeyPair(
        ReadOnlySpan<byte> seed64, Span<byte> encapsulationKey, Span<byte> decapsulationKey)
    {
        using MLKem key = MLKem.ImportPrivateSeed(MLKemAlgorithm.MLKem768, seed64);
        key.ExportEncapsulationKey(encapsulationKey);
        key.ExportDecapsulationKey(decapsulationKey);
    }

    public static bool TryDecapsulate(
        ReadOnlySpan<byte> decapsulationKey, ReadOnlySpan<byte> ciphertext, Span<byte> sharedSecret)
    {
        try
        {
            using MLKem key = MLKem.ImportDecapsulationKey(MLKemAlgorithm.MLKem768, decapsulationKey);
            key.Decapsulate(ciphertext, sharedSecret);
            return true;
        }
        catch (CryptographicException)
        {
            // Only a malformed key of our own comes here: the ciphertext's length was checked.
            return false;
        }
    }
}
