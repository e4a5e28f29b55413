using System;
using System.Collections.Generic;
using System.Net.Sockets;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Gateways;

/// <summary>Where phones reach the gateway: one UDP socket, one TCP listener and its connections, all on loopback. (HOST.GATEWAY)</summary>
/// <remarks>Bounds: <see cref="MaxConnections"/> TCP connections; one more is closed at once.</remarks>
internal sealed class PhoneListener : IDisposable
{
    internal const int MaxConnections = 64;
    private const int AcceptsPerTurn = 16;

    private readonly EventLoop _loop;
    private readonly GatewayNode _node;
    private readonly UdpPort _udp;
    private readonly Socket _tcp;
    private readonly Registration _udpRegistration;
    private readonly Registration _tcpRegistration;
    private readonly DatagramBatch _batch = new();
    private readonly Dictionary<PhoneConnectionId, PhoneConnection> _connections = [];
    private int _nextConnection = 1;

    /// <exception cref="SocketException">An address cannot be bound.</exception>
    internal PhoneListener(EventLoop loop, GatewayNode node, UdpPort udp, Socket tcp)
    {
        _loop = loop;
        _node = node;
        _udp = udp;
        _tcp = tcp;
        _udpRegistration = loop.Register(udp.Socket, new UdpSide(this), Interest.Read);
        _tcpRegistration = loop.Register(tcp, new TcpSide(this), Interest.Read);
    }

    internal UdpCounters UdpCounters => _udp.Counters;

    internal int ConnectionCount => _connections.Count;

    /// <summary>Binds the TCP side.</summary>
    internal static Socket Listen(in PeerAddress address)
    {
        Socket socket = new(SocketNames.FamilyOf(address), SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            socket.Bind(SocketNames.ToEndPoint(address));
            socket.Listen(MaxConnections);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal void Send(in PeerAddress to, ReadOnlySpan<byte> datagram) => _udp.Send(to, datagram);

    internal void Send(Instant now, PhoneConnectionId id, ReadOnlySpan<byte> bytes)
    {
        if (_connections.TryGetValue(id, out PhoneConnection? connection) && !connection.Send(bytes))
        {
            HandleClosed(now, connection);
        }
    }

    /// <summary>The gateway ends a connection; it is not told about it.</summary>
    internal void Close(PhoneConnectionId id)
    {
        if (_connections.Remove(id, out PhoneConnection? connection))
        {
            connection.Dispose();
        }
    }

    internal void HandleBytes(Instant now, PhoneConnection connection, ReadOnlySpan<byte> bytes)
    {
        _node.Gateway.HandlePhoneStream(now, connection.Id, bytes);
        _node.Advance(now);
    }

    internal void HandleClosed(Instant now, PhoneConnection connection)
    {
        Close(connection.Id);
        _node.Gateway.HandlePhoneClosed(now, connection.Id);
        _node.Advance(now);
    }

    public void Dispose()
    {
        _udpRegistration.Dispose();
        _tcpRegistration.Dispose();
        _udp.Dispose();
        _tcp.Dispose();
        foreach (PhoneConnection connection in _connections.Values)
        {
            connection.Dispose();
        }
    }

    private void ReceiveDatagrams(Instant now)
    {
        int count = _udp.Receive(_batch);
        for (int index = 0; index < count; index++)
        {
            if (_batch.TryRead(index, out PeerAddress from, out Span<byte> datagram))
            {
                _node.Gateway.HandlePhoneDatagram(now, from, datagram);
                _node.Advance(now);
            }
            else
            {
                _udp.Counters.TooLong++;
            }
        }
    }

    private void Accept(Instant now)
    {
        // Poll before each accept: the framework throws where it would block.
        for (int count = 0; count < AcceptsPerTurn && _tcp.Poll(0, SelectMode.SelectRead); count++)
        {
            Socket? socket = TryAccept();
            if (socket is null)
            {
                return;
            }

            Add(now, socket);
        }
    }

    private Socket? TryAccept()
    {
        try
        {
            return _tcp.Accept();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private void Add(Instant now, Socket socket)
    {
        if (_connections.Count >= MaxConnections || socket.RemoteEndPoint is not { } remote)
        {
            socket.Dispose();
            return;
        }

        socket.Blocking = false;
        socket.NoDelay = true;
        PhoneConnectionId id = new(_nextConnection);
        _nextConnection = unchecked(_nextConnection + 1);
        _connections[id] = new(this, _loop, id, socket);
        if (_node.Gateway.HandlePhoneConnected(now, id, SocketNames.FromEndPoint(remote)) != GatewayDrop.None)
        {
            Close(id);
        }

        _node.Advance(now);
    }

    private sealed class UdpSide(PhoneListener listener) : IReadyHandler
    {
        public void HandleReady(Instant now, Interest ready) => listener.ReceiveDatagrams(now);
    }

    private sealed class TcpSide(PhoneListener listener) : IReadyHandler
    {
        public void HandleReady(Instant now, Interest ready) => listener.Accept(now);
    }
}
