using System;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Shards;
using OnionSip.Hosting.Trains;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>Binds a machine of trains to its link sockets: ticks first, then arrivals, then what both cause. (HOST.PACE)</summary>
/// <remarks>
/// Shape:  announced sockets, one per address family at most, and as many of its own where the address is shared with other shards.
///         Trains are written straight into what the system sends from; they leave together.
/// Bounds: <see cref="ShardLimits.MaxInboxesPerTurn"/> inboxes of a socket in one look; the machine gives out its trains after each
///         <see cref="ShardLimits.DatagramsPerDrain"/> datagrams.
/// Order:  deadline, its trains leave; sockets until they are empty; their trains leave. A deadline that comes between two inboxes is
///         served between them.
/// </remarks>
public sealed class ShardLoop<TMachine, TEvent> : ILoopOwner, IShardPortOwner, IDisposable
    where TMachine : class, ITrainMachine<TEvent>
{
    private const int MaxOutputsPerInput = 1_000_000;

    private readonly TMachine _machine;
    private readonly IShardHandler<TEvent> _handler;
    private readonly IWorkMachine? _worker;
    private readonly TrainInbox _inbox = new();
    private readonly ShardPort[] _ports;
    private readonly ArrivalGate _gate = new();
    private ShardPort _current;
    private Instant _now;
    private Instant _due = Instant.Never;
    private Instant _arrived = Instant.Never;
    private Instant _lookedAt;
    private bool _anyWaiting;

    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be bound.</exception>
    internal ShardLoop(EventLoop loop, TMachine machine, IShardHandler<TEvent> handler, ShardPorts ports)
    {
        Loop = loop;
        _machine = machine;
        _handler = handler;
        _worker = machine as IWorkMachine;
        _ports = ports.Make(this);
        _current = _ports[0];
        foreach (ShardPort port in _ports)
        {
            port.Registration = loop.Register(port.Port.Socket, port, Interest.Read);
        }
    }

    public EventLoop Loop { get; }

    /// <summary>From a tick's due time to the moment its first train is given to the system. (HOST.LATENESS)</summary>
    public LatencyHistogram Lateness { get; } = new();

    /// <summary>Time in this process beyond the tick, or since arrival where nothing holds a datagram, for each that left.
    /// (HOST.LATENESS)</summary>
    public LatencyHistogram Excess { get; } = new();

    /// <summary>Datagrams for a family that no socket serves.</summary>
    public long Unroutable { get; private set; }

    public int PortCount => _ports.Length;

    /// <summary>Called when a bundle came in, before the machine sees it; null when nobody records.</summary>
    public Action<PeerAddress, int>? PeerSeen { get; set; }

    /// <summary>Called once for each socket whose trains the system refuses, with its error number.</summary>
    public Action<int>? TrainsRefused { get; set; }

    /// <summary>Where computations of the machine are run; null: on the spot. (HOST.WORK)</summary>
    public WorkDesk? Desk { get; init; }

    public bool HoldsArrivals => _gate.IsPolling;

    public PeerAddress LocalAddress(int index) => _ports[index].Port.Local;

    /// <summary>Lets the system choose among the shards that share the announced addresses; once, when all have bound them.
    /// (HOST.SHARDS)</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The system does not.</exception>
    public void Steer()
    {
        foreach (ShardPort port in _ports)
        {
            if (!port.IsOwn)
            {
                ShardSteering.Attach((int)port.Port.Socket.Handle);
            }
        }
    }

    public UdpCounters Counters(int index) => _ports[index].Port.Counters;

    public Instant Drain(Instant now)
    {
        _now = Instant.Max(now, _now);
        PollMachine();
        Flush();
        if (_gate.Update(_now, _machine.IsPaced))
        {
            _lookedAt = _now;
            WatchSockets(!_gate.IsPolling);
        }

        return Instant.Min(Instant.Min(_machine.PollTimeout(), _handler.NextDeadline), _gate.NextLook);
    }

    public void HandleTimeout(Instant now)
    {
        _now = Instant.Max(now, _now);
        ServeDeadline();
        if (_handler.NextDeadline <= _now)
        {
            _handler.HandleDeadline(_now);
        }
    }

    /// <summary>The look at all sockets that a deadline brings while arrivals are held.</summary>
    public void HandleArrivals(Instant now)
    {
        _now = Instant.Max(now, _now);
        foreach (ShardPort port in _ports)
        {
            for (int count = 0; count < ShardLimits.MaxInboxesPerTurn && ReceiveInbox(port, _lookedAt) == TrainInbox.Capacity; count++)
            {
                ServeBetween();
            }
        }

        _lookedAt = _now;
        _gate.Looked(Instant.Min(_gate.NextLook, _now), _now);
    }

    public void Dispose()
    {
        foreach (ShardPort port in _ports)
        {
            port.Registration?.Dispose();
            port.Port.Dispose();
        }
    }

    void IShardPortOwner.HandlePortReady(Instant now, ShardPort port)
    {
        _now = Instant.Max(now, _now);
        _ = ReceiveInbox(port, _now);
    }

    private void ServeBetween()
    {
        _now = Instant.Max(Loop.Clock.Now, _now);
        if (ServeDeadline())
        {
            PollMachine();
            Flush();
        }
    }

    private bool ServeDeadline()
    {
        Instant due = _machine.PollTimeout();
        if (due > _now)
        {
            return false;
        }

        _due = _machine.IsPaced ? due : Instant.Never;
        _machine.HandleTimeout(_now);
        return true;
    }

    /// <summary>One inbox of a socket into the machine; returns the number of bundles.</summary>
    private int ReceiveInbox(ShardPort port, Instant arrived)
    {
        int count = port.Port.Receive(_inbox);
        _gate.Count(count);
        int datagrams = 0;
        for (int index = 0; index < count; index++)
        {
            if (!port.Port.TryTake(_inbox, index, out PeerAddress from, out Span<byte> bundle, out int segmentBytes))
            {
                continue;
            }

            int segments = (bundle.Length + segmentBytes - 1) / segmentBytes;
            PeerSeen?.Invoke(from, segments);
            _machine.HandleTrain(_now, from, bundle, segmentBytes);
            datagrams += segments;
            if (datagrams >= ShardLimits.DatagramsPerDrain)
            {
                datagrams = 0;
                DrainArrivals(arrived);
            }
        }

        if (datagrams > 0)
        {
            DrainArrivals(arrived);
        }

        return count;
    }

    private void DrainArrivals(Instant arrived)
    {
        _arrived = arrived;
        PollMachine();
        Flush();
        _arrived = Instant.Never;
    }

    private void PollMachine()
    {
        int outputs = 0;
        do
        {
            bool any = true;
            while (any)
            {
                any = PollEvents(ref outputs) | PollTrains(ref outputs) | PollWork();
            }
        }
        while (_handler.HandleDrained(_now));
    }

    private bool PollEvents(ref int outputs)
    {
        bool any = false;
        while (_machine.PollEvent(out TEvent nodeEvent))
        {
            any = true;
            _handler.HandleEvent(_now, in nodeEvent);
            Invariant.Require(++outputs <= MaxOutputsPerInput, "a machine keeps producing events");
        }

        return any;
    }

    /// <summary>Hands computations out and takes back those that were run; true when the machine took any back.</summary>
    private bool PollWork()
    {
        if (_worker is null)
        {
            return false;
        }

        bool any = false;
        while (Desk?.Take() is { } done)
        {
            any = true;
            _worker.HandleWork(_now, done);
        }

        while (Desk is not { HasPlace: false } && _worker.PollWork(_now, out NodeWork? work))
        {
            if (Desk is not null)
            {
                Desk.Send(work);
                continue;
            }

            any = true;
            work.Run();
            _worker.HandleWork(_now, work);
        }

        return any;
    }

    private bool PollTrains(ref int outputs)
    {
        bool any = false;
        while (true)
        {
            if (!_current.Outbox.HasRoom)
            {
                Flush();
            }

            Span<byte> room = _current.Outbox.Room[..TrainOutbox.RoomBytes];
            if (!_machine.PollTrain(_now, room, out Train train))
            {
                return any;
            }

            any = true;
            Take(train, room);
            Invariant.Require(++outputs <= MaxOutputsPerInput, "a machine keeps producing trains");
        }
    }

    private void Take(in Train train, ReadOnlySpan<byte> bytes)
    {
        ShardPort? port = PortFor(train.To, train.IsOpened);
        if (port is null)
        {
            Unroutable += (train.Bytes + train.SegmentBytes - 1) / train.SegmentBytes;
            return;
        }

        if (port != _current)
        {
            // The train was written where the one before it went; those of one socket mostly follow each other.
            if (!port.Outbox.HasRoom)
            {
                Flush();
            }

            bytes[..train.Bytes].CopyTo(port.Outbox.Room);
            _current = port;
        }

        port.Outbox.Add(train);
        _anyWaiting = true;
    }

    /// <summary>The socket for a train: of its family; of our own, where we have one, when the link was opened by us.</summary>
    private ShardPort? PortFor(in PeerAddress to, bool isOpened)
    {
        bool isIPv4 = to.Address.IsIPv4;
        ShardPort? found = null;
        foreach (ShardPort port in _ports)
        {
            if (port.Port.Local.Address.IsIPv4 == isIPv4 && (found is null || port.IsOwn == isOpened))
            {
                found = port;
            }
        }

        return found;
    }

    private void Flush()
    {
        if (!_anyWaiting)
        {
            _due = Instant.Never;
            return;
        }

        _anyWaiting = false;
        if (!_due.IsNever)
        {
            Lateness.Add(Loop.Clock.Now - _due);
        }

        int datagrams = 0;
        foreach (ShardPort port in _ports)
        {
            datagrams += port.Outbox.DatagramCount;
            Send(port);
        }

        Instant since = Instant.Min(_due, _arrived);
        if (!since.IsNever)
        {
            Excess.Add(Loop.Clock.Now - since, datagrams);
        }

        _due = Instant.Never;
    }

    private void Send(ShardPort port)
    {
        if (port.Outbox.Count == 0)
        {
            return;
        }

        port.Port.Send(port.Outbox);
        if (port.Port.SegmentsRefused != 0 && !port.IsRefusalTold)
        {
            port.IsRefusalTold = true;
            TrainsRefused?.Invoke(port.Port.SegmentsRefused);
        }
    }

    private void WatchSockets(bool watch)
    {
        foreach (ShardPort port in _ports)
        {
            port.Registration!.Interest = watch ? Interest.Read : Interest.None;
        }
    }
}
