using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Links;

/// <summary>Finds the link with the earliest deadline. (LINK.TIMERS)</summary>
/// <remarks>
/// Shape:  a binary heap; a link is filed under its earliest deadline or sooner, since a later one is only found out when it fires:
///         so a received cell costs nothing here.
/// Bounds: one entry for each link.
/// </remarks>
internal sealed class DeadlineHeap
{
    private readonly List<Link> _heap = [];

    internal Instant Next => _heap.Count == 0 ? Instant.Never : _heap[0].Scheduled;

    /// <summary>Files the link under this time unless it is filed under a sooner one.</summary>
    internal void Schedule(Link link, Instant at)
    {
        if (link.HeapIndex < 0)
        {
            link.Scheduled = at;
            link.HeapIndex = _heap.Count;
            _heap.Add(link);
            Up(link.HeapIndex);
        }
        else if (at < link.Scheduled)
        {
            link.Scheduled = at;
            Up(link.HeapIndex);
        }
    }

    /// <summary>Takes the first link out when its time has come.</summary>
    internal bool TryTake(Instant now, out Link? link)
    {
        link = _heap.Count > 0 && _heap[0].Scheduled <= now ? _heap[0] : null;
        if (link is not null)
        {
            Remove(link);
        }

        return link is not null;
    }

    internal void Remove(Link link)
    {
        int index = link.HeapIndex;
        if (index < 0)
        {
            return;
        }

        Link last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        link.HeapIndex = -1;
        if (last != link)
        {
            Put(last, index);
            Up(index);
            Down(last.HeapIndex);
        }
    }

    private void Up(int index)
    {
        Link link = _heap[index];
        while (index > 0 && link.Scheduled < _heap[(index - 1) / 2].Scheduled)
        {
            Put(_heap[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }

        Put(link, index);
    }

    private void Down(int index)
    {
        Link link = _heap[index];
        while (true)
        {
            int child = (2 * index) + 1;
            if (child + 1 < _heap.Count && _heap[child + 1].Scheduled < _heap[child].Scheduled)
            {
                child++;
            }

            if (child >= _heap.Count || _heap[child].Scheduled >= link.Scheduled)
            {
                break;
            }

            Put(_heap[child], index);
            index = child;
        }

        Put(link, index);
    }

    private void Put(Link link, int index)
    {
        _heap[index] = link;
        link.HeapIndex = index;
    }
}
