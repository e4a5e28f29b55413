using System;
using System.Net;
using System.Net.Sockets;
using OnionSip.Hosting.Exits;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>HOST.EXIT-TCP: what the far end of a connection can do to the exit.</summary>
public sealed class ExitConnectionTests
{
    /// <summary>
    /// The far end resets the connection between the two questions an exit asks the system about it. Taking the error first stands
    /// in for that moment: the system then says that all is well and that the socket has no far end.
    /// </summary>
    [Fact]
    public void ConnectionResetWhileItOpens_FailsAndThrowsNothing()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        IPEndPoint far = (IPEndPoint)listener.LocalEndPoint!;
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            socket.Connect(far);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
        }

        using (Socket accepted = listener.Accept())
        {
            accepted.LingerState = new(true, 0);
        }

        Assert.True(socket.Poll(TimeSpan.FromSeconds(5), SelectMode.SelectRead));
        Assert.NotEqual(0, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!);

        using EventLoop loop = new(new HostClock(TimeProvider.System));
        FailureNode node = new();
        ExitConnections owner = new(loop, node, new());
        ExitConnection connection = new(owner, node, new(1, 2), socket, Instant.Never);
        connection.HandleReady(loop.Clock.Now, Interest.Write);
        Assert.Equal((new ExitKey(1, 2), ControlStatus.Unreachable), node.Failed);
    }

    private sealed class FailureNode : IExitNode
    {
        public (ExitKey Key, ControlStatus Status)? Failed { get; private set; }

        public void HandleConnected(Instant now, ExitKey key, in PeerAddress local, in PeerAddress remote)
        {
        }

        public void HandleConnectFailed(Instant now, ExitKey key, ControlStatus status) => Failed = (key, status);

        public int HandleData(Instant now, ExitKey key, ReadOnlySpan<byte> bytes) => bytes.Length;

        public void HandleFinished(Instant now, ExitKey key)
        {
        }

        public void HandleReset(Instant now, ExitKey key)
        {
        }

        public int ReadStream(Instant now, ExitKey key, Span<byte> destination) => 0;

        public void HandleAssociated(Instant now, ExitKey key, in PeerAddress even)
        {
        }

        public void HandleAssociateFailed(Instant now, ExitKey key, ControlStatus status)
        {
        }

        public void HandleDatagram(Instant now, ExitKey key, bool isOdd, in PeerAddress source, ReadOnlySpan<byte> datagram)
        {
        }

        public void HandleUnreachable(Instant now, ExitKey key, in PeerAddress destination)
        {
        }

        public bool TryTakeDatagram(out ExitKey key, out bool isOdd, out PeerAddress to, Span<byte> destination, out int bytes)
        {
            (key, isOdd, to, bytes) = (default, false, default, 0);
            return false;
        }
    }
}
