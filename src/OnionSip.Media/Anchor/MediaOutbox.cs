using System;

namespace OnionSip.Media;

/// <summary>A ring of packets waiting to be polled; the oldest goes when it is full. (MEDIA.ANCHOR)</summary>
internal sealed class MediaOutbox
{
    /// <summary>media.outbox_packets.</summary>
    public const int Capacity = 16;

    /// <summary>A 60 ms packet with its header, and room to spare.</summary>
    public const int SlotBytes = 512;

    private readonly byte[] _slots = new byte[Capacity * SlotBytes];
    private readonly short[] _lengths = new short[Capacity];
    private readonly bool[] _isRtcp = new bool[Capacity];
    private int _first;
    private int _count;

    /// <summary>The slot to write the next packet into; <see cref="Commit"/> makes it count.</summary>
    public Span<byte> Next()
    {
        if (_count == Capacity)
        {
            _first = (_first + 1) % Capacity;
            _count--;
        }

        return _slots.AsSpan((_first + _count) % Capacity * SlotBytes, SlotBytes);
    }

    public void Commit(int bytes, bool isRtcp)
    {
        int slot = (_first + _count) % Capacity;
        _lengths[slot] = (short)bytes;
        _isRtcp[slot] = isRtcp;
        _count++;
    }

    public bool TryTake(Span<byte> destination, out bool isRtcp, out int bytes)
    {
        isRtcp = false;
        bytes = 0;
        if (_count == 0)
        {
            return false;
        }

        isRtcp = _isRtcp[_first];
        bytes = _lengths[_first];
        _slots.AsSpan(_first * SlotBytes, bytes).CopyTo(destination);
        _first = (_first + 1) % Capacity;
        _count--;
        return true;
    }

    public void Clear() => _count = 0;
}
