using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>Which of many sub-machines is due next; stale entries are skipped when they surface. (NODE.DEADLINES)</summary>
/// <remarks>
/// A key may stand in the queue more than once: the owner asks the sub-machine for its true deadline when the key comes up.
/// Bounds: an entry is only added for a deadline earlier than the key's earliest, so entries per key are few.
/// </remarks>
internal sealed class DeadlineQueue<TKey>
    where TKey : notnull
{
    private readonly PriorityQueue<TKey, long> _queue = new();
    private readonly Dictionary<TKey, Instant> _earliest = [];

    /// <summary>Makes sure that <paramref name="key"/> comes up no later than <paramref name="deadline"/>.</summary>
    public void Schedule(TKey key, Instant deadline)
    {
        if (deadline.IsNever || (_earliest.TryGetValue(key, out Instant earlier) && earlier <= deadline))
        {
            return;
        }

        _earliest[key] = deadline;
        _queue.Enqueue(key, deadline.Ticks);
    }

    public void Forget(TKey key) => _earliest.Remove(key);

    public Instant Next()
    {
        DropStale();
        return _queue.TryPeek(out _, out long ticks) ? new(ticks) : Instant.Never;
    }

    public bool TryTakeDue(Instant now, out TKey key)
    {
        DropStale();
        if (_queue.TryPeek(out key!, out long ticks) && ticks <= now.Ticks)
        {
            _queue.Dequeue();
            _earliest.Remove(key);
            return true;
        }

        return false;
    }

    private void DropStale()
    {
        while (_queue.TryPeek(out TKey? key, out long ticks)
            && (!_earliest.TryGetValue(key, out Instant earliest) || earliest.Ticks != ticks))
        {
            _queue.Dequeue();
        }
    }
}
