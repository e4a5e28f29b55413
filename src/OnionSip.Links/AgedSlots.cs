using System;
using OnionSip.Machines;

namespace OnionSip.Links;

/// <summary>Numbers the places of a fixed table, oldest first, with a limit for each prefix. (LINK.LIMITS)</summary>
/// <remarks>
/// Shape:  a doubly linked list through arrays; the owner keeps what is in the places.
/// Bounds: at most the capacity in all and <c>maxPerPrefix</c> for one prefix; the owner frees what <see cref="MustEvict"/> names first.
/// </remarks>
internal sealed class AgedSlots
{
    internal const int None = -1;

    private readonly int[] _older;
    private readonly int[] _newer;
    private readonly SourcePrefix[] _prefixes;
    private readonly Instant[] _since;
    private readonly int[] _free;
    private readonly PrefixCounts _counts = new();
    private readonly int _maxPerPrefix;
    private int _freeCount;
    private int _newest = None;

    internal AgedSlots(int capacity, int maxPerPrefix)
    {
        _older = new int[capacity];
        _newer = new int[capacity];
        _prefixes = new SourcePrefix[capacity];
        _since = new Instant[capacity];
        _free = new int[capacity];
        _maxPerPrefix = maxPerPrefix;
        _freeCount = capacity;
        for (int slot = 0; slot < capacity; slot++)
        {
            _free[slot] = capacity - 1 - slot;
        }
    }

    internal int Count => _free.Length - _freeCount;

    internal int Oldest { get; private set; } = None;

    internal Instant Since(int slot) => _since[slot];

    /// <summary>
    /// Names the place that must be freed before this prefix gets one: its own oldest when it has its share, else the oldest of all.
    /// </summary>
    internal bool MustEvict(SourcePrefix prefix, out int slot)
    {
        slot = None;
        if (_counts.Of(prefix) >= _maxPerPrefix)
        {
            slot = Oldest;
            while (_prefixes[slot] != prefix)
            {
                slot = _newer[slot];
            }
        }
        else if (_freeCount == 0)
        {
            slot = Oldest;
        }

        return slot != None;
    }

    internal int Add(Instant now, SourcePrefix prefix)
    {
        Invariant.Require(_freeCount > 0, "a place is free");
        int slot = _free[--_freeCount];
        _prefixes[slot] = prefix;
        _since[slot] = now;
        _older[slot] = _newest;
        _newer[slot] = None;
        if (_newest == None)
        {
            Oldest = slot;
        }
        else
        {
            _newer[_newest] = slot;
        }

        _newest = slot;
        _counts.Add(prefix);
        return slot;
    }

    internal void Remove(int slot)
    {
        int older = _older[slot];
        int newer = _newer[slot];
        if (older == None)
        {
            Oldest = newer;
        }
        else
        {
            _newer[older] = newer;
        }

        if (newer == None)
        {
            _newest = older;
        }
        else
        {
            _older[newer] = older;
        }

        _counts.Remove(_prefixes[slot]);
        _free[_freeCount++] = slot;
    }
}
