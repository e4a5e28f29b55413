using System;
using System.Net.Sockets;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Gateways;

/// <summary>One TCP connection of a phone. (HOST.GATEWAY)</summary>
/// <remarks>Bounds: <see cref="BacklogMax"/> bytes wait for a phone that does not read; beyond that the connection is closed.</remarks>
internal sealed class PhoneConnection : IReadyHandler, IDisposable
{
    internal const int BacklogMax = 128 * 1024;
    private const int ChunkBytes = 8192;

    private readonly PhoneListener _owner;
    private readonly Socket _socket;
    private readonly Registration _registration;
    private byte[] _backlog = [];
    private bool _isDisposed;

    internal PhoneConnection(PhoneListener owner, EventLoop loop, PhoneConnectionId id, Socket socket)
    {
        _owner = owner;
        _socket = socket;
        Id = id;
        _registration = loop.Register(socket, this, Interest.Read);
    }

    internal PhoneConnectionId Id { get; }

    public void HandleReady(Instant now, Interest ready)
    {
        if (ready.HasFlag(Interest.Write))
        {
            Send([]);
        }

        if (!_isDisposed && ready.HasFlag(Interest.Read))
        {
            Receive(now);
        }
    }

    /// <summary>Sends, or keeps what does not go now; false when the connection is gone.</summary>
    internal bool Send(ReadOnlySpan<byte> bytes)
    {
        byte[] waiting = [.. _backlog, .. bytes];
        int sent = _socket.Send(waiting, SocketFlags.None, out SocketError error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            return false;
        }

        _backlog = waiting[(error == SocketError.WouldBlock ? 0 : sent)..];
        _registration.Interest = _backlog.Length > 0 ? Interest.Read | Interest.Write : Interest.Read;
        return _backlog.Length <= BacklogMax;
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _registration.Dispose();
            _socket.Dispose();
        }
    }

    private void Receive(Instant now)
    {
        Span<byte> buffer = stackalloc byte[ChunkBytes];
        int received = _socket.Receive(buffer, SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
        {
            return;
        }

        if (error == SocketError.Success && received > 0)
        {
            _owner.HandleBytes(now, this, buffer[..received]);
        }
        else
        {
            _owner.HandleClosed(now, this);
        }
    }
}
