using System;
using System.Numerics;

namespace OnionSip.Benchmarks.Loads;

/// <summary>From an endpoint and a circuit id to the lane whose cells arrive under it.</summary>
internal sealed class LaneMap
{
    private const int Empty = -1;
    private const int Gone = -2;
    private readonly ulong[] _keys;
    private readonly int[] _lanes;
    private readonly int _mask;

    public LaneMap(int places)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, places * 2));
        _keys = new ulong[size];
        _lanes = new int[size];
        _mask = size - 1;
        Array.Fill(_lanes, Empty);
    }

    public bool TryFind(int endpoint, uint circuit, out int lane)
    {
        ulong key = Key(endpoint, circuit);
        for (int place = Place(key); _lanes[place] != Empty; place = (place + 1) & _mask)
        {
            if (_keys[place] == key && _lanes[place] != Gone)
            {
                lane = _lanes[place];
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
        while (_lanes[place] >= 0)
        {
            place = (place + 1) & _mask;
        }

        _keys[place] = key;
        _lanes[place] = lane;
    }

    public void Remove(int endpoint, uint circuit)
    {
        ulong key = Key(endpoint, circuit);
        for (int place = Place(key); _lanes[place] != Empty; place = (place + 1) & _mask)
        {
            if (_keys[place] == key && _lanes[place] != Gone)
            {
                _lanes[place] = _lanes[(place + 1) & _mask] == Empty ? Empty : Gone;
                return;
            }
        }
    }

    private static ulong Key(int endpoint, uint circuit) => ((ulong)(uint)endpoint << 32) | circuit;

    private int Place(ulong key) => (int)(unchecked(key * 0x9E3779B97F4A7C15UL) >> 33) & _mask;
}
