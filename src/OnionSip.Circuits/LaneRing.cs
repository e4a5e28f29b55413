using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OnionSip.Crypto;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The memory of one lane's held cells: a piece of a slab. (CIRCUIT.TICK)</summary>
internal readonly record struct LaneRing(byte[] Slab, int Offset)
{
    /// <summary>A cell begins at each multiple, so that it touches as few lines as can be.</summary>
    internal const int CellStride = 256;
    internal const int Bytes = TickLimits.LaneCells * CellStride;

    internal bool IsNone => Slab is null;

    internal Span<byte> Cell(int place) => Slab.AsSpan(Offset + (place * CellStride), WireLayout.CellBytes);

    /// <summary>Fetches one cell's memory; does not read the slab itself.</summary>
    internal void Hint(int place)
    {
        if (Slab is not null)
        {
            ref byte start = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Slab), Offset + (place * CellStride));
            CacheHint.Memory(MemoryMarshal.CreateReadOnlySpan(ref start, WireLayout.CellBytes));
        }
    }
}

/// <summary>Hands out pieces of slabs and takes them back; what was taken once is kept for the next call. (CIRCUIT.TICK)</summary>
/// <remarks>Bounds: as many pieces as lanes were there at once. Slabs never move.</remarks>
internal sealed class LaneRings
{
    private const int RingsPerSlab = 32;

    private readonly Stack<LaneRing> _free = new();

    internal LaneRing Take()
    {
        if (_free.Count == 0)
        {
            byte[] slab = GC.AllocateUninitializedArray<byte>(RingsPerSlab * LaneRing.Bytes, pinned: true);
            for (int ring = RingsPerSlab - 1; ring >= 0; ring--)
            {
                _free.Push(new(slab, ring * LaneRing.Bytes));
            }
        }

        return _free.Pop();
    }

    /// <summary>Ciphertext that others made or saw: nothing secret to erase.</summary>
    internal void Return(in LaneRing ring) => _free.Push(ring);
}
