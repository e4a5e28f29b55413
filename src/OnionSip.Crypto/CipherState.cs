using System;

namespace OnionSip.Crypto;

/// <summary>The handshake's running cipher: a key and a nonce. (CRYPTO.NOISE)</summary>
/// <remarks>Source: Noise §5.1. Secrets: the key, zeroed on Dispose.</remarks>
internal sealed class CipherState : IDisposable
{
    private readonly SecretBuffer _key = new(Aead.KeyBytes);
    private ulong _nonce;

    internal bool HasKey { get; private set; }

    internal void InitializeKey(ReadOnlySpan<byte> key)
    {
        key.CopyTo(_key.Span);
        HasKey = true;
        _nonce = 0;
    }

    /// <summary>Bytes that encrypting adds: a tag once there is a key.</summary>
    internal int Expansion => HasKey ? Aead.TagBytes : 0;

    internal void EncryptWithAd(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        if (!HasKey)
        {
            plaintext.CopyTo(destination);
            return;
        }

        ChaChaPoly.Seal(_key.Span, _nonce, associated, plaintext, destination);
        _nonce++;
        GC.KeepAlive(this);
    }

    internal bool TryDecryptWithAd(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> ciphertext, Span<byte> destination)
    {
        if (!HasKey)
        {
            ciphertext.CopyTo(destination);
            return true;
        }

        bool opened = ChaChaPoly.TryOpen(_key.Span, _nonce, associated, ciphertext, destination);
        GC.KeepAlive(this);
        if (opened)
        {
            _nonce++;
        }

        return opened;
    }

    public void Dispose() => _key.Dispose();
}
