using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace OnionSip.Machines;

/// <summary>Items of several owners that wait for something scarce, taken in turns. (MACHINE.FAIR-QUEUE)</summary>
/// <remarks>
/// Shape:  deficit round robin: on its turn an owner gets as many items as its weight. Within an owner first come, first served.
/// Bounds: a number in all and one for each owner. When all places are taken the owner with the most waiting gives its newest for the
///         newcomer of an owner that has less; so nobody can fill the queue against the others.
/// </remarks>
public sealed class FairQueue<TKey, TItem>
    where TKey : notnull
    where TItem : class
{
    private readonly Dictionary<TKey, Lane> _lanes = [];
    private readonly LinkedList<Lane> _round = new();
    private readonly int _capacity;

    public FairQueue(int capacity) => _capacity = capacity;

    public int Count { get; private set; }

    /// <summary>Owners with something waiting.</summary>
    public int Owners => _lanes.Count;

    public int CountOf(TKey key) => _lanes.TryGetValue(key, out Lane? lane) ? lane.Items.Count : 0;

    /// <summary>Adds an item; false when its owner has as many as it may, or nobody has more waiting than it.</summary>
    /// <param name="weight">Items on one turn, at least 1.</param>
    /// <param name="max">Items of this owner.</param>
    /// <param name="evicted">What gave way to it.</param>
    public bool TryAdd(TKey key, int weight, int max, TItem item, out TItem? evicted)
    {
        evicted = null;
        int own = CountOf(key);
        if (own >= max || (Count >= _capacity && !TryEvict(own, out evicted)))
        {
            return false;
        }

        if (!_lanes.TryGetValue(key, out Lane? lane))
        {
            lane = new Lane(key);
            _lanes.Add(key, lane);
            _round.AddLast(lane.Node);
        }

        lane.Weight = weight;
        lane.Items.AddLast(item);
        Count++;
        return true;
    }

    public bool TryTake([NotNullWhen(true)] out TItem? item)
    {
        item = null;
        if (_round.First?.Value is not { } lane)
        {
            return false;
        }

        if (lane.Left == 0)
        {
            lane.Left = lane.Weight;
        }

        lane.Left--;
        item = lane.Items.First!.Value;
        lane.Items.RemoveFirst();
        Count--;
        if (lane.Items.Count == 0)
        {
            Forget(lane);
        }
        else if (lane.Left == 0)
        {
            _round.RemoveFirst();
            _round.AddLast(lane.Node);
        }

        return true;
    }

    /// <summary>Takes an item out of the order; false when it does not wait.</summary>
    public bool Remove(TKey key, TItem item)
    {
        if (!_lanes.TryGetValue(key, out Lane? lane) || !lane.Items.Remove(item))
        {
            return false;
        }

        Count--;
        if (lane.Items.Count == 0)
        {
            Forget(lane);
        }

        return true;
    }

    private bool TryEvict(int own, out TItem? evicted)
    {
        Lane? longest = null;
        foreach (Lane lane in _round)
        {
            longest = longest is null || lane.Items.Count > longest.Items.Count ? lane : longest;
        }

        evicted = null;
        if (longest is null || longest.Items.Count <= own + 1)
        {
            return false;
        }

        evicted = longest.Items.Last!.Value;
        longest.Items.RemoveLast();
        Count--;
        return true;
    }

    private void Forget(Lane lane)
    {
        _lanes.Remove(lane.Key);
        _round.Remove(lane.Node);
    }

    private sealed class Lane
    {
        internal Lane(TKey key)
        {
            Key = key;
            Node = new LinkedListNode<Lane>(this);
        }

        internal TKey Key { get; }

        internal LinkedListNode<Lane> Node { get; }

        internal LinkedList<TItem> Items { get; } = new();

        internal int Weight { get; set; }

        internal int Left { get; set; }
    }
}
