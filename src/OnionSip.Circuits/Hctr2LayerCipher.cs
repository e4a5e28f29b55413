using System;
using OnionSip.Crypto;

namespace OnionSip.Circuits;

/// <summary>The cell cipher: HCTR2 with AES-256 over all 248 bytes. (CIRCUIT.LAYER)</summary>
internal sealed class Hctr2LayerCipher : LayerCipher
{
    private readonly Hctr2 _cipher;

    internal Hctr2LayerCipher()
    {
        Span<byte> none = stackalloc byte[KeyBytes];
        none.Clear();
        _cipher = new Hctr2(none);
        _cipher.Dispose();
    }

    internal override void SetKey(ReadOnlySpan<byte> key) => _cipher.SetKey(key);

    internal override void Encrypt(ReadOnlySpan<byte> tweak, Span<byte> cell) => _cipher.Encrypt(tweak, cell);

    internal override void Decrypt(ReadOnlySpan<byte> tweak, Span<byte> cell) => _cipher.Decrypt(tweak, cell);

    internal override (object Holder, int Bytes) KeyMemory => (_cipher, Hctr2.StateBytes);

    /// <summary>Zeroes the key; using the cipher before the next <see cref="SetKey"/> is a bug and throws.</summary>
    internal override void Erase() => _cipher.Dispose();

    public override void Dispose() => _cipher.Dispose();
}

/// <summary>What every machine but a test's uses.</summary>
internal sealed class Hctr2CipherFactory : LayerCipherFactory
{
    internal static readonly Hctr2CipherFactory Instance = new();

    internal override LayerCipher Create() => new Hctr2LayerCipher();
}
