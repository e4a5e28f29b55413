using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>The segments of a stream that are not yet acknowledged in order, oldest first. (STREAM.SEND)</summary>
/// <remarks>Bounds: <see cref="StreamLimits.MaxSegments"/>, a power of two; the ring grows up to it.</remarks>
internal sealed class SegmentRing
{
    private Segment[] _ring = [];
    private int _head;

    public int Count { get; private set; }

    public bool IsFull => Count == StreamLimits.MaxSegments;

    public ref Segment this[int index] => ref _ring[(_head + index) & (_ring.Length - 1)];

    public void Append(in Segment segment)
    {
        Invariant.Require(!IsFull, "too many segments");
        if (Count == _ring.Length)
        {
            Grow();
        }

        Count++;
        this[Count - 1] = segment;
    }

    public void RemoveFirst()
    {
        _head = (_head + 1) & (_ring.Length - 1);
        Count--;
    }

    public void Clear()
    {
        _ring = [];
        _head = 0;
        Count = 0;
    }

    private void Grow()
    {
        Segment[] grown = new Segment[_ring.Length == 0 ? 8 : _ring.Length * 2];
        for (int index = 0; index < Count; index++)
        {
            grown[index] = this[index];
        }

        _ring = grown;
        _head = 0;
    }
}
