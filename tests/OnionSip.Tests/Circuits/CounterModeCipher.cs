using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using OnionSip.Circuits;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// The control of the tagging tests: a key stream from key and tweak, added to the cell. A flipped bit stays one
/// flipped bit.
/// </summary>
internal sealed class CounterModeCipher : LayerCipher
{
    private readonly byte[] _key = new byte[KeyBytes];

    internal override void SetKey(ReadOnlySpan<byte> key) => key.CopyTo(_key);

    internal override void Encrypt(ReadOnlySpan<byte> tweak, Span<byte> cell)
    {
        Span<byte> input = stackalloc byte[KeyBytes + TweakBytes + 4];
        Span<byte> stream = stackalloc byte[32];
        _key.CopyTo(input);
        tweak.CopyTo(input[KeyBytes..]);
        for (int offset = 0; offset < cell.Length; offset++)
        {
            if (offset % stream.Length == 0)
            {
                BinaryPrimitives.WriteInt32BigEndian(input[(KeyBytes + TweakBytes)..], offset);
                SHA256.HashData(input, stream);
            }

            cell[offset] ^= stream[offset % stream.Length];
        }
    }

    internal override void Decrypt(ReadOnlySpan<byte> tweak, Span<byte> cell) => Encrypt(tweak, cell);

    internal override void Erase() => _key.AsSpan().Clear();

    public override void Dispose() => Erase();
}

internal sealed class CounterModeCipherFactory : LayerCipherFactory
{
    internal override LayerCipher Create() => new CounterModeCipher();
}
