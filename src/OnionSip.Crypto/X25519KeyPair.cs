using System;

namespace OnionSip.Crypto;

/// <summary>
/// A static key with its public half worked out once, so that a busy responder does not do it in every handshake. (CRYPTO.X25519)
/// </summary>
/// <remarks>Secrets: the private half, in native memory, zeroed on Dispose.</remarks>
public sealed class X25519KeyPair : IDisposable
{
    private readonly SecretBuffer _privateKey = new(X25519.PrivateKeyBytes);
    private readonly byte[] _publicKey = new byte[X25519.PublicKeyBytes];

    public X25519KeyPair(ReadOnlySpan<byte> privateKey)
    {
        X25519.DerivePublicKey(privateKey, _publicKey);
        privateKey.CopyTo(_privateKey.Span);
    }

    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>False when the peer's key is of low order.</summary>
    public bool TryAgree(ReadOnlySpan<byte> peerPublicKey, Span<byte> sharedSecret)
    {
        bool agreed = X25519.TryAgree(_privateKey.Span, peerPublicKey, sharedSecret);
        GC.KeepAlive(this);
        return agreed;
    }

    internal void CopyPrivateKeyTo(Span<byte> destination)
    {
        _privateKey.Span.CopyTo(destination);
        GC.KeepAlive(this);
    }

    public void Dispose() => _privateKey.Dispose();
}
