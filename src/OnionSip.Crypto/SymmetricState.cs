using System;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>Chaining key, transcript hash and cipher of one handshake. (CRYPTO.NOISE)</summary>
/// <remarks>Source: Noise §5.2 with SHA-256. Secrets: the chaining key, zeroed on Dispose. The hash is public.</remarks>
internal sealed class SymmetricState : IDisposable
{
    internal const int HashBytes = 32;

    private const int StackInputBytes = 2048;

    private readonly CipherState _cipher = new();
    private readonly SecretBuffer _chainingKey = new(HashBytes);
    private readonly byte[] _hash = new byte[HashBytes];

    internal SymmetricState(ReadOnlySpan<byte> protocolName)
    {
        if (protocolName.Length <= HashBytes)
        {
            protocolName.CopyTo(_hash);
        }
        else
        {
            SHA256.HashData(protocolName, _hash);
        }

        _hash.CopyTo(_chainingKey.Span);
    }

    internal ReadOnlySpan<byte> Hash => _hash;

    internal int Expansion => _cipher.Expansion;

    internal void MixKey(ReadOnlySpan<byte> input)
    {
        Span<byte> outputs = stackalloc byte[2 * HashBytes];
        Derive(input, outputs);
        outputs[..HashBytes].CopyTo(_chainingKey.Span);
        _cipher.InitializeKey(outputs[HashBytes..]);
        CryptographicOperations.ZeroMemory(outputs);
        GC.KeepAlive(this);
    }

    internal void MixHash(ReadOnlySpan<byte> data)
    {
        int length = HashBytes + data.Length;
        Span<byte> input = length <= StackInputBytes ? stackalloc byte[StackInputBytes] : new byte[length];
        _hash.CopyTo(input);
        data.CopyTo(input[HashBytes..]);
        SHA256.HashData(input[..length], _hash);
    }

    /// <summary>Writes plaintext.Length + <see cref="Expansion"/> bytes and returns how many.</summary>
    internal int EncryptAndHash(ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Span<byte> ciphertext = destination[..(plaintext.Length + Expansion)];
        _cipher.EncryptWithAd(_hash, plaintext, ciphertext);
        MixHash(ciphertext);
        return ciphertext.Length;
    }

    internal bool TryDecryptAndHash(ReadOnlySpan<byte> ciphertext, Span<byte> destination)
    {
        if (!_cipher.TryDecryptWithAd(_hash, ciphertext, destination))
        {
            return false;
        }

        MixHash(ciphertext);
        return true;
    }

    /// <summary>The two transport keys, the initiator's sending key first.</summary>
    internal void Split(Span<byte> first, Span<byte> second)
    {
        Span<byte> outputs = stackalloc byte[2 * HashBytes];
        Derive([], outputs);
        outputs[..HashBytes].CopyTo(first);
        outputs[HashBytes..].CopyTo(second);
        CryptographicOperations.ZeroMemory(outputs);
        GC.KeepAlive(this);
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _chainingKey.Dispose();
    }

    /// <summary>Noise's HKDF with two outputs: RFC 5869 with the chaining key as salt and no info, two blocks. Noise §4.3.</summary>
    private void Derive(ReadOnlySpan<byte> input, Span<byte> outputs)
    {
        Span<byte> temporaryKey = stackalloc byte[HashBytes];
        Span<byte> block = stackalloc byte[HashBytes + 1];
        HMACSHA256.HashData(_chainingKey.Span, input, temporaryKey);
        HMACSHA256.HashData(temporaryKey, [1], outputs[..HashBytes]);
        outputs[..HashBytes].CopyTo(block);
        block[HashBytes] = 2;
        HMACSHA256.HashData(temporaryKey, block, outputs[HashBytes..]);
        CryptographicOperations.ZeroMemory(temporaryKey);
        CryptographicOperations.ZeroMemory(block);
    }
}
