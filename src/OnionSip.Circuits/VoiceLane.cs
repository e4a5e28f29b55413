using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>What a lane has for a tick.</summary>
internal enum LaneTurn : byte
{
    /// <summary>Its next index leaves at a later tick.</summary>
    Nothing = 0,
    Held,
    Missing,
}

/// <summary>One direction of a voice circuit at a hop: cells that wait for their tick. (CIRCUIT.TICK)</summary>
/// <remarks>
/// Shape:  asleep or awake; index i leaves at tick i + shift. A lane with no ring is a source: it makes its cells.
/// Bounds: <see cref="TickLimits.LaneCells"/> cells.
/// </remarks>
internal sealed class VoiceLane(RelayCircuit circuit, LayerDirection direction, LaneRing? ring)
{
    private static readonly TimeSpan s_heldLong = TimeSpan.FromMilliseconds(TickLimits.ShiftDownHeldMilliseconds);

    private readonly LaneRing _ring = ring ?? default;
    private ArrivalTimes _arrived;
    private long _shift;
    private long _next;
    private ulong _fills;
    private byte _present;
    private int _fillsInARow;
    private bool _hasLate;
    private int _lateBlocks;
    private int _turns;
    private bool _allHeldLong = true;

    internal RelayCircuit Circuit { get; } = circuit;

    internal LayerDirection Direction { get; } = direction;

    internal LaneRing Ring => _ring;

    internal bool IsSource => _ring.IsNone;

    /// <summary>The circuit id on the link it leaves by.</summary>
    internal CircuitId OutCircuit { get; init; }

    /// <summary>The slot of index 0 on that link.</summary>
    internal uint OutBase { get; init; }

    internal Slot OutSlotOf(long index) => new(unchecked(OutBase + (uint)index));

    /// <summary>At a backward lane: either direction has fills that no report has told. (CIRCUIT.REPORT)</summary>
    internal bool HasNews { get; set; }

    /// <summary>Octets of memory that a turn reads of its object.</summary>
    internal const int HintBytes = 256;

    /// <summary>The link whose ticks it keeps; null while asleep.</summary>
    internal TickLink? Link { get; set; }

    /// <summary>Turns since the oldest fill that no report has told; -1 when there is none.</summary>
    internal int UnreportedTurns { get; private set; } = -1;

    internal bool IsAwake => Link is not null;

    /// <summary>When it fell asleep, by its link's own count; -1 before. (<see cref="TickLink.Add"/>)</summary>
    internal long LeftAt { get; set; } = -1;

    /// <summary>The index that leaves next.</summary>
    internal long Next => _next;

    internal bool MustSleep => _fillsInARow >= TickLimits.FillsMax;

    /// <summary>What left lately, for a report. (CIRCUIT.FILL)</summary>
    internal SlotBitmap Fills => new(unchecked((uint)(_next - 1)), _fills);

    /// <summary>Fetches the place of the cell that leaves next, or of the one that comes next. (MACHINE.TRAIN)</summary>
    internal void Hint(uint index) => _ring.Hint((int)(index & (TickLimits.LaneCells - 1)));

    /// <summary>Fixes the difference: the index leaves at the tick.</summary>
    internal void Wake(long index, long tick)
    {
        _next = index;
        _shift = tick - index;
        _present = 0;
        _fillsInARow = 0;
        Restart();
    }

    /// <summary>Holds a cell until its tick. Drops: SlotLate, SlotEarly. (CIRCUIT.TICK)</summary>
    internal CircuitDrop Hold(Instant now, long index, ReadOnlySpan<byte> cell)
    {
        CircuitDrop verdict = Judge(index);
        if (verdict == CircuitDrop.None)
        {
            int place = PlaceOf(index);
            cell.CopyTo(_ring.Cell(place));
            _present |= (byte)(1 << place);
            _arrived[place] = now.Ticks;
        }

        return verdict;
    }

