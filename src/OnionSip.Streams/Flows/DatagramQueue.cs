using System;

namespace OnionSip.Streams;

/// <summary>
/// Datagrams in order, each with a tag, in one buffer; when full the oldest goes. (FLOW.QUEUE, FLOW.ALLOCATION)
/// </summary>
/// <remarks>
/// Bounds: a number of datagrams and of bytes. The buffer grows up to the bound and is then never allocated again.
/// </remarks>
internal sealed class DatagramQueue(int maxDatagrams, int maxBytes)
{
    private const int SmallestBytes = 1024;

    private readonly (ushort Tag, int Offset, int Length)[] _entries = new (ushort, int, int)[maxDatagrams];
    private byte[] _bytes = [];
    private int _head;
    private int _used;

    public int Count { get; private set; }

    public int HeldBytes => _bytes.Length;

    public ushort HeadTag => _entries[_head].Tag;

    public ReadOnlySpan<byte> Head => _bytes.AsSpan(_entries[_head].Offset, _entries[_head].Length);

    /// <summary>
    /// Room for a datagram at the end, to be filled at once; <paramref name="dropped"/> tells how many went for it.
    /// </summary>
    public Span<byte> Append(ushort tag, int length, out int dropped)
    {
        dropped = 0;
        while (Count == maxDatagrams || _used + length > maxBytes)
        {
            RemoveHead();
            dropped++;
        }

        int offset = Count == 0 ? 0 : Tail();
        if (offset + length > _bytes.Length)
        {
            offset = MakeRoom(length);
        }

        _entries[(_head + Count) % maxDatagrams] = (tag, offset, length);
        Count++;
        _used += length;
        return _bytes.AsSpan(offset, length);
    }

    public void RemoveHead()
    {
        _used -= _entries[_head].Length;
        _head = (_head + 1) % maxDatagrams;
        Count--;
    }

    private int Tail()
    {
        (ushort _, int offset, int length) = _entries[(_head + Count - 1) % maxDatagrams];
        return offset + length;
    }

    /// <summary>Moves what is held to the front of a buffer that is large enough; returns the new end.</summary>
    private int MakeRoom(int length)
    {
        byte[] target = _bytes;
        if (_used + length > _bytes.Length)
        {
            int capacity = Math.Max(SmallestBytes, _bytes.Length * 2);
            while (capacity < _used + length)
            {
                capacity *= 2;
            }

            target = new byte[Math.Min(capacity, maxBytes)];
        }

        int at = 0;
        for (int index = 0; index < Count; index++)
        {
            ref (ushort Tag, int Offset, int Length) entry = ref _entries[(_head + index) % maxDatagrams];
            _bytes.AsSpan(entry.Offset, entry.Length).CopyTo(target.AsSpan(at));
            entry.Offset = at;
            at += entry.Length;
        }

        _bytes = target;
        return at;
    }
}
