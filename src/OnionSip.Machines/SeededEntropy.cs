using System;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OnionSip.Machines;

/// <summary>
/// A reproducible stream: SHA-256 of seed and block number. For the simulator and tests, never for keys in use. (MACHINE.ENTROPY)
/// </summary>
public sealed class SeededEntropy : Entropy
{
    private readonly byte[] _block = new byte[32];
    private readonly ulong _seed;
    private ulong _counter;
    private int _used = 32;

    public SeededEntropy(ulong seed) => _seed = seed;

    public override void Fill(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            if (_used == _block.Length)
            {
                NextBlock();
            }

            int take = Math.Min(destination.Length, _block.Length - _used);
            _block.AsSpan(_used, take).CopyTo(destination);
            _used += take;
            destination = destination[take..];
        }
    }

    private void NextBlock()
    {
        Span<byte> input = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(input, _seed);
        BinaryPrimitives.WriteUInt64LittleEndian(input[8..], _counter);
        _counter++;
        SHA256.HashData(input, _block);
        _used = 0;
    }
}
