using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using OnionSip.Links;
using OnionSip.Wire;

namespace OnionSip.Benchmarks.Loads;

/// <summary>When each of the last 32 cells was sent, in microseconds of the table's clock; 0 for a slot left out.</summary>
[InlineArray(LaneTable.Held)]
internal struct SendTimes
{
    private uint _first;
}

/// <summary>One direction of one call.</summary>
internal struct Lane
{
    public LinkId Link;
    public CircuitId Circuit;

    /// <summary>Of the next cell, on the sender's link.</summary>
    public uint NextSlot;

    /// <summary>What the receiver's link adds to the sender's slots.</summary>
    public uint SlotShift;

    /// <summary>Of the first cell.</summary>
    public uint FirstSlot;

    /// <summary>Cells so far; the number of the next.</summary>
    public uint Count;

    /// <summary>One bit for each of the last 32 cells that came.</summary>
    public uint Seen;
    public bool IsBackward;
    public SendTimes SentAt;
}

/// <summary>What happened to cells since the last clearing.</summary>
internal struct CellCounts
{
    public long Sent;
    public long Received;

    /// <summary>Cells whose time is over (32 periods), and those of them that never came.</summary>
    public long Settled;
    public long Lost;

    /// <summary>Came although never sent: the relay filled a slot that the generator left out.</summary>
    public long Filled;
    public long Twice;

    /// <summary>Slots that nothing was sent for.</summary>
    public long Alien;

    /// <summary>Slots left out since the generator itself was a period late.</summary>
    public long Skipped;
}

/// <summary>All lanes of a load: who was sent when, what came, how long it took. Nothing is allocated for a cell.</summary>
internal sealed class LaneTable(int lanes)
{
    internal const int Held = 32;

    private readonly Lane[] _lanes = new Lane[lanes];
    private readonly long _start = Kernel.Now() - 1_000_000;

    public CellCounts Counts;

    /// <summary>From the sender's system call to the receiver's kernel, all directions.</summary>
    public Histogram Delay { get; } = new();

    public Histogram ForwardDelay { get; } = new();

    public Histogram BackwardDelay { get; } = new();

    public bool RecordsDelay { get; set; }

    public ref Lane this[int lane] => ref _lanes[lane];

    /// <summary>Asks for a lane's memory ahead of its use.</summary>
    public unsafe void Prefetch(int lane)
    {
        if (Sse.IsSupported)
        {
            void* at = Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_lanes), lane));
            Sse.Prefetch0(at);
            Sse.Prefetch0((byte*)at + 64);
        }
    }

    public void Start(int lane, uint firstSlot, uint shift, LinkId link, CircuitId circuit) => _lanes[lane] = new()
    {
        Link = link,
        Circuit = circuit,
        NextSlot = firstSlot,
        FirstSlot = firstSlot,
        SlotShift = shift,
        IsBackward = (lane & 1) != 0,
        Seen = uint.MaxValue,
    };

    /// <summary>The slot of the next cell; the one 32 before it is settled. A time of 0 leaves the slot out.</summary>
    public Slot Send(int lane, long at)
    {
        ref Lane entry = ref _lanes[lane];
        int place = (int)(entry.Count % Held);
        uint bit = 1u << place;
        if (entry.Count >= Held && entry.SentAt[place] != 0)
        {
            Counts.Settled++;
            Counts.Lost += (entry.Seen & bit) == 0 ? 1 : 0;
        }

        entry.Seen &= ~bit;
        entry.SentAt[place] = at == 0 ? 0 : Microseconds(at);
        Counts.Sent += at != 0 ? 1 : 0;
        Counts.Skipped += at == 0 ? 1 : 0;
        unchecked
        {
            entry.Count++;
            return new(entry.NextSlot++);
        }
    }

    public void Receive(int lane, Slot slot, long at)
    {
        ref Lane entry = ref _lanes[lane];
        ReceiveNumber(ref entry, unchecked(slot.Value - entry.SlotShift - entry.FirstSlot), at);
    }

    public void ReceiveNumber(int lane, uint number, long at) => ReceiveNumber(ref _lanes[lane], number, at);

    public void ClearCounts()
    {
        Counts = default;
        Delay.Clear();
        ForwardDelay.Clear();
        BackwardDelay.Clear();
    }

    private void ReceiveNumber(ref Lane entry, uint number, long at)
    {
        uint age = unchecked(entry.Count - number);
        if (age is 0 or > Held)
        {
            Counts.Alien++;
            return;
        }

        int place = (int)(number % Held);
        uint bit = 1u << place;
        uint sent = entry.SentAt[place];
        if ((entry.Seen & bit) != 0)
        {
            Counts.Twice++;
            return;
        }

        entry.Seen |= bit;
        if (sent == 0)
        {
            Counts.Filled++;
            return;
        }

        Counts.Received++;
        if (RecordsDelay)
        {
            long delay = unchecked((int)(Microseconds(at) - sent)) * 1000L;
            (entry.IsBackward ? BackwardDelay : ForwardDelay).Add(delay);
            Delay.Add(delay);
        }
    }

    /// <summary>Wraps after more than an hour, which differences do not mind; never 0.</summary>
    private uint Microseconds(long at) => (uint)((at - _start) / 1000 & uint.MaxValue) | 1;
}
