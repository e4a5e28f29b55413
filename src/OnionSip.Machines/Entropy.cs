using System;
using System.Buffers.Binary;

namespace OnionSip.Machines;

/// <summary>The only source of randomness a machine may use; given at construction. (MACHINE.ENTROPY)</summary>
/// <remarks>The host hands in the operating system's generator, the simulator and the tests a seeded stream.</remarks>
public abstract class Entropy
{
    /// <summary>Fills <paramref name="destination"/> with bytes fit for keys.</summary>
    public abstract void Fill(Span<byte> destination);

    public uint NextUInt32()
    {
        Span<byte> bytes = stackalloc byte[4];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong NextUInt64()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A uniform number in 0..<paramref name="exclusiveMax"/>-1, without modulo bias.</summary>
    public int NextInt32(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        uint range = (uint)exclusiveMax;
        uint limit = uint.MaxValue - (uint.MaxValue % range);
        uint drawn;
        do
        {
            drawn = NextUInt32();
        }
        while (drawn >= limit);
        return (int)(drawn % range);
    }
}