    /// <summary>How many slots lie behind this tick unsent: they are given up. (CIRCUIT.SLIP)</summary>
    internal int SkipTo(long tick)
    {
        int skipped = 0;
        while (_next + _shift < tick && skipped < TickLimits.LaneCells)
        {
            skipped++;
            _present = Without(_next);
            Advance(isFilled: true);
        }

        if (_next + _shift < tick)
        {
            // Longer than the ring is deep: nothing is held any more, the rest is one step.
            long rest = tick - _next - _shift;
            skipped += (int)Math.Min(rest, int.MaxValue - skipped);
            _next += rest;
            _fills = ulong.MaxValue;
        }

        return skipped;
    }

    internal LaneTurn TurnAt(long tick)
    {
        if (_next + _shift > tick)
        {
            return LaneTurn.Nothing;
        }

        return (_present & (1 << PlaceOf(_next))) != 0 ? LaneTurn.Held : LaneTurn.Missing;
    }

    /// <summary>Takes the cell whose tick it is; returns how long it waited.</summary>
    internal TimeSpan Take(Instant now, Span<byte> cell)
    {
        int place = PlaceOf(_next);
        _ring.Cell(place).CopyTo(cell);
        return Drop(now);
    }

    /// <summary>Gives up the cell whose tick it is, for a report in its slot.</summary>
    internal TimeSpan Drop(Instant now)
    {
        int place = PlaceOf(_next);
        _present = Without(_next);
        TimeSpan held = now - new Instant(_arrived[place]);
        _allHeldLong &= held > s_heldLong;
        Advance(isFilled: false);
        return held;
    }

    /// <summary>The slot whose tick it is was filled.</summary>
    internal void NoteFilled()
    {
        _allHeldLong = false;
        Advance(isFilled: true);
    }

    /// <summary>The slot whose tick it is holds a cell that was made here.</summary>
    internal void NoteMade() => Advance(isFilled: false);

    internal void NoteReported() => UnreportedTurns = -1;

    /// <summary>Moves the lane by a tick when cells come too late or wait too long; true when it did. (CIRCUIT.TICK)</summary>
    internal bool TryShift()
    {
        _turns++;
        if (_turns % TickLimits.ShiftBlockTicks == 0 && IsOftenLate())
        {
            Shift(1);
            return true;
        }

        bool isLong = _turns >= TickLimits.ShiftDownTicks;
        bool mayHurry = isLong && _allHeldLong;
        if (mayHurry)
        {
            Shift(-1);
        }
        else if (isLong)
        {
            _turns = 0;
            _allHeldLong = true;
        }

        return mayHurry;
    }

    /// <summary>Late in three of the last four blocks: not one stall, a path that is longer than it was.</summary>
    private bool IsOftenLate()
    {
        _lateBlocks = ((_lateBlocks << 1) | (_hasLate ? 1 : 0)) & 15;
        _hasLate = false;
        return BitOperations.PopCount((uint)_lateBlocks) >= TickLimits.ShiftUpBlocks;
    }

    private CircuitDrop Judge(long index)
    {
        if (index < _next)
        {
            _hasLate = true;
            _allHeldLong = false;
            return CircuitDrop.SlotLate;
        }

        return index - _next >= TickLimits.LaneCells ? CircuitDrop.SlotEarly : CircuitDrop.None;
    }

    private void Shift(int ticks)
    {
        _shift += ticks;
        Restart();
    }

    private void Restart()
    {
        _turns = 0;
        _hasLate = false;
        _lateBlocks = 0;
        _allHeldLong = true;
    }

    private void Advance(bool isFilled)
    {
        _next++;
        _fills = unchecked(_fills << 1) | (isFilled ? 1UL : 0UL);
        _fillsInARow = isFilled ? _fillsInARow + 1 : 0;
        if (UnreportedTurns >= 0)
        {
            UnreportedTurns++;
        }
        else if (isFilled)
        {
            UnreportedTurns = 0;
        }
    }

    private byte Without(long index) => unchecked((byte)(_present & ~(1 << PlaceOf(index))));

    private static int PlaceOf(long index) => (int)(index & (TickLimits.LaneCells - 1));

    [InlineArray(TickLimits.LaneCells)]
    private struct ArrivalTimes
    {
        private long _first;
    }
}
