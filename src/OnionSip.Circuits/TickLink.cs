using System.Collections.Generic;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The ticks of one link: its phase and the lanes that keep them. (CIRCUIT.TICK)</summary>
internal sealed class TickLink(LinkId id, int phase)
{
    internal LinkId Id { get; } = id;

    internal int Phase { get; } = phase;

    /// <summary>The lanes that are awake, in the order drawn for this tick.</summary>
    internal List<VoiceLane> Lanes { get; } = [];

    /// <summary>The tick being served; meaningful while <see cref="IsDue"/>.</summary>
    internal long Tick { get; set; }

    internal int Position { get; set; }

    internal bool IsDue { get; set; }

    internal void Add(VoiceLane lane)
    {
        lane.Link = this;
        lane.Place = Lanes.Count;
        Lanes.Add(lane);
    }

    internal void Remove(VoiceLane lane)
    {
        VoiceLane last = Lanes[^1];
        Lanes[lane.Place] = last;
        last.Place = lane.Place;
        Lanes.RemoveAt(Lanes.Count - 1);
        lane.Link = null;
    }

    internal void Swap(int first, int second)
    {
        (Lanes[first], Lanes[second]) = (Lanes[second], Lanes[first]);
        Lanes[first].Place = first;
        Lanes[second].Place = second;
    }
}
