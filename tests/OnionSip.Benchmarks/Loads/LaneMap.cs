using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OnionSip.Benchmarks.Loads;

/// <summary>From an endpoint and a circuit id to the lane whose cells arrive under it.</summary>
internal sealed class LaneMap
{
    private const int Empty = -1;
    private const int Gone = -2;
    private readonly Entry[] _entries;
    private readonly int _mask;

    public LaneMap(int places)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, places * 2));
        _entries = new Entry[size];
        _mask = size - 1;
        Array.Fill(_entries, new Entry { Lane = Empty });
    }

    /// <summary>Asks for an entry's memory ahead of its use.</summary>
    public unsafe void Prefetch(int endpoint, uint circuit)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref _entries[Place(Key(endpoint, circuit))]));
        }
    }

    public bool TryFind(int endpoint, uint circuit, out int lane)
    {
        ulong key = Key(endpoint, circuit);
        for (int place = Place(key); _entries[place].Lane != Empty; place = (place + 1) & _mask)
        {
            if (_entries[place].Key == key && _entries[place].Lane != Gone)
            {
                lane = _entries[place].Lane;
                return true;
            }
        }

        lane = Empty;
        return false;
    }

    public void Add(int endpoint, uint circuit, int lane)
    {
        ulong key = Key(endpoint, circuit);
        int place = Place(key);
        while (_entries[place].Lane >= 0)
        {
            place = (place + 1) & _mask;
        }

        _entries[place].Key = key;
        _entries[place].Lane = lane;
    }

    public void Remove(int endpoint, uint circuit)
    {
        ulong key = Key(endpoint, circuit);
        for (int place = Place(key); _entries[place].Lane != Empty; place = (place + 1) & _mask)
        {
            if (_entries[place].Key == key && _entries[place].Lane != Gone)
            {
                _entries[place].Lane = _entries[(place + 1) & _mask].Lane == Empty ? Empty : Gone;
                return;
            }
        }
    }

    private static ulong Key(int endpoint, uint circuit) => ((ulong)(uint)endpoint << 32) | circuit;

    private int Place(ulong key) => (int)(unchecked(key * 0x9E3779B97F4A7C15UL) >> 33) & _mask;

    private struct Entry
    {
        public ulong Key;
        public int Lane;
    }
}
