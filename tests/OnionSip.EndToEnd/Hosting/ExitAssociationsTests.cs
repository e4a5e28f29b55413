using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using OnionSip.Hosting.Exits;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.EndToEnd.Hosting;

/// <summary>Associations against a node that is a list of calls. (HOST.EXIT-UDP)</summary>
public sealed class ExitAssociationsTests : IDisposable
{
    private static readonly ExitKey s_key = new(1, 2);
    private readonly EventLoop _loop = new(new HostClock(TimeProvider.System));
    private readonly RecordingNode _node = new();
    private readonly ExitAssociations _associations;

    public ExitAssociationsTests() =>
        _associations = new(_loop, _node, new() { IPv4 = IpAddress.FromIPv4(0x7f000001) }, new SeededEntropy(3));

    [Fact]
    public void NobodyListens_TheDestinationIsReported_AndOthersStillGetTheirs()
    {
        using UdpClient gone = new(new IPEndPoint(IPAddress.Loopback, 0));
        using UdpClient there = new(new IPEndPoint(IPAddress.Loopback, 0));
        PeerAddress closed = AddressOf(gone);
        gone.Dispose();
        _associations.Open(_loop.Clock.Now, s_key, 4);
        _node.ToSend.Enqueue((closed, [1]));
        _associations.HandleDatagrams(_loop.Clock.Now);
        for (int turn = 0; turn < 100 && _node.Unreachable.Count == 0; turn++)
        {
            _loop.Turn(_node, TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal(closed, Assert.Single(_node.Unreachable));
        _node.ToSend.Enqueue((closed, [1]));
        _node.ToSend.Enqueue((AddressOf(there), [2]));
        _associations.HandleDatagrams(_loop.Clock.Now);
        IPEndPoint? from = null;
        Assert.Equal([2], there.Receive(ref from));
        Assert.Equal(_node.Even.Port, from.Port);
    }

    [Fact]
    public void FamilyWithoutAnAddress_IsUnreachable_AndTheLimitIsBusy()
    {
        _associations.Open(_loop.Clock.Now, s_key, 6);
        Assert.Equal(ControlStatus.Unreachable, _node.Status);
        using ExitAssociations none = new(_loop, _node, new() { IPv4 = IpAddress.FromIPv4(0x7f000001), MaxAssociations = 0 }, new SeededEntropy(4));
        none.Open(_loop.Clock.Now, s_key, 4);
        Assert.Equal(ControlStatus.Busy, _node.Status);
    }

    public void Dispose()
    {
        _associations.Dispose();
        _loop.Dispose();
    }

    private static PeerAddress AddressOf(UdpClient client) =>
        new(IpAddress.FromIPv4(0x7f000001), (ushort)((IPEndPoint)client.Client.LocalEndPoint!).Port);

    private sealed class RecordingNode : IExitNode, ILoopOwner
    {
        public Queue<(PeerAddress To, byte[] Bytes)> ToSend { get; } = new();

        public List<PeerAddress> Unreachable { get; } = [];

        public PeerAddress Even { get; private set; }

        public ControlStatus Status { get; private set; }

        public Instant Drain(Instant now) => Instant.Never;

        public void HandleTimeout(Instant now) => throw new InvalidOperationException();

        public void HandleConnected(Instant now, ExitKey key, in PeerAddress local, in PeerAddress remote) => throw new InvalidOperationException();

        public void HandleConnectFailed(Instant now, ExitKey key, ControlStatus status) => throw new InvalidOperationException();

        public int HandleData(Instant now, ExitKey key, ReadOnlySpan<byte> bytes) => throw new InvalidOperationException();

        public void HandleFinished(Instant now, ExitKey key) => throw new InvalidOperationException();

        public void HandleReset(Instant now, ExitKey key) => throw new InvalidOperationException();

        public int ReadStream(Instant now, ExitKey key, Span<byte> destination) => throw new InvalidOperationException();

        public void HandleAssociated(Instant now, ExitKey key, in PeerAddress even) => Even = even;

        public void HandleAssociateFailed(Instant now, ExitKey key, ControlStatus status) => Status = status;

        public void HandleDatagram(Instant now, ExitKey key, bool isOdd, in PeerAddress source, ReadOnlySpan<byte> datagram)
        {
        }

        public void HandleUnreachable(Instant now, ExitKey key, in PeerAddress destination) => Unreachable.Add(destination);

        public bool TryTakeDatagram(out ExitKey key, out bool isOdd, out PeerAddress to, Span<byte> destination, out int bytes)
        {
            (key, isOdd, to, bytes) = (s_key, false, default, 0);
            if (!ToSend.TryDequeue(out (PeerAddress To, byte[] Bytes) next))
            {
                return false;
            }

            next.Bytes.CopyTo(destination);
            (to, bytes) = (next.To, next.Bytes.Length);
            return true;
        }
    }
}
