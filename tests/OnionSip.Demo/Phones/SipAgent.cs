using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Demo.Phones;

/// <summary>The transport and transactions of one phone: a UDP socket, or one TCP connection to its proxy.</summary>
/// <remarks>Two threads of its own, one that reads and one for timers; everything else happens under one lock.</remarks>
internal sealed class SipAgent : IDisposable
{
    private const int TickMilliseconds = 20;
    private const int ConnectMilliseconds = 3000;

    private readonly Lock _gate = new();
    private readonly TransactionTable _table;
    private readonly Socket _socket;
    private readonly SipPeer _proxy;
    private readonly SipStreamParser _stream = new(SipStreamRole.Client);
    private readonly HostClock _clock = new(TimeProvider.System);
    private readonly Dictionary<TransactionId, Action<SipEvent>> _waiting = [];
    private readonly Thread _reader;
    private readonly Timer _timer;
    private volatile bool _isClosed;

    /// <param name="socket">A bound UDP socket, or a TCP socket bound to the phone's address and not yet connected.</param>
    /// <param name="proxy">Where everything is sent.</param>
    internal SipAgent(Socket socket, IPEndPoint proxy)
    {
        _socket = socket;
        _table = new(Entropy);
        bool isTcp = socket.SocketType == SocketType.Stream;
        if (isTcp && !socket.ConnectAsync(proxy).Wait(ConnectMilliseconds))
        {
            throw new InvalidOperationException("the proxy does not take a connection");
        }

        _proxy = new(isTcp ? SipTransport.Tcp : SipTransport.Udp, Sockets.ToPeer(proxy), isTcp ? 1UL : 0);
        Local = Sockets.ToPeer(socket.LocalEndPoint);
        _reader = new(Read) { IsBackground = true, Name = "phone" };
        _timer = new(_ => HandleTimeout(), null, TickMilliseconds, TickMilliseconds);
    }

    internal SystemEntropy Entropy { get; } = new();

    internal PeerAddress Local { get; }

    internal bool IsTcp => _proxy.IsReliable;

    /// <summary>Takes requests, ACKs, cancellations; called under the lock.</summary>
    internal required Action<SipEvent> Handler { private get; init; }

    /// <summary>Keeps what comes in; null for nothing.</summary>
    internal ReceivedBytes? Record { private get; init; }

    internal void Start() => _reader.Start();

    /// <summary>Sends a request; <paramref name="told"/> hears of its responses and failures.</summary>
    internal TransactionId Request(SipRequest request, Action<SipEvent> told)
    {
        lock (_gate)
        {
            _table.Request(_clock.Now, Route, request, out TransactionId id);
            if (!id.IsNone)
            {
                _waiting[id] = told;
            }

            Drain();
            return id;
        }
    }

    internal void SendAck(SipRequest ack)
    {
        lock (_gate)
        {
            _table.Send(Route, ack);
            Drain();
        }
    }

    internal void Respond(TransactionId id, SipResponse response)
    {
        lock (_gate)
        {
            _table.Respond(_clock.Now, id, response);
            Drain();
        }
    }

    internal void Cancel(TransactionId id)
    {
        lock (_gate)
        {
            _table.Cancel(_clock.Now, id);
            Drain();
        }
    }

    public void Dispose()
    {
        _isClosed = true;
        _timer.Dispose();
        _socket.Dispose();
        if (_reader.IsAlive && Thread.CurrentThread != _reader)
        {
            _reader.Join();
        }
    }

    private SipRoute Route => new(_proxy, Local.Address.Reveal(), Local.Port);

    private void HandleTimeout()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _table.HandleTimeout(_clock.Now);
                Drain();
            }
        }
    }

    private void Read()
    {
        byte[] buffer = new byte[65_536];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        while (!_isClosed)
        {
            try
            {
                int read = IsTcp ? _socket.Receive(buffer) : _socket.ReceiveFrom(buffer, ref from);
                if (IsTcp && read == 0)
                {
                    break;
                }

                Record?.Add("sip", IsTcp ? Sockets.ToEndPoint(_proxy.Address) : (IPEndPoint)from, buffer.AsSpan(0, read));
                lock (_gate)
                {
                    Take(buffer.AsSpan(0, read), from);
                }
            }
            catch (SocketException error) when (!_isClosed && !IsTcp && error.SocketErrorCode == SocketError.ConnectionReset)
            {
                // The port we sent to is closed; UDP goes on.
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                break;
            }
        }

        if (!_isClosed)
        {
            lock (_gate)
            {
                _table.HandleTransportFailure(_proxy);
                Drain();
            }
        }
    }

    private void Take(ReadOnlySpan<byte> bytes, EndPoint from)
    {
        if (!IsTcp)
        {
            if (SipMessage.TryParse(bytes, out SipMessage? message) == SipParse.Accepted)
            {
                _table.HandleMessage(_clock.Now, new(SipTransport.Udp, Sockets.ToPeer(from)), message!);
            }
        }
        else if (_stream.Append(bytes))
        {
            SipStreamItem item;
            while ((item = _stream.Next(out SipMessage? message, out _)) is not (SipStreamItem.NeedMore or SipStreamItem.Broken))
            {
                if (item == SipStreamItem.Message)
                {
                    _table.HandleMessage(_clock.Now, _proxy, message!);
                }
            }
        }

        Drain();
    }

    private void Drain()
    {
        bool any = true;
        while (any)
        {
            any = false;
            while (_table.PollTransmit(out SipTransmit transmit))
            {
                any = true;
                Transmit(transmit);
            }

            while (_table.PollEvent(out SipEvent sipEvent))
            {
                any = true;
                Tell(sipEvent);
            }
        }
    }

    private void Tell(SipEvent sipEvent)
    {
        if (_waiting.TryGetValue(sipEvent.Transaction, out Action<SipEvent>? told))
        {
            told(sipEvent);
        }
        else
        {
            Handler(sipEvent);
        }

        if (sipEvent.Kind == SipEventKind.Terminated)
        {
            _waiting.Remove(sipEvent.Transaction);
        }
    }

    private void Transmit(SipTransmit transmit)
    {
        try
        {
            if (IsTcp)
            {
                _socket.Send(transmit.Octets.Span);
            }
            else
            {
                _socket.SendTo(transmit.Octets.Span, SocketFlags.None, Sockets.ToEndPoint(transmit.To.Address));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Lost like any packet; over TCP the reader sees the end.
        }
    }
}
