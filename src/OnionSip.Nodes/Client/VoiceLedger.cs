using System;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>What is known of each slot of one direction of a voice path, until it is too old to change. (NODE.VOICE-REPORT)</summary>
/// <remarks>
/// Shape:  a ring over the client's count; a slot that leaves it is added to the totals. Counts are whole numbers that do not wrap.
/// Bounds: <see cref="Slots"/> entries, above what reports can be late by; reports of slots outside are ignored.
/// </remarks>
internal sealed class VoiceLedger(int hops)
{
    /// <summary>nodes.voice_slots: far more than the time a report may take.</summary>
    public const int Slots = 1024;

    private readonly Entry[] _ring = new Entry[Slots];
    private readonly VoiceTotals _old = new(hops);

    /// <summary>The slot was used, or its time came: the entry begins.</summary>
    public void Begin(long count)
    {
        ref Entry entry = ref _ring[count & (Slots - 1)];
        if (entry.Fate != SlotFate.None)
        {
            _old.Add(in entry);
        }

        entry = new() { Count = count, Fate = SlotFate.Open, FilledAt = -1 };
    }

    /// <summary>Settles a slot; reaching the end is never taken back.</summary>
    public void Settle(long count, SlotFate fate)
    {
        ref Entry entry = ref _ring[count & (Slots - 1)];
        if (count >= 0 && entry.Count == count && entry.Fate is not (SlotFate.None or SlotFate.Reached))
        {
            entry.Fate = fate;
        }
    }

    /// <summary>A hop says that it filled the slot.</summary>
    public void Fill(long count, int hop)
    {
        ref Entry entry = ref _ring[count & (Slots - 1)];
        if (count >= 0 && entry.Count == count && entry.Fate is not SlotFate.None && entry.FilledAt < 0)
        {
            entry.FilledAt = hop;
        }
    }

    /// <summary>The count that a bitmap's newest index means, given what that hop should be at. (CIRCUIT.SLOT)</summary>
    public static long CountOf(SlotBitmap bitmap, long start, long expectedCount)
    {
        long expected = expectedCount - start;
        return start + expected + unchecked((int)(bitmap.Newest - (uint)expected));
    }

    /// <summary>Everything so far, the ring included.</summary>
    public VoiceTotals Total()
    {
        VoiceTotals total = new(hops);
        total.Add(_old);
        foreach (ref readonly Entry entry in _ring.AsSpan())
        {
            if (entry.Fate != SlotFate.None)
            {
                total.Add(in entry);
            }
        }

        return total;
    }

    internal struct Entry
    {
        public long Count;
        public int FilledAt;
        public SlotFate Fate;
    }
}

/// <summary>What became of a slot.</summary>
internal enum SlotFate : byte
{
    None = 0,

    /// <summary>Nothing is known of it; a backward one did not come.</summary>
    Open,

    /// <summary>It came to its end and could be read.</summary>
    Reached,

    /// <summary>It did not: forward, the exit says so; backward, what came was no hop's.</summary>
    Unreadable,
}

/// <summary>Slots added up by what became of them.</summary>
internal sealed class VoiceTotals(int hops)
{
    public long All { get; private set; }

    public long Reached { get; private set; }

    public long Open { get; private set; }

    public long Undeclared { get; private set; }

    public long[] Filled { get; } = new long[hops];

    public void Add(in VoiceLedger.Entry entry)
    {
        All++;
        if (entry.Fate == SlotFate.Reached)
        {
            Reached++;
        }
        else if (entry.FilledAt >= 0)
        {
            Filled[entry.FilledAt]++;
        }
        else
        {
            Open += entry.Fate == SlotFate.Open ? 1 : 0;
            Undeclared += entry.Fate == SlotFate.Unreadable ? 1 : 0;
        }
    }

    public void Add(VoiceTotals other)
    {
        All += other.All;
        Reached += other.Reached;
        Open += other.Open;
        Undeclared += other.Undeclared;
        for (int hop = 0; hop < Filled.Length; hop++)
        {
            Filled[hop] += other.Filled[hop];
        }
    }
}
