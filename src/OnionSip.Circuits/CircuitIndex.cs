using System;
using System.Numerics;
using System.Runtime.InteropServices;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Finds a circuit by link and circuit id without allocating. (CIRCUIT.LIMITS)</summary>
/// <remarks>
/// Shape:  open addressing with linear probing, at most half full; the place is keyed, since peers choose the ids.
/// Bounds: twice the circuits of the table (two sides each).
/// </remarks>
internal sealed class CircuitIndex
{
    private readonly Entry[] _entries;
    private readonly ulong _secret;
    private readonly int _mask;
    private readonly int _shift;
    private readonly int _capacity;
    private int _count;

    internal CircuitIndex(int capacity, Entropy entropy)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)capacity * 2);
        _entries = new Entry[size];
        _mask = size - 1;
        _shift = 64 - BitOperations.Log2((uint)size);
        _capacity = capacity;
        _secret = entropy.NextUInt64();
    }

    internal int Count => _count;

    internal bool TryFind(LinkId link, CircuitId circuit, out int value)
    {
        Entry entry = _entries[Find(KeyOf(link, circuit))];
        value = entry.Value;
        return entry.Key != 0;
    }

    /// <summary>Fetches the place where it is looked for.</summary>
    internal void Hint(LinkId link, CircuitId circuit) =>
        CacheHint.Memory(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref _entries[PlaceOf(KeyOf(link, circuit))], 1)));

    internal bool Contains(LinkId link, CircuitId circuit) => TryFind(link, circuit, out _);

    internal void Add(LinkId link, CircuitId circuit, int value)
    {
        ulong key = KeyOf(link, circuit);
        int place = Find(key);
        Invariant.Require(
            _entries[place].Key == 0 && _count < _capacity, "a circuit id is indexed twice or the index is full");
        _entries[place] = new(key, value);
        _count++;
    }

    internal void Remove(LinkId link, CircuitId circuit)
    {
        int hole = Find(KeyOf(link, circuit));
        Invariant.Require(_entries[hole].Key != 0, "a circuit id is not indexed");
        _count--;
        int next = (hole + 1) & _mask;
        while (_entries[next].Key != 0)
        {
            // An entry may fill the hole when its home is not between the hole and where it stands.
            int home = PlaceOf(_entries[next].Key);
            if (((next - home) & _mask) >= ((next - hole) & _mask))
            {
                _entries[hole] = _entries[next];
                hole = next;
            }

            next = (next + 1) & _mask;
        }

        _entries[hole] = default;
    }

    /// <summary>Where the key is, or the free place where it would go.</summary>
    private int Find(ulong key)
    {
        int place = PlaceOf(key);
        while (_entries[place].Key != 0 && _entries[place].Key != key)
        {
            place = (place + 1) & _mask;
        }

        return place;
    }

    private int PlaceOf(ulong key)
    {
        ulong mixed = unchecked((key ^ _secret) * 0x9E37_79B9_7F4A_7C15);
        mixed ^= mixed >> 32;
        return (int)(unchecked((mixed + _secret) * 0xD6E8_FEB8_6659_FD93) >> _shift);
    }

    /// <summary>Never 0: circuit ids are not.</summary>
    private static ulong KeyOf(LinkId link, CircuitId circuit) =>
        ((ulong)unchecked((uint)link.Value) << 32) | circuit.Value;

    private readonly record struct Entry(ulong Key, int Value);
}
