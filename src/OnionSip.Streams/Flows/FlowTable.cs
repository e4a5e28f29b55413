using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>All flows of a mux. (FLOW.OPEN, FLOW.SEND, FLOW.PARTS, SIP.RULE-8)</summary>
/// <remarks>
/// Order:  flows take turns, one frame each, until nothing more fits.
/// Bounds: the flows, a queue each, one queue for what came in, <see cref="StreamLimits.MaxAssemblies"/> incomplete
///         datagrams.
/// Drops:  UnknownFlow, FlowTooLong, BadPart, DuplicatePart, AssemblyTimeout, AssemblyEvicted, SendQueueOverflow,
///         ReceiveQueueOverflow.
/// </remarks>
internal sealed class FlowTable(int maxFlows, int maxPaced, DropCounters<MuxDrop> drops)
{
    private readonly CircuitFlow?[] _flows = new CircuitFlow?[maxFlows];
    private readonly PartAssembly?[] _assemblies = new PartAssembly?[StreamLimits.MaxAssemblies];
    private DatagramQueue? _received;
    private int _turn;
    private int _assembling;
    private int _queued;

    public int Count { get; private set; }

    /// <summary>One body leaves at each tick: media first, the rest in what it leaves. (FLOW.PACED)</summary>
    public bool IsPaced { get; set; }

    public long Sent { get; private set; }

    public long Received { get; private set; }

    /// <summary>When the oldest incomplete datagram is given up.</summary>
    public Instant Deadline { get; private set; } = Instant.Never;

    public long HeldBytes
    {
        get
        {
            long held = _received?.HeldBytes ?? 0;
            foreach (CircuitFlow? flow in _flows)
            {
                held += flow?.HeldBytes ?? 0;
            }

            foreach (PartAssembly? assembly in _assemblies)
            {
                held += assembly is null ? 0 : WireLayout.MaxFlowParts * FlowPartFrame.MaxBytes;
            }

            return held;
        }
    }

    public StreamResult Open(FlowId id)
    {
        if (id.Value == 0)
        {
            return StreamResult.ReservedId;
        }

        if (Find(id) is not null)
        {
            return StreamResult.InUse;
        }

        int slot = Array.IndexOf(_flows, null);
        if (slot < 0)
        {
            return StreamResult.LimitReached;
        }

        _flows[slot] = new(id);
        Count++;
        return StreamResult.Done;
    }

    public StreamResult Close(FlowId id)
    {
        int slot = IndexOf(id);
        if (slot < 0)
        {
            return StreamResult.Unknown;
        }

        _queued -= _flows[slot]!.QueuedCount;
        _flows[slot] = null;
        Count--;
        foreach (PartAssembly? assembly in _assemblies)
        {
            if (assembly is { IsInUse: true } && assembly.Flow == id)
            {
                Release(assembly);
            }
        }

        return StreamResult.Done;
    }

    public SendResult Send(FlowId id, ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length > StreamLimits.MaxFlowBytes)
        {
            drops.Count(MuxDrop.FlowTooLong);
            return SendResult.TooLong;
        }

        if (Find(id) is not { } flow)
        {
            drops.Count(MuxDrop.UnknownFlow);
            return SendResult.UnknownFlow;
        }

        int dropped = flow.Queue(datagram, IsPaced ? maxPaced : StreamLimits.MaxQueuedDatagrams);
        _queued += 1 - dropped;
        for (int index = 0; index < dropped; index++)
        {
            drops.Count(MuxDrop.SendQueueOverflow);
        }

