namespace OnionSip.Crypto;

/// <summary>Whose code seals with AES-256-GCM; every path gives the same bytes. (CRYPTO.AEAD-PATHS)</summary>
public enum GcmPath
{
    /// <summary>libsodium's.</summary>
    Sodium,

    /// <summary>Our own, hashing one block at a time.</summary>
    Vector128,

    /// <summary>Our own, hashing two blocks at a time.</summary>
    Vector256,
}
