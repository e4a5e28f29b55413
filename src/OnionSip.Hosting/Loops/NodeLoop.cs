using System;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>What a <see cref="NodeLoop{TMachine, TEvent}"/> needs: its machine's inputs too. (HOST.LOOP)</summary>
public interface INodeHandler<TEvent> : IShardHandler<TEvent>
{
    /// <summary>Feeds one datagram to the machine.</summary>
    void HandleDatagram(Instant now, in PeerAddress from, Span<byte> datagram);
}

/// <summary>Binds a machine to its link sockets and drains it after every input. (HOST.LOOP)</summary>
/// <remarks>
/// Shape:  one socket per address family at most. Outgoing datagrams are collected while a batch of incoming ones is worked through and
///         leave together.
/// Bounds: one batch of <see cref="DatagramBatch.Capacity"/> datagrams per turn and socket.
/// </remarks>
public sealed class NodeLoop<TMachine, TEvent> : ILoopOwner, IReadyHandler, IMachineSink<TEvent>, IDisposable
    where TMachine : class, IMachine<TEvent>
{
    private readonly TMachine _machine;
    private readonly INodeHandler<TEvent> _handler;
    private readonly MachineDriver<TMachine, TEvent, NodeLoop<TMachine, TEvent>> _driver;
    private readonly DatagramBatch _incoming = new();
    private readonly DatagramBatch _outgoing = new();
    private readonly UdpPort[] _ports;
    private readonly Registration[] _registrations;
    private Instant _now;
    private UdpPort? _outgoingPort;
    private long _unroutable;

    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be bound.</exception>
    public NodeLoop(EventLoop loop, TMachine machine, INodeHandler<TEvent> handler, ReadOnlySpan<PeerAddress> bind)
    {
        Loop = loop;
        _machine = machine;
        _handler = handler;
        _driver = new(machine, this);
        _ports = new UdpPort[bind.Length];
        _registrations = new Registration[bind.Length];
        for (int index = 0; index < bind.Length; index++)
        {
            _ports[index] = UdpPort.Bind(bind[index], UdpPort.LinkBufferBytes);
            _registrations[index] = loop.Register(_ports[index].Socket, this, Interest.Read);
        }
    }

    public EventLoop Loop { get; }

    /// <summary>Datagrams for a family that no socket serves.</summary>
    public long Unroutable => _unroutable;

    public PeerAddress LocalAddress(int index) => _ports[index].Local;

    public UdpCounters Counters(int index) => _ports[index].Counters;

    public int PortCount => _ports.Length;

    public Instant Drain(Instant now)
    {
        _now = Instant.Max(now, _now);
        Instant deadline;
        do
        {
            deadline = _driver.Drain(_now);
        }
        while (_handler.HandleDrained(_now));
        Flush();
        return Instant.Min(deadline, _handler.NextDeadline);
    }

    public void HandleTimeout(Instant now)
    {
        _now = Instant.Max(now, _now);
        if (_machine.PollTimeout() <= _now)
        {
            _ = _driver.HandleTimeout(_now);
        }

        if (_handler.NextDeadline <= _now)
        {
            _handler.HandleDeadline(_now);
        }
    }

    public void HandleReady(Instant now, Interest ready)
    {
        _now = Instant.Max(now, _now);
        foreach (UdpPort port in _ports)
        {
            ReceiveBatch(port);
        }
    }

    void IMachineSink<TEvent>.Transmit(PeerAddress to, ReadOnlySpan<byte> datagram)
    {
        UdpPort? port = PortFor(to);
        if (port is null)
        {
            _unroutable++;
            return;
        }

        if (_outgoingPort != port || _outgoing.Count == DatagramBatch.Capacity)
        {
            Flush();
            _outgoingPort = port;
        }

        _outgoing.Add(to, datagram);
    }

    void IMachineSink<TEvent>.Event(in TEvent nodeEvent) => _handler.HandleEvent(_now, in nodeEvent);

    public void Dispose()
    {
        for (int index = 0; index < _ports.Length; index++)
        {
            _registrations[index].Dispose();
            _ports[index].Dispose();
        }
    }

    private void ReceiveBatch(UdpPort port)
    {
        int count = port.Receive(_incoming);
        for (int index = 0; index < count; index++)
        {
            if (!_incoming.TryRead(index, out PeerAddress from, out Span<byte> datagram))
            {
                port.Counters.TooLong++;
                continue;
            }

            _handler.HandleDatagram(_now, in from, datagram);
            _ = _driver.Drain(_now);
        }
    }

    private UdpPort? PortFor(in PeerAddress to)
    {
        bool isIPv4 = to.Address.IsIPv4;
        foreach (UdpPort port in _ports)
        {
            if (port.Local.Address.IsIPv4 == isIPv4)
            {
                return port;
            }
        }

        return null;
    }

    private void Flush()
    {
        if (_outgoing.Count > 0)
        {
            _outgoingPort!.Send(_outgoing);
        }
    }
}
