using System;
using System.Collections.Generic;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Link messages that wait to be polled, fragments made when their turn comes. (CIRCUIT.FRAGMENT)</summary>
/// <remarks>Bounds: a fixed number of messages; one more is refused.</remarks>
internal sealed class LinkMessageQueue(int capacity)
{
    private readonly Queue<Job> _jobs = new();
    private int _nextFragment;

    internal bool IsFull => _jobs.Count >= capacity;

    /// <summary>CREATE or CREATED, all fragments of it; the array must not change until it has been sent.</summary>
    internal bool TryAdd(LinkId link, LinkCommand command, CircuitId circuit, byte[] message) =>
        TryAdd(new Job(link, command, circuit, message));

    internal bool TryAddDestroy(LinkId link, CircuitId circuit) =>
        TryAdd(new Job(link, LinkCommand.Destroy, circuit, []));

    internal bool Poll(out LinkId link, Span<byte> message)
    {
        if (!_jobs.TryPeek(out Job job))
        {
            link = default;
            return false;
        }

        link = job.Link;
        Write(job, message[..WireLayout.CellBytes]);
        return true;
    }

    /// <summary>Forgets what waits for a link that is gone.</summary>
    internal void RemoveLink(LinkId link)
    {
        if (_jobs.TryPeek(out Job first) && first.Link == link)
        {
            _nextFragment = 0;
        }

        for (int left = _jobs.Count; left > 0; left--)
        {
            Job job = _jobs.Dequeue();
            if (job.Link != link)
            {
                _jobs.Enqueue(job);
            }
        }
    }

    private bool TryAdd(in Job job)
    {
        if (IsFull)
        {
            return false;
        }

        _jobs.Enqueue(job);
        return true;
    }

    private void Write(in Job job, Span<byte> message)
    {
        if (job.Command == LinkCommand.Destroy)
        {
            LinkMessage.WriteDestroy(message, job.Circuit);
            _jobs.Dequeue();
            return;
        }

        FragmentSplitter splitter = new(job.Command, job.Circuit, job.Message);
        splitter.WriteCell(_nextFragment, message);
        _nextFragment++;
        if (_nextFragment == splitter.CellCount)
        {
            _nextFragment = 0;
            _jobs.Dequeue();
        }
    }

    private readonly record struct Job(LinkId Link, LinkCommand Command, CircuitId Circuit, byte[] Message);
}
