using System;
using System.Runtime.CompilerServices;

namespace OnionSip.Circuits;

/// <summary>Lets each slot of one direction through once. (CIRCUIT.SLOT)</summary>
/// <remarks>
/// Shape:  a ring of 32 words of 64 bits over the logical index; moving forward clears whole words, never shifts.
/// Bounds: <see cref="CircuitLimits.WindowSlots"/> behind and with the highest, <see
///         cref="CircuitLimits.AheadSlots"/> ahead of it.
/// Use:    <see cref="Check"/> before the cipher, <see cref="Accept"/> whatever the cipher finds.
/// </remarks>
internal sealed class SlotWindow
{
    private const int WordShift = 6;
    private const int Words = 32;

    private WindowBits _bits;
    private long _highest = -1;

    /// <summary>The highest accepted index; -1 before the first.</summary>
    internal long Highest => _highest;

    /// <summary>Octets of memory that a question reads of its object.</summary>
    internal const int HintBytes = 16 + 8 + (Words * 8);

    internal void Reset()
    {
        _bits = default;
        _highest = -1;
    }

    /// <summary>
    /// The index nearest to the next expected one that is <paramref name="distance"/> modulo 2^32; negative when
    /// before the base.
    /// </summary>
    internal long IndexOf(uint distance)
    {
        long expected = _highest + 1;
        return expected + unchecked((int)(distance - (uint)expected));
    }

    /// <summary>True for an index the window still covers, and for any ahead of it: there is a key for it.</summary>
    internal bool Reaches(long index) => _highest - index < CircuitLimits.WindowSlots;

    internal CircuitDrop Check(long index)
    {
        if (index > _highest)
        {
            return index - _highest > CircuitLimits.AheadSlots ? CircuitDrop.SlotTooFar : CircuitDrop.None;
        }

        if (index < 0 || _highest - index >= CircuitLimits.WindowSlots)
        {
            return CircuitDrop.SlotTooOld;
        }

        return (_bits[WordOf(index)] & BitOf(index)) != 0 ? CircuitDrop.SlotReplayed : CircuitDrop.None;
    }

    /// <summary>Marks an index that <see cref="Check"/> let through.</summary>
    internal void Accept(long index)
    {
        if (index > _highest)
        {
            MoveTo(index);
        }

        _bits[WordOf(index)] |= BitOf(index);
    }

    private void MoveTo(long index)
    {
        long newestWord = _highest >> WordShift;
        long steps = Math.Min((index >> WordShift) - newestWord, Words);
        for (long step = 1; step <= steps; step++)
        {
            _bits[WordOf((newestWord + step) << WordShift)] = 0;
        }

        _highest = index;
    }

    private static int WordOf(long index) => (int)(index >> WordShift) & (Words - 1);

    private static ulong BitOf(long index) => 1UL << (int)(index & 63);

    [InlineArray(Words)]
    private struct WindowBits
    {
        private ulong _first;
    }
}
