using System;
using System.Net.Sockets;
using OnionSip.Hosting.Exits;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Tests.Hosting.Trains;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>What a datagram of an association costs the exit. (HOST.EXIT-UDP)</summary>
[Collection(AloneCollection.Name)]
public sealed class ExitAssociationCostTests
{
    private const int Associations = 20;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    [Fact]
    public void DatagramsBothWays_AllocateNothing()
    {
        using Socket peer = TrainWire.Plain(true);
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        EchoNode node = new();
        using ExitAssociations associations =
            new(loop, node, new ExitOptions { IPv4 = IpAddress.FromIPv4(0x7F000001) }, new OsEntropy());
        node.Associations = associations;
        for (ushort id = 0; id < Associations; id++)
        {
            associations.Open(loop.Clock.Now, new(1, id), 4);
        }

        node.To = TrainWire.AddressOf(peer);
        System.Net.SocketAddress name = new(AddressFamily.InterNetwork);
        Run(loop, node, peer, name);
        long least = long.MaxValue;
        for (int run = 0; run < 5; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Run(loop, node, peer, name);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal(6 * 10 * Associations, node.Received);
        Assert.Equal(node.Received, associations.DatagramsSent);
    }

    /// <summary>A port that is flooded is served one datagram a turn.</summary>
    [Fact]
    public void FloodedPort_IsTakenInParts()
    {
        using Socket peer = TrainWire.Plain(true);
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        EchoNode node = new();
        using ExitAssociations associations =
            new(loop, node, new ExitOptions { IPv4 = IpAddress.FromIPv4(0x7F000001) }, new OsEntropy());
        node.Associations = associations;
        associations.Open(loop.Clock.Now, new(1, 0), 4);
        for (int count = 0; count < 3; count++)
        {
            _ = peer.SendTo([1], SocketNames.ToEndPoint(node.Even[0]));
        }

        loop.Turn(node, s_longest);
        Assert.Equal(1, node.Received);
    }

    /// <summary>Ten datagrams to each association, each sent back.</summary>
    private static void Run(EventLoop loop, EchoNode node, Socket peer, System.Net.SocketAddress name)
    {
        Span<byte> datagram = stackalloc byte[160];
        for (int round = 0; round < 10; round++)
        {
            int wanted = node.Received + Associations;
            for (int index = 0; index < Associations; index++)
            {
                SocketNames.WriteTo(name, node.Even[index]);
                _ = peer.SendTo(datagram, SocketFlags.None, name);
            }

            while (node.Received < wanted)
            {
                loop.Turn(node, s_longest);
            }

            for (int index = 0; index < Associations; index++)
            {
                _ = peer.Receive(datagram);
            }
        }
    }

    private sealed class EchoNode : IExitNode, ILoopOwner
    {
        private ExitKey _key;
        private bool _has;
        private int _even;

        public ExitAssociations? Associations { get; set; }

        public PeerAddress To { get; set; }

        public PeerAddress[] Even { get; } = new PeerAddress[ExitAssociationCostTests.Associations];

        public int Received { get; private set; }

        public Instant Drain(Instant now) => Instant.Never;

        public void HandleTimeout(Instant now)
        {
        }

        public void HandleAssociated(Instant now, ExitKey key, in PeerAddress even) => Even[_even++] = even;

        public void HandleDatagram(Instant now, ExitKey key, bool isOdd, in PeerAddress source, ReadOnlySpan<byte> datagram)
        {
            Received++;
            (_key, _has) = (key, true);
            Associations!.HandleDatagrams(now);
        }

        public bool TryTakeDatagram(out ExitKey key, out bool isOdd, out PeerAddress to, Span<byte> destination, out int bytes)
        {
            (key, isOdd, to, bytes) = (_key, false, To, 160);
            (bool had, _has) = (_has && To != default, false);
            return had;
        }

        public void HandleConnected(Instant now, ExitKey key, in PeerAddress local, in PeerAddress remote) => throw new NotSupportedException();

        public void HandleConnectFailed(Instant now, ExitKey key, ControlStatus status) => throw new NotSupportedException();

        public int HandleData(Instant now, ExitKey key, ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

        public void HandleFinished(Instant now, ExitKey key) => throw new NotSupportedException();

        public void HandleReset(Instant now, ExitKey key) => throw new NotSupportedException();

        public int ReadStream(Instant now, ExitKey key, Span<byte> destination) => throw new NotSupportedException();

        public void HandleAssociateFailed(Instant now, ExitKey key, ControlStatus status) => throw new NotSupportedException();

        public void HandleUnreachable(Instant now, ExitKey key, in PeerAddress destination) => throw new NotSupportedException();
    }
}
