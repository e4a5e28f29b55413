namespace OnionSip.Crypto;

/// <summary>How link packets are sealed; the number is the one on the wire. (CRYPTO.AEAD)</summary>
public enum AeadSuite : byte
{
    Aes256Gcm = 1,
    ChaCha20Poly1305 = 2,
}
