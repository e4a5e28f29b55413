using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>Reads and writes the last 1 to 15 octets of a message as one block; only the public length steers it.</summary>
internal static class PartBlock
{
    // Read at 16 - n: the last n lane numbers, then lanes that yield zero.
    private static ReadOnlySpan<byte> LastLanes =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
    ];

    // Read at 16 - n: n ones, then zeros.
    private static ReadOnlySpan<byte> FirstOctets =>
    [
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    // Read at 16 - n: a single one after n zeros.
    private static ReadOnlySpan<byte> PaddingOctet =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>The octets at <paramref name="start"/>, zeros after; at least 16 octets of buffer end where the part ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Load(ref byte start, int count)
    {
        // The part of a cell: read no wider than it is written, or the read waits for the writes to leave the store buffer.
        if (count == 8)
        {
            return Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref start)).AsByte();
        }

        Vector128<byte> last = Vector128.LoadUnsafe(ref Unsafe.Add(ref start, count - 16));
        return VectorLanes.Pick(last, At(LastLanes, count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<byte> block, ref byte start, int count)
    {
        if (count == 8)
        {
            Unsafe.WriteUnaligned(ref start, block.AsUInt64().ToScalar());
            return;
        }

        for (int i = 0; i < count; i++)
        {
            Unsafe.Add(ref start, i) = block.GetElement(i);
        }
    }

    /// <summary>The block with everything from octet <paramref name="count"/> on replaced by a one and zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Pad(Vector128<byte> block, int count) =>
        (block & At(FirstOctets, count)) | At(PaddingOctet, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> At(ReadOnlySpan<byte> table, int count) =>
        Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(table), (nuint)(16 - count));
}
