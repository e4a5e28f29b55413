using System;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>Chaining key, transcript hash and cipher of one handshake. (CRYPTO.NOISE)</summary>
/// <remarks>
/// Shape:   one object and one block of native memory, which also holds what the handshake itself keeps: a relay answers many, and every
///          byte of the collected heap shows in its ticks.
/// Secrets: the chaining key and the cipher's key, zeroed on Dispose, and the handshake's part. The hash is public.
/// Source:  Noise §5.1, §5.2 with ChaChaPoly and SHA-256.
/// </remarks>
internal sealed class SymmetricState : IDisposable
{
    internal const int HashBytes = 32;

    private const int CipherKeyOffset = HashBytes;
    private const int HandshakeOffset = CipherKeyOffset + Aead.KeyBytes;
    private const int StackInputBytes = 2048;

    private readonly SecretBuffer _secrets;
    private HashValue _hash;
    private ulong _nonce;
    private bool _hasKey;

    [InlineArray(HashBytes)]
    private struct HashValue
    {
        private byte _first;
    }

    /// <summary>Starts a handshake and sets aside memory for its own secrets.</summary>
    internal SymmetricState(ReadOnlySpan<byte> protocolName, int handshakeBytes = 0)
    {
        _secrets = new SecretBuffer(HandshakeOffset + handshakeBytes);
        if (protocolName.Length <= HashBytes)
        {
            protocolName.CopyTo(_hash);
        }
        else
        {
            SHA256.HashData(protocolName, _hash);
        }

        Hash.CopyTo(ChainingKey);
    }

    internal ReadOnlySpan<byte> Hash => _hash;

    internal bool IsDisposed => _secrets.IsDisposed;

    /// <summary>The part of the memory that the handshake asked for; the handshake keeps this object alive while it uses it.</summary>
    internal Span<byte> HandshakeSecrets => _secrets.Span[HandshakeOffset..];

    /// <summary>Bytes that encrypting adds: a tag once there is a key.</summary>
    internal int Expansion => _hasKey ? Aead.TagBytes : 0;

    private Span<byte> ChainingKey => _secrets.Span[..HashBytes];

    private Span<byte> CipherKey => _secrets.Span.Slice(CipherKeyOffset, Aead.KeyBytes);

    internal void MixKey(ReadOnlySpan<byte> input)
    {
        Derive(input, ChainingKey, CipherKey);
        _hasKey = true;
        _nonce = 0;
        GC.KeepAlive(this);
    }

    internal void MixHash(ReadOnlySpan<byte> data)
    {
        int length = HashBytes + data.Length;
        Span<byte> input = length <= StackInputBytes ? stackalloc byte[StackInputBytes] : new byte[length];
        Hash.CopyTo(input);
        data.CopyTo(input[HashBytes..]);
        SHA256.HashData(input[..length], _hash);
    }

    /// <summary>Writes plaintext.Length + <see cref="Expansion"/> bytes and returns how many.</summary>
    internal int EncryptAndHash(ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Span<byte> ciphertext = destination[..(plaintext.Length + Expansion)];
        if (_hasKey)
        {
            ChaChaPoly.Seal(CipherKey, _nonce, Hash, plaintext, ciphertext);
            _nonce++;
        }
        else
        {
            plaintext.CopyTo(ciphertext);
        }

        MixHash(ciphertext);
        GC.KeepAlive(this);
        return ciphertext.Length;
    }

    internal bool TryDecryptAndHash(ReadOnlySpan<byte> ciphertext, Span<byte> destination)
    {
        if (!_hasKey)
        {
            ciphertext.CopyTo(destination);
        }
        else if (ChaChaPoly.TryOpen(CipherKey, _nonce, Hash, ciphertext, destination))
        {
            _nonce++;
        }
        else
        {
            return false;
        }

        MixHash(ciphertext);
        GC.KeepAlive(this);
        return true;
    }

    /// <summary>The two transport keys, the initiator's sending key first.</summary>
    internal void Split(Span<byte> first, Span<byte> second)
    {
        Derive([], first, second);
        GC.KeepAlive(this);
    }

    public void Dispose() => _secrets.Dispose();

    /// <summary>Noise's HKDF with two outputs: RFC 5869 with the chaining key as salt and no info, two blocks. Noise §4.3.</summary>
    private void Derive(ReadOnlySpan<byte> input, Span<byte> first, Span<byte> second)
    {
        Span<byte> temporaryKey = stackalloc byte[HashBytes];
        Span<byte> block = stackalloc byte[HashBytes + 1];
        HmacSha256 extract = new(ChainingKey);
        extract.Finish(input, temporaryKey);
        HmacSha256 expand = new(temporaryKey);
        HmacSha256 again = expand;
        expand.Finish([1], first);
        first.CopyTo(block);
        block[HashBytes] = 2;
        again.Finish(block, second);
        extract.Erase();
        expand.Erase();
        again.Erase();
        CryptographicOperations.ZeroMemory(temporaryKey);
        CryptographicOperations.ZeroMemory(block);
    }
}
