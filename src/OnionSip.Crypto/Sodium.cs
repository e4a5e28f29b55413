using System.Runtime.InteropServices;

namespace OnionSip.Crypto;

/// <summary>The calls of libsodium that we use, as they are in its headers. (CRYPTO.LIBSODIUM)</summary>
/// <remarks>Lengths are checked by the callers: nothing here looks at what it is given.</remarks>
internal static unsafe partial class Sodium
{
    internal const string EdwardsBaseName = "crypto_scalarmult_ed25519_base";

    private const string Library = SodiumLibrary.ImportName;

    // Must run before the first import is bound; a static constructor does.
    static Sodium()
    {
        NativeLibrary.SetDllImportResolver(typeof(Sodium).Assembly, static (name, _, _) => SodiumLibrary.Resolve(name));
        if (SodiumLibrary.IsLoaded)
        {
            // Chooses the implementations for this processor; without it AES-GCM reports itself missing.
            _ = Initialize();
        }
    }

    /// <summary>0 started, 1 was started already, -1 failed.</summary>
    internal static int Start() => Initialize();

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519")]
    internal static partial int ScalarMultiply(byte* shared, byte* scalar, byte* point);

    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519_base")]
    internal static partial int ScalarMultiplyBase(byte* point, byte* scalar);

    /// <summary>The clamped scalar times the base point of the Edwards curve, compressed; missing from minimal builds.</summary>
    [LibraryImport(Library, EntryPoint = EdwardsBaseName)]
    internal static partial int EdwardsMultiplyBase(byte* point, byte* scalar);

    [LibraryImport(Library, EntryPoint = "crypto_auth_hmacsha256_statebytes")]
    internal static partial nuint HmacStateBytes();

    [LibraryImport(Library, EntryPoint = "crypto_auth_hmacsha256_init")]
    internal static partial int HmacStart(byte* state, byte* key, nuint keyBytes);

    [LibraryImport(Library, EntryPoint = "crypto_auth_hmacsha256_update")]
    internal static partial int HmacAdd(byte* state, byte* data, ulong bytes);

    [LibraryImport(Library, EntryPoint = "crypto_auth_hmacsha256_final")]
    internal static partial int HmacFinish(byte* state, byte* output);

    [LibraryImport(Library, EntryPoint = "crypto_sign_ed25519_seed_keypair")]
    internal static partial int SignKeyPair(byte* publicKey, byte* secretKey, byte* seed);

    [LibraryImport(Library, EntryPoint = "crypto_sign_ed25519_detached")]
    internal static partial int SignDetached(
        byte* signature, ulong* signatureBytes, byte* message, ulong messageBytes, byte* secretKey);

    [LibraryImport(Library, EntryPoint = "crypto_sign_ed25519_verify_detached")]
    internal static partial int VerifyDetached(byte* signature, byte* message, ulong messageBytes, byte* publicKey);

    [LibraryImport(Library, EntryPoint = "crypto_aead_aes256gcm_is_available")]
    internal static partial int AesGcmIsAvailable();

    [LibraryImport(Library, EntryPoint = "crypto_aead_aes256gcm_statebytes")]
    internal static partial nuint AesGcmStateBytes();

    [LibraryImport(Library, EntryPoint = "crypto_aead_aes256gcm_beforenm")]
    internal static partial int AesGcmExpandKey(byte* state, byte* key);

    [LibraryImport(Library, EntryPoint = "crypto_aead_aes256gcm_encrypt_afternm")]
    internal static partial int AesGcmSeal(
        byte* sealedBytes, ulong* sealedLength, byte* plaintext, ulong plaintextLength,
        byte* associated, ulong associatedLength, byte* noSecret, byte* nonce, byte* state);

    [LibraryImport(Library, EntryPoint = "crypto_aead_aes256gcm_decrypt_afternm")]
    internal static partial int AesGcmOpen(
        byte* plaintext, ulong* plaintextLength, byte* noSecret, byte* sealedBytes, ulong sealedLength,
        byte* associated, ulong associatedLength, byte* nonce, byte* state);

    [LibraryImport(Library, EntryPoint = "crypto_aead_chacha20poly1305_ietf_encrypt")]
    internal static partial int ChaChaPolySeal(
        byte* sealedBytes, ulong* sealedLength, byte* plaintext, ulong plaintextLength,
        byte* associated, ulong associatedLength, byte* noSecret, byte* nonce, byte* key);

    [LibraryImport(Library, EntryPoint = "crypto_aead_chacha20poly1305_ietf_decrypt")]
    internal static partial int ChaChaPolyOpen(
        byte* plaintext, ulong* plaintextLength, byte* noSecret, byte* sealedBytes, ulong sealedLength,
        byte* associated, ulong associatedLength, byte* nonce, byte* key);
}