        return dropped > 0 ? SendResult.QueuedDroppingOldest : SendResult.Queued;
    }

    /// <summary>Writes as many frames as fit, the flows taking turns. (FLOW.SEND)</summary>
    public void Write(ref FrameWriter writer)
    {
        if (!IsPaced)
        {
            WriteTurns(ref writer, static _ => true, usesSlack: false);
            return;
        }

        WriteTurns(ref writer, static flow => flow.IsMedia, usesSlack: false);
        WriteTurns(ref writer, static flow => !flow.IsMedia, usesSlack: true);
        foreach (CircuitFlow? flow in _flows)
        {
            if (flow is { IsMedia: true } && flow.TryDropStanding())
            {
                _queued--;
                drops.Count(MuxDrop.StandingDatagram);
            }
        }
    }

    public MuxDrop HandleFlow(FlowId id, ReadOnlySpan<byte> datagram)
    {
        if (Find(id) is null)
        {
            return drops.Count(MuxDrop.UnknownFlow);
        }

        datagram.CopyTo(AppendReceived(id, datagram.Length));
        return MuxDrop.None;
    }

    /// <summary>Takes one part; the datagram is delivered once, when its last part comes. (FLOW.PARTS)</summary>
    public MuxDrop HandlePart(Instant now, FlowId id, in FlowPartFrame frame)
    {
        if (Find(id) is not { } flow)
        {
            return drops.Count(MuxDrop.UnknownFlow);
        }

        if (flow.WasDelivered(frame.Packet))
        {
            return drops.Count(MuxDrop.DuplicatePart);
        }

        HandleTimeout(now);
        PartAssembly assembly = FindAssembly(id, frame.Packet) ?? StartAssembly(now, id, in frame);
        MuxDrop drop = assembly.Add(in frame);
        if (drop != MuxDrop.None)
        {
            return drops.Count(drop);
        }

        if (assembly.IsComplete)
        {
            assembly.CopyTo(AppendReceived(id, assembly.TotalBytes));
            flow.NoteDelivered(frame.Packet);
            Release(assembly);
        }

        return MuxDrop.None;
    }

    public bool TryReceive(out FlowId flow, Span<byte> destination, out int bytes)
    {
        flow = default;
        bytes = 0;
        if (_received is not { Count: > 0 } queue)
        {
            return false;
        }

        flow = new(queue.HeadTag);
        bytes = queue.Head.Length;
        queue.Head.CopyTo(destination);
        queue.RemoveHead();
        return true;
    }

    public void HandleTimeout(Instant now)
    {
        if (Deadline > now)
        {
            return;
        }

        foreach (PartAssembly? assembly in _assemblies)
        {
            if (assembly is { IsInUse: true } && assembly.StartedAt + StreamLimits.AssemblyTimeout <= now)
            {
                drops.Count(MuxDrop.AssemblyTimeout);
                Release(assembly);
            }
        }

        FindDeadline();
    }

    private void WriteTurns(ref FrameWriter writer, Predicate<CircuitFlow> which, bool usesSlack)
    {
        int idle = 0;
        while (_queued > 0 && idle < _flows.Length)
        {
            CircuitFlow? flow = _flows[_turn];
            _turn = (_turn + 1) % _flows.Length;
            if (flow is not { HasQueued: true } || !which(flow) || !flow.TryWrite(ref writer, usesSlack, out bool wholeDatagram))
            {
                idle++;
                continue;
            }

            idle = 0;
            Sent += wholeDatagram ? 1 : 0;
            _queued -= wholeDatagram ? 1 : 0;
        }
    }

    private Span<byte> AppendReceived(FlowId id, int length)
    {
        _received ??= new(StreamLimits.MaxReceivedDatagrams, StreamLimits.MaxReceivedBytes);
        Span<byte> room = _received.Append(id.Value, length, out int dropped);
        for (int index = 0; index < dropped; index++)
        {
            drops.Count(MuxDrop.ReceiveQueueOverflow);
        }

        Received++;
        return room;
    }

    private PartAssembly? FindAssembly(FlowId id, ushort packet)
    {
        if (_assembling == 0)
        {
            return null;
        }

        foreach (PartAssembly? assembly in _assemblies)
        {
            if (assembly is { IsInUse: true } && assembly.Flow == id && assembly.Packet == packet)
            {
                return assembly;
            }
        }

        return null;
    }

    private PartAssembly StartAssembly(Instant now, FlowId id, in FlowPartFrame frame)
    {
        PartAssembly assembly = FreeAssembly(id);
        assembly.Start(now, id, in frame);
        _assembling++;
        Deadline = Instant.Min(Deadline, now + StreamLimits.AssemblyTimeout);
        return assembly;
    }

    /// <summary>
    /// An unused place, or that of the oldest: of this flow when the flow has its share, else of all.
    /// </summary>
    private PartAssembly FreeAssembly(FlowId id)
    {
        PartAssembly? oldest = null;
        PartAssembly? oldestOfFlow = null;
        int ofFlow = 0;
        int free = -1;
        for (int index = 0; index < _assemblies.Length; index++)
        {
            if (_assemblies[index] is not { IsInUse: true } assembly)
            {
                free = index;
                continue;
            }

            oldest = Older(oldest, assembly);
            if (assembly.Flow == id)
            {
                ofFlow++;
                oldestOfFlow = Older(oldestOfFlow, assembly);
            }
        }

        PartAssembly? evicted = ofFlow >= StreamLimits.MaxAssembliesPerFlow ? oldestOfFlow : free < 0 ? oldest : null;
        if (evicted is null)
        {
            return _assemblies[free] ??= new();
        }

        drops.Count(MuxDrop.AssemblyEvicted);
        Release(evicted);
        return evicted;
    }

    private static PartAssembly Older(PartAssembly? one, PartAssembly other) =>
        one is null || other.StartedAt < one.StartedAt ? other : one;

    private void Release(PartAssembly assembly)
    {
        assembly.Release();
        _assembling--;
        if (_assembling == 0)
        {
            Deadline = Instant.Never;
        }
    }

    private void FindDeadline()
    {
        Deadline = Instant.Never;
        foreach (PartAssembly? assembly in _assemblies)
        {
            if (assembly is { IsInUse: true })
            {
                Deadline = Instant.Min(Deadline, assembly.StartedAt + StreamLimits.AssemblyTimeout);
            }
        }
    }

    private CircuitFlow? Find(FlowId id)
    {
        int slot = IndexOf(id);
        return slot < 0 ? null : _flows[slot];
    }

    private int IndexOf(FlowId id)
    {
        for (int slot = 0; slot < _flows.Length; slot++)
        {
            if (_flows[slot] is { } flow && flow.Id == id)
            {
                return slot;
            }
        }

        return -1;
    }
}
