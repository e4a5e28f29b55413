using System;

namespace OnionSip.Circuits;

/// <summary>
/// What enciphers a whole cell under one key; a seam so that a test can put a weaker cipher in and see the attack
/// succeed. (CIRCUIT.LAYER)
/// </summary>
internal abstract class LayerCipher : IDisposable
{
    internal const int KeyBytes = 32;
    internal const int TweakBytes = 8;

    internal abstract void SetKey(ReadOnlySpan<byte> key);

    internal abstract void Encrypt(ReadOnlySpan<byte> tweak, Span<byte> cell);

    internal abstract void Decrypt(ReadOnlySpan<byte> tweak, Span<byte> cell);

    /// <summary>The object that holds the key, and how many octets of it a cell needs.</summary>
    internal virtual (object Holder, int Bytes) KeyMemory => (this, 64);

    /// <summary>Overwrites the key. (CIRCUIT.RATCHET)</summary>
    internal abstract void Erase();

    public abstract void Dispose();
}

/// <summary>Makes the ciphers of one machine.</summary>
internal abstract class LayerCipherFactory
{
    internal abstract LayerCipher Create();
}
