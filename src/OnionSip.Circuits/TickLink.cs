using System;
using System.Collections.Generic;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The ticks of one link: its phase and the lanes that keep them. (CIRCUIT.TICK)</summary>
/// <remarks>Lanes that fall asleep while a tick is served leave a hole in its order; holes go when the next tick begins.</remarks>
internal sealed class TickLink(LinkId id, int phase)
{
    private VoiceLane?[] _order = new VoiceLane?[8];
    private long _compactions;

    internal LinkId Id { get; } = id;

    internal int Phase { get; } = phase;

    /// <summary>How many lanes are awake.</summary>
    internal int Awake { get; private set; }

    /// <summary>Places in the order, holes among them.</summary>
    internal int Places { get; private set; }

    /// <summary>The tick being served; meaningful while <see cref="IsDue"/>.</summary>
    internal long Tick { get; set; }

    internal int Position { get; set; }

    internal bool IsDue { get; set; }

    /// <summary>The lane whose turn is at this place; null for a hole.</summary>
    internal VoiceLane? At(int place) => _order[place] is { } lane && lane.Link == this ? lane : null;

    /// <summary>What stands at this place, asleep or not; reads no lane.</summary>
    internal VoiceLane? EntryAt(int place) => _order[place];

    internal void Add(VoiceLane lane)
    {
        lane.Link = this;
        Awake++;
        if (lane.LeftAt == _compactions)
        {
            // It fell asleep since the last tick began: its place is still there.
            return;
        }

        if (Places == _order.Length)
        {
            Array.Resize(ref _order, 2 * _order.Length);
        }

        _order[Places++] = lane;
    }

    /// <summary>Leaves a hole, in no time: many may fall asleep at once.</summary>
    internal void Remove(VoiceLane lane)
    {
        lane.Link = null;
        lane.LeftAt = _compactions;
        Awake--;
        if (Awake == 0)
        {
            Compact();
        }
    }

    /// <summary>Closes the holes.</summary>
    internal void Compact()
    {
        if (Places == Awake)
        {
            return;
        }

        int kept = 0;
        for (int place = 0; place < Places; place++)
        {
            if (At(place) is { } lane)
            {
                _order[kept++] = lane;
            }
        }

        Array.Clear(_order, kept, Places - kept);
        Places = kept;
        _compactions++;
    }

    internal void Swap(int first, int second) => (_order[first], _order[second]) = (_order[second], _order[first]);
}
