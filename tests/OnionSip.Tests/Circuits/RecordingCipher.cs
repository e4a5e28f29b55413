using System;
using System.Collections.Generic;
using OnionSip.Circuits;

namespace OnionSip.Tests.Circuits;

/// <summary>The real cipher, with its keys and calls written down.</summary>
internal sealed class RecordingCipher(RecordingCipherFactory factory) : LayerCipher
{
    private readonly LayerCipher _real = Hctr2CipherFactory.Instance.Create();

    /// <summary>Null while it has none.</summary>
    internal byte[]? Key { get; private set; }

    internal override void SetKey(ReadOnlySpan<byte> key)
    {
        Key = key.ToArray();
        _real.SetKey(key);
        factory.KeysSet.Add(Key);
    }

    internal override void Encrypt(ReadOnlySpan<byte> tweak, Span<byte> cell)
    {
        factory.Calls++;
        _real.Encrypt(tweak, cell);
    }

    internal override void Decrypt(ReadOnlySpan<byte> tweak, Span<byte> cell)
    {
        factory.Calls++;
        _real.Decrypt(tweak, cell);
    }

    internal override void Erase()
    {
        Key = null;
        _real.Erase();
    }

    public override void Dispose() => Erase();
}

/// <summary>Keeps all ciphers it made.</summary>
internal sealed class RecordingCipherFactory : LayerCipherFactory
{
    internal List<RecordingCipher> Made { get; } = [];

    internal List<byte[]> KeysSet { get; } = [];

    internal int Calls { get; set; }

    internal override LayerCipher Create()
    {
        RecordingCipher cipher = new(this);
        Made.Add(cipher);
        return cipher;
    }
}
