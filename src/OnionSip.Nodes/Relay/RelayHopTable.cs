using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>The hops of a relay that clients talk to, one for each circuit, and which of them have work. (NODE.PUMP)</summary>
internal sealed class RelayHopTable
{
    private readonly ExitShare _share;
    private readonly Dictionary<CircuitHandle, RelayHop> _hops = [];
    private readonly Queue<RelayHop> _dirty = new();
    private readonly DeadlineQueue<CircuitHandle> _deadlines = new();

    public RelayHopTable(RelayNodeOptions options, bool isTestNetwork, DropCounters<RelayDrop> drops)
    {
        _share = new(options, isTestNetwork, Events, Outgoing, drops);
    }

    public Queue<RelayEvent> Events { get; } = new();

    public ExitDatagramQueue Outgoing { get; } = new();

    public RelayHop? Find(CircuitHandle handle) => _hops.GetValueOrDefault(handle);

    public RelayHop? Find(ExitKey key) => Find(RelayHop.HandleOf(key));

    public List<CircuitHandle> Handles() => [.. _hops.Keys];

    public void Add(Instant now, CircuitHandle handle, long payer) => _hops[handle] = new(now, handle, payer, _share);

    public void Remove(CircuitHandle handle)
    {
        if (_hops.Remove(handle, out RelayHop? hop))
        {
            hop.Exit.AbortAll();
            _deadlines.Forget(handle);
        }
    }

    public void MarkDirty(RelayHop hop)
    {
        if (!hop.IsQueued)
        {
            hop.IsQueued = true;
            _dirty.Enqueue(hop);
        }
    }

    /// <summary>The next hop with work; one whose circuit ended meanwhile has none, or it would take places nobody gives back.</summary>
    public bool TryTakeDirty(out RelayHop? hop)
    {
        while (_dirty.TryDequeue(out hop))
        {
            hop.IsQueued = false;
            if (Find(hop.Handle) == hop)
            {
                return true;
            }
        }

        return false;
    }

    public void Schedule(RelayHop hop) => _deadlines.Schedule(hop.Handle, hop.PollTimeout());

    public void HandleTimeout(Instant now)
    {
        while (_deadlines.TryTakeDue(now, out CircuitHandle handle))
        {
            if (_hops.TryGetValue(handle, out RelayHop? hop))
            {
                hop.HandleTimeout(now);
                MarkDirty(hop);
            }
        }
    }

    public Instant PollTimeout() => _deadlines.Next();
}
