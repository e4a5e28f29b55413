using System;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>Runs of offsets that arrived beyond the first gap, in order, merged. (STREAM.RECEIVE)</summary>
/// <remarks>Bounds: at most <see cref="StreamLimits.MaxRanges"/>.</remarks>
internal sealed class RangeSet
{
    private OffsetRange[] _ranges = [];

    public int Count { get; private set; }

    public OffsetRange this[int index] => _ranges[index];

    /// <summary>The highest offset held; 0 when there is none.</summary>
    public uint End => Count == 0 ? 0 : _ranges[Count - 1].End;

    /// <summary>Adds a run, joining what it touches; false when there would be too many.</summary>
    public bool TryAdd(uint first, uint end)
    {
        int from = 0;
        while (from < Count && _ranges[from].End < first)
        {
            from++;
        }

        int to = from;
        while (to < Count && _ranges[to].First <= end)
        {
            first = Math.Min(first, _ranges[to].First);
            end = Math.Max(end, _ranges[to].End);
            to++;
        }

        if (to == from && Count == StreamLimits.MaxRanges)
        {
            return false;
        }

        Replace(from, to, new(first, end));
        return true;
    }

    public void RemoveFirst()
    {
        _ranges.AsSpan(1, Count - 1).CopyTo(_ranges);
        Count--;
    }

    public void Clear()
    {
        _ranges = [];
        Count = 0;
    }

    private void Replace(int from, int to, OffsetRange range)
    {
        if (Count + 1 > _ranges.Length)
        {
            Array.Resize(ref _ranges, Math.Max(8, _ranges.Length * 2));
        }

        _ranges.AsSpan(to, Count - to).CopyTo(_ranges.AsSpan(from + 1));
        _ranges[from] = range;
        Count += 1 - (to - from);
    }
}
