using System;
using System.Collections.Generic;
using System.Net.Sockets;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;

namespace OnionSip.Hosting.Exits;

/// <summary>The TCP connections of an exit. The node has applied its policy before it asks. (HOST.EXIT-TCP)</summary>
public sealed class ExitConnections : IDisposable
{
    private readonly ExitOptions _options;
    private readonly IExitNode _node;
    private readonly Dictionary<ExitKey, ExitConnection> _connections = [];

    // In order of asking; open or closed ones are dropped as they come to the front.
    private readonly Queue<ExitConnection> _connecting = new();

    public ExitConnections(EventLoop loop, IExitNode node, ExitOptions options)
    {
        Loop = loop;
        _node = node;
        _options = options;
    }

    public EventLoop Loop { get; }

    public int Count => _connections.Count;

    public Instant NextDeadline
    {
        get
        {
            while (_connecting.TryPeek(out ExitConnection? first) && (first.Deadline.IsNever || !IsCurrent(first)))
            {
                _connecting.Dequeue();
            }

            return _connecting.TryPeek(out ExitConnection? next) ? next.Deadline : Instant.Never;
        }
    }

    /// <summary>Begins to connect; the node hears of it later, or at once when it cannot begin.</summary>
    public void Connect(Instant now, ExitKey key, in PeerAddress remote)
    {
        IpAddress? source = _options.SourceFor(remote.Address.IsIPv4);
        if (source is null)
        {
            _node.HandleConnectFailed(now, key, ControlStatus.Unreachable);
            return;
        }

        if (_connections.Count >= _options.MaxConnections || _connections.ContainsKey(key))
        {
            _node.HandleConnectFailed(now, key, ControlStatus.Busy);
            return;
        }

        Socket? socket = TryBegin(source.Value, remote);
        if (socket is null)
        {
            _node.HandleConnectFailed(now, key, ControlStatus.Unreachable);
            return;
        }

        ExitConnection connection = new(this, _node, key, socket, now + _options.ConnectTimeout);
        _connections.Add(key, connection);
        _connecting.Enqueue(connection);
    }

    public void HandleReadable(Instant now, ExitKey key)
    {
        if (_connections.TryGetValue(key, out ExitConnection? connection))
        {
            connection.PumpToPeer(now);
        }
    }

    public void HandleWritable(Instant now, ExitKey key)
    {
        if (_connections.TryGetValue(key, out ExitConnection? connection))
        {
            connection.PumpToCircuit(now);
        }
    }

    public void Finish(Instant now, ExitKey key)
    {
        if (_connections.TryGetValue(key, out ExitConnection? connection))
        {
            connection.Finish(now);
        }
    }

    public void Abort(ExitKey key)
    {
        if (_connections.TryGetValue(key, out ExitConnection? connection))
        {
            Remove(connection, abort: true);
        }
    }

    public void HandleDeadline(Instant now)
    {
        while (NextDeadline <= now)
        {
            ExitConnection late = _connecting.Dequeue();
            Remove(late, abort: true);
            _node.HandleConnectFailed(now, late.Key, ControlStatus.Unreachable);
        }
    }

    public void Dispose()
    {
        foreach (ExitConnection connection in _connections.Values)
        {
            connection.Close(abort: true);
        }

        _connections.Clear();
    }

    internal void Remove(ExitConnection connection, bool abort)
    {
        if (IsCurrent(connection))
        {
            _connections.Remove(connection.Key);
        }

        connection.Close(abort);
    }

    private static Socket? TryBegin(IpAddress source, in PeerAddress remote)
    {
        Socket? socket = null;
        try
        {
            // Making the socket fails too, when the process has no descriptor left.
            socket = new(SocketNames.FamilyOf(remote), SocketType.Stream, ProtocolType.Tcp);
            socket.Blocking = false;
            socket.NoDelay = true;
            socket.Bind(SocketNames.ToEndPoint(new(source, 0)));
            socket.Connect(SocketNames.ToEndPoint(remote));
            return socket;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            return socket;
        }
        catch (SocketException)
        {
            socket?.Dispose();
            return null;
        }
    }

    private bool IsCurrent(ExitConnection connection) =>
        _connections.TryGetValue(connection.Key, out ExitConnection? current) && current == connection;
}
