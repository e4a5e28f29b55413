using System;
using System.Security.Cryptography;
using OnionSip.Crypto;

namespace OnionSip.Links;

/// <summary>The key of one epoch, and from it the next, one way. (LINK.REKEY)</summary>
/// <remarks>Secrets: the newest key only, in pinned memory; each step overwrites it; zeroed on Dispose.</remarks>
internal sealed class EpochChain : IDisposable
{
    private readonly byte[] _key = GC.AllocateArray<byte>(Aead.KeyBytes, pinned: true);
    private readonly AeadSuite _suite;

    internal EpochChain(AeadSuite suite, ReadOnlySpan<byte> firstKey)
    {
        _suite = suite;
        firstKey.CopyTo(_key);
    }

    /// <summary>The AEAD of the newest epoch.</summary>
    internal Aead Current() => new(_suite, _key);

    internal void Step()
    {
        Span<byte> next = stackalloc byte[Aead.KeyBytes];
        Hkdf.ExpandLabel(_key, Labels.LinkRatchet, default, next);
        next.CopyTo(_key);
        CryptographicOperations.ZeroMemory(next);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);
}
