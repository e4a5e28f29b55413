using System;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>The public-key encryption inside ML-KEM-768. (CRYPTO.ML-KEM)</summary>
/// <remarks>
/// Secrets: secret vectors, noise and messages on the stack, zeroed before return.
/// Source:  FIPS 203 §5, algorithms 13 to 15.
/// </remarks>
internal static class MlKemEncryption
{
    private const int Rank = MlKem768.Rank;
    private const int VectorBytes = Rank * MlKemCodec.Bytes12;
    private const int SeedBytes = 32;

    [InlineArray(Rank)]
    private struct PolynomialVector
    {
        private MlKemPolynomial _first;
    }

    [InlineArray(Rank * Rank)]
    private struct PolynomialMatrix
    {
        private MlKemPolynomial _first;
    }

    [InlineArray((2 * Rank) + 1)]
    private struct NoisePolynomials
    {
        private MlKemPolynomial _first;
    }

    /// <summary>Makes the encryption key and the encoded secret vector from the seed d.</summary>
    [SkipLocalsInit]
    public static void GenerateKeys(ReadOnlySpan<byte> seed32, Span<byte> encryptionKey, Span<byte> secretVector)
    {
        Span<byte> seeds = stackalloc byte[2 * SeedBytes];
        Unsafe.SkipInit(out PolynomialMatrix matrixStore);
        Unsafe.SkipInit(out NoisePolynomials noiseStore);
        Span<MlKemPolynomial> matrix = matrixStore;
        Span<MlKemPolynomial> noise = ((Span<MlKemPolynomial>)noiseStore)[..(2 * Rank)];
        KeccakSponge.Sha3Hash512(seed32, [Rank], seeds);
        MlKemSampling.Matrix(seeds[..SeedBytes], matrix);
        MlKemSampling.Noise(seeds[SeedBytes..], noise);
        for (int i = 0; i < noise.Length; i++)
        {
            MlKemTransform.Forward(ref noise[i]);
        }

        Span<MlKemPolynomial> secrets = noise[..Rank];
        Unsafe.SkipInit(out MlKemPolynomial row);
        for (int i = 0; i < Rank; i++)
        {
            MlKemTransform.MultiplySum(matrix[(i * Rank)..], 1, secrets, ref row);
            MlKemTransform.ToMontgomery(ref row);
            MlKemTransform.Add(ref row, in noise[Rank + i]);
            MlKemCodec.Encode12(ref row, encryptionKey[(i * MlKemCodec.Bytes12)..]);
        }

        for (int i = 0; i < Rank; i++)
        {
            MlKemCodec.Encode12(ref secrets[i], secretVector[(i * MlKemCodec.Bytes12)..]);
        }

        seeds[..SeedBytes].CopyTo(encryptionKey[VectorBytes..]);
        CryptographicOperations.ZeroMemory(seeds);
        MlKemPolynomial.Erase(noise);
        MlKemPolynomial.Erase(new Span<MlKemPolynomial>(ref row));
    }

    /// <summary>Encrypts; false if a coefficient of the key is not below the modulus, and then the ciphertext is not written.</summary>
    [SkipLocalsInit]
    public static bool TryEncrypt(
        ReadOnlySpan<byte> encryptionKey, ReadOnlySpan<byte> message32, ReadOnlySpan<byte> randomness32, Span<byte> ciphertext)
    {
        Unsafe.SkipInit(out PolynomialVector keyStore);
        Span<MlKemPolynomial> key = keyStore;
        bool isValid = true;
        for (int i = 0; i < Rank; i++)
        {
            isValid &= MlKemCodec.TryDecode12(encryptionKey[(i * MlKemCodec.Bytes12)..], ref key[i]);
        }

        if (!isValid)
        {
            return false;
        }

        Unsafe.SkipInit(out PolynomialMatrix matrixStore);
        Unsafe.SkipInit(out NoisePolynomials noiseStore);
        Span<MlKemPolynomial> matrix = matrixStore;
        Span<MlKemPolynomial> noise = noiseStore;
        MlKemSampling.Matrix(encryptionKey[VectorBytes..], matrix);
        MlKemSampling.Noise(randomness32, noise);
        Span<MlKemPolynomial> masks = noise[..Rank];
        for (int i = 0; i < Rank; i++)
        {
            MlKemTransform.Forward(ref masks[i]);
        }

        Unsafe.SkipInit(out MlKemPolynomial sum);
        for (int i = 0; i < Rank; i++)
        {
            // A column of the matrix: the product is with its transpose.
            MlKemTransform.MultiplySum(matrix[i..], Rank, masks, ref sum);
            MlKemTransform.Inverse(ref sum);
            MlKemTransform.Add(ref sum, in noise[Rank + i]);
            MlKemCodec.Compress10(ref sum, ciphertext[(i * MlKemCodec.Bytes10)..]);
        }

        MlKemTransform.MultiplySum(key, 1, masks, ref sum);
        MlKemTransform.Inverse(ref sum);
        MlKemTransform.Add(ref sum, in noise[2 * Rank]);
        ref MlKemPolynomial message = ref key[0];
        MlKemCodec.FromMessage(message32, ref message);
        MlKemTransform.Add(ref sum, in message);
        MlKemCodec.Compress4(ref sum, ciphertext[(Rank * MlKemCodec.Bytes10)..]);

        MlKemPolynomial.Erase(noise);
        MlKemPolynomial.Erase(new Span<MlKemPolynomial>(ref sum));
        MlKemPolynomial.Erase(new Span<MlKemPolynomial>(ref message));
        return true;
    }

    /// <summary>Decrypts by the encoded secret vector.</summary>
    [SkipLocalsInit]
    public static void Decrypt(ReadOnlySpan<byte> secretVector, ReadOnlySpan<byte> ciphertext, Span<byte> message32)
    {
        Unsafe.SkipInit(out PolynomialVector secretStore);
        Unsafe.SkipInit(out PolynomialVector maskedStore);
        Span<MlKemPolynomial> secrets = secretStore;
        Span<MlKemPolynomial> masked = maskedStore;
        for (int i = 0; i < Rank; i++)
        {
            // FIPS 203 asks for no range check here: a vector out of range is a damaged key of our own.
            _ = MlKemCodec.TryDecode12(secretVector[(i * MlKemCodec.Bytes12)..], ref secrets[i]);
            MlKemCodec.Decompress10(ciphertext[(i * MlKemCodec.Bytes10)..], ref masked[i]);
            MlKemTransform.Forward(ref masked[i]);
        }

        Unsafe.SkipInit(out MlKemPolynomial product);
        MlKemTransform.MultiplySum(secrets, 1, masked, ref product);
        MlKemTransform.Inverse(ref product);
        ref MlKemPolynomial difference = ref masked[0];
        MlKemCodec.Decompress4(ciphertext[(Rank * MlKemCodec.Bytes10)..], ref difference);
        MlKemTransform.Subtract(ref difference, in product);
        MlKemCodec.ToMessage(ref difference, message32);

        MlKemPolynomial.Erase(secrets);
        MlKemPolynomial.Erase(masked);
        MlKemPolynomial.Erase(new Span<MlKemPolynomial>(ref product));
    }
}
