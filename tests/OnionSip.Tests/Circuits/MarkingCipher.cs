using System;
using System.Buffers.Binary;
using OnionSip.Circuits;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// Fast and worthless: adds eight bytes of key and tweak to the mark. For runs whose subject is numbering, not
/// secrecy.
/// </summary>
internal sealed class MarkingCipher : LayerCipher
{
    private ulong _key;

    internal override void SetKey(ReadOnlySpan<byte> key) => _key = BinaryPrimitives.ReadUInt64LittleEndian(key);

    internal override void Encrypt(ReadOnlySpan<byte> tweak, Span<byte> cell)
    {
        ulong mark = BinaryPrimitives.ReadUInt64LittleEndian(cell) ^ _key ^ BinaryPrimitives.ReadUInt64LittleEndian(
            tweak);
        BinaryPrimitives.WriteUInt64LittleEndian(cell, mark);
    }

    internal override void Decrypt(ReadOnlySpan<byte> tweak, Span<byte> cell) => Encrypt(tweak, cell);

    internal override void Erase() => _key = 0;

    public override void Dispose() => Erase();
}

internal sealed class MarkingCipherFactory : LayerCipherFactory
{
    internal override LayerCipher Create() => new MarkingCipher();
}
