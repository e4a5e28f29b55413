using System;
using System.Net.Sockets;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;

namespace OnionSip.Hosting.Exits;

/// <summary>One TCP connection from an exit. (HOST.EXIT-TCP)</summary>
/// <remarks>
/// States: connecting, open, closed. Each direction ends on its own; the connection closes when both have.
/// Bounds: <see cref="ChunkBytes"/> held in each direction. What the circuit has no room for stays in the system's buffer and slows
/// the peer; what the peer does not take stays in the node and slows the client.
/// </remarks>
internal sealed class ExitConnection : IReadyHandler
{
    internal const int ChunkBytes = 4096;
    private const int ChunksPerTurn = 4;

    private readonly ExitConnections _owner;
    private readonly IExitNode _node;
    private readonly Socket _socket;
    private readonly Registration _registration;
    private byte[]? _toCircuit;
    private int _toCircuitStart;
    private int _toCircuitEnd;
    private byte[]? _toPeer;
    private int _toPeerStart;
    private int _toPeerEnd;
    private bool _isOpen;
    private bool _peerFinished;
    private bool _clientFinished;
    private bool _sendShutDown;
    private bool _isClosed;

    internal ExitConnection(ExitConnections owner, IExitNode node, ExitKey key, Socket socket, Instant deadline)
    {
        _owner = owner;
        _node = node;
        Key = key;
        _socket = socket;
        Deadline = deadline;
        _registration = owner.Loop.Register(socket, this, Interest.Write);
    }

    internal ExitKey Key { get; }

    /// <summary>When connecting is given up; never once it is open.</summary>
    internal Instant Deadline { get; private set; }

    public void HandleReady(Instant now, Interest ready)
    {
        if (!_isOpen)
        {
            FinishConnecting(now);
            return;
        }

        if (ready.HasFlag(Interest.Write))
        {
            PumpToPeer(now);
        }

        if (ready.HasFlag(Interest.Read) && !_isClosed)
        {
            PumpToCircuit(now);
        }
    }

    /// <summary>Moves what the node has for the peer; called when it says there is some, and when the socket takes more.</summary>
    internal void PumpToPeer(Instant now)
    {
        while (_isOpen && !_isClosed && !_sendShutDown)
        {
            if (_toPeerStart == _toPeerEnd && !FillToPeer(now))
            {
                break;
            }

            int sent = _socket.Send(_toPeer.AsSpan(_toPeerStart, _toPeerEnd - _toPeerStart), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                Want(Interest.Write, true);
                return;
            }

            if (error != SocketError.Success)
            {
                Fail(now);
                return;
            }

            _toPeerStart += sent;
        }

        Want(Interest.Write, false);
    }

    /// <summary>Moves what the peer sent; called when the socket has some, and when the circuit takes more.</summary>
    internal void PumpToCircuit(Instant now)
    {
        for (int chunk = 0; chunk < ChunksPerTurn && !_isClosed; chunk++)
        {
            if (_toCircuitStart == _toCircuitEnd && !FillToCircuit(now))
            {
                return;
            }

            _toCircuitStart += _node.HandleData(now, Key, _toCircuit.AsSpan(_toCircuitStart, _toCircuitEnd - _toCircuitStart));
            if (_toCircuitStart < _toCircuitEnd)
            {
                Want(Interest.Read, false);
                return;
            }
        }

        Want(Interest.Read, !_peerFinished);
    }

    /// <summary>The client has finished: the sending side is shut down after what is still to be sent.</summary>
    internal void Finish(Instant now)
    {
        _clientFinished = true;
        PumpToPeer(now);
    }

    /// <summary>Closes without a word to the node; a reset for the peer unless both sides had finished.</summary>
    internal void Close(bool abort)
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _registration.Dispose();
        if (abort)
        {
            AskForReset();
        }

        _socket.Dispose();
    }

    private void AskForReset()
    {
        try
        {
            _socket.LingerState = new(true, 0);
        }
        catch (SocketException)
        {
            // Some systems refuse it on a connection that the other side has reset: then nothing is left to reset.
        }
    }

    private void FinishConnecting(Instant now)
    {
        if (!TryReadNames(out PeerAddress local, out PeerAddress remote))
        {
            _owner.Remove(this, abort: true);
            _node.HandleConnectFailed(now, Key, ControlStatus.Unreachable);
            return;
        }

        _isOpen = true;
        Deadline = Instant.Never;
        _registration.Interest = Interest.Read;
        _node.HandleConnected(now, Key, local, remote);
        PumpToPeer(now);
    }

    /// <summary>Both ends of the connection; false when it failed, or was reset while we ask.</summary>
    private bool TryReadNames(out PeerAddress local, out PeerAddress remote)
    {
        (local, remote) = (default, default);
        try
        {
            SocketError error = (SocketError)(int)_socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (error != SocketError.Success || _socket.RemoteEndPoint is not { } far)
            {
                return false;
            }

            local = SocketNames.FromEndPoint(_socket.LocalEndPoint);
            remote = SocketNames.FromEndPoint(far);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private bool FillToPeer(Instant now)
    {
        _toPeer ??= new byte[ChunkBytes];
        _toPeerStart = 0;
        _toPeerEnd = _node.ReadStream(now, Key, _toPeer);
        if (_toPeerEnd > 0)
        {
            return true;
        }

        if (_clientFinished)
        {
            _sendShutDown = true;
            _ = TryShutDown();
            CloseWhenDone();
        }

        return false;
    }

    private bool FillToCircuit(Instant now)
    {
        _toCircuit ??= new byte[ChunkBytes];
        _toCircuitStart = 0;
        _toCircuitEnd = 0;
        if (_peerFinished)
        {
            return false;
        }

        int received = _socket.Receive(_toCircuit, SocketFlags.None, out SocketError error);
        switch (error)
        {
            case SocketError.Success when received > 0:
                _toCircuitEnd = received;
                return true;
            case SocketError.Success:
                _peerFinished = true;
                Want(Interest.Read, false);
                _node.HandleFinished(now, Key);
                CloseWhenDone();
                return false;
            case SocketError.WouldBlock:
                Want(Interest.Read, true);
                return false;
            default:
                Fail(now);
                return false;
        }
    }

    private bool TryShutDown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void CloseWhenDone()
    {
        if (_peerFinished && _sendShutDown)
        {
            _owner.Remove(this, abort: false);
        }
    }

    private void Fail(Instant now)
    {
        _owner.Remove(this, abort: true);
        _node.HandleReset(now, Key);
    }

    private void Want(Interest interest, bool wanted)
    {
        if (!_isClosed)
        {
            _registration.Interest = wanted ? _registration.Interest | interest : _registration.Interest & ~interest;
        }
    }
}
