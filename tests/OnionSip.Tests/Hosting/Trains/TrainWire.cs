using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Trains;
using OnionSip.Machines;

namespace OnionSip.Tests.Hosting.Trains;

/// <summary>Plain sockets at the other end of a port under test, and traffic of every odd shape.</summary>
internal static class TrainWire
{
    internal static bool HasIPv6 => Socket.OSSupportsIPv6;

    internal static PeerAddress AnyPort(bool isIPv4) =>
        isIPv4 ? new(IpAddress.FromIPv4(0x7F000001), 0) : new(new(1), 0);

    internal static TrainPort Bind(TrainIo io, bool isIPv4) =>
        TrainPort.Bind(AnyPort(isIPv4), new() { Io = io, BufferBytes = UdpPort.LinkBufferBytes });

    internal static Socket Plain(bool isIPv4)
    {
        Socket socket = new(isIPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveBufferSize = UdpPort.LinkBufferBytes,
            SendBufferSize = UdpPort.LinkBufferBytes,
            ReceiveTimeout = 2000,
        };
        socket.Bind(SocketNames.ToEndPoint(AnyPort(isIPv4)));
        return socket;
    }

    /// <summary>Datagrams that are empty, short, odd, the right size, too long, and as long as UDP allows.</summary>
    internal static List<byte[]> OddShapes(Random random)
    {
        List<byte[]> datagrams = [];
        foreach (int bytes in (ReadOnlySpan<int>)[280, 0, 1, 3, 279, 280, 281, 0, 1400, 2048, 2049, 9000, 65_507, 280, 24])
        {
            byte[] datagram = new byte[bytes];
            random.NextBytes(datagram);
            datagrams.Add(datagram);
        }

        return datagrams;
    }

    /// <summary>All that waits at a port, with the senders' ports, bundles cut into datagrams.</summary>
    internal static List<(int Port, string Bytes)> TakeAll(TrainPort port, int expected)
    {
        TrainInbox inbox = new();
        List<(int, string)> taken = [];
        long deadline = Environment.TickCount64 + 2000;
        while (taken.Count < expected && Environment.TickCount64 < deadline)
        {
            int count = port.Receive(inbox);
            for (int index = 0; index < count; index++)
            {
                Assert(inbox.TryRead(index, out PeerAddress from, out Span<byte> datagrams, out int segmentBytes));
                Cut(taken, from.Port, datagrams, segmentBytes);
            }
        }

        return taken;
    }

    /// <summary>What a plain socket gets.</summary>
    internal static List<string> TakePlain(Socket socket, int expected)
    {
        byte[] buffer = new byte[65_536];
        List<string> taken = [];
        while (taken.Count < expected)
        {
            int bytes = socket.Receive(buffer);
            taken.Add(Convert.ToHexString(buffer.AsSpan(0, bytes)));
        }

        return taken;
    }

    internal static PeerAddress AddressOf(Socket socket) => SocketNames.FromEndPoint((IPEndPoint)socket.LocalEndPoint!);

    private static void Cut(List<(int, string)> taken, int port, Span<byte> datagrams, int segmentBytes)
    {
        do
        {
            int bytes = Math.Min(segmentBytes, datagrams.Length);
            taken.Add((port, Convert.ToHexString(datagrams[..bytes])));
            datagrams = datagrams[bytes..];
        }
        while (datagrams.Length > 0);
    }

    private static void Assert(bool condition) => Xunit.Assert.True(condition);
}
