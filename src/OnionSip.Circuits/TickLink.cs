using System;
using System.Collections.Generic;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The ticks of one link: its phase and the lanes that keep them. (CIRCUIT.TICK)</summary>
/// <remarks>Lanes that fall asleep while a tick is served leave a hole in its order; holes go when the next tick begins.</remarks>
internal sealed class TickLink(LinkId id, int phase)
{
    private VoiceLane?[] _order = new VoiceLane?[8];

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
    internal VoiceLane? At(int place) => _order[place];

    internal void Add(VoiceLane lane)
    {
        if (Places == _order.Length)
        {
            Array.Resize(ref _order, 2 * _order.Length);
        }

        lane.Link = this;
        _order[Places++] = lane;
        Awake++;
    }

    internal void Remove(VoiceLane lane)
    {
        _order[Array.IndexOf(_order, lane, 0, Places)] = null;
        lane.Link = null;
        Awake--;
    }

    /// <summary>Closes the holes; reads no lane.</summary>
    internal void Compact()
    {
        if (Places == Awake)
        {
            return;
        }

        int kept = 0;
        for (int place = 0; place < Places; place++)
        {
            if (_order[place] is { } lane)
            {
                _order[kept++] = lane;
            }
        }

        Array.Clear(_order, kept, Places - kept);
        Places = kept;
    }

    internal void Swap(int first, int second) => (_order[first], _order[second]) = (_order[second], _order[first]);
}
