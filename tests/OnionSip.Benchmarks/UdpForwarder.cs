using System;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;

namespace OnionSip.Benchmarks;

/// <summary>The peer of the relay's figure: a thread that receives 280-byte datagrams and sends each on, with nothing in between.</summary>
internal static partial class UdpForwarder
{
    private const int ThreadCpuTime = 3;
    private const int DatagramBytes = 280;

    /// <summary>Processor time per datagram, sent in the same bursts as the relay's cells.</summary>
    public static double NanosecondsPerDatagram(int bursts, int perBurst)
    {
        using Socket forwarder = Bind("127.0.3.20");
        using Socket sink = Bind("127.0.3.21");
        using Socket source = Bind("127.0.3.22");
        SocketAddress to = ((IPEndPoint)sink.LocalEndPoint!).Serialize();
        int expected = bursts * perBurst;
        double result = double.NaN;
        Thread thread = new(() => result = Forward(forwarder, to, expected)) { Name = "forwarder" };
        thread.Start();
        SocketAddress target = ((IPEndPoint)forwarder.LocalEndPoint!).Serialize();
        byte[] datagram = new byte[DatagramBytes];
        for (int burst = 0; burst < bursts; burst++)
        {
            for (int count = 0; count < perBurst; count++)
            {
                source.SendTo(datagram, SocketFlags.None, target);
            }

            Thread.Sleep(5);
        }

        thread.Join();
        return result;
    }

    private static double Forward(Socket forwarder, SocketAddress to, int expected)
    {
        byte[] buffer = new byte[2048];
        SocketAddress from = new(AddressFamily.InterNetwork);
        _ = clock_gettime(ThreadCpuTime, out Timespec start);
        forwarder.ReceiveTimeout = 2000;
        int count = 0;
        try
        {
            for (; count < expected; count++)
            {
                int received = forwarder.ReceiveFrom(buffer, SocketFlags.None, from);
                forwarder.SendTo(buffer.AsSpan(0, received), SocketFlags.None, to);
            }
        }
        catch (SocketException)
        {
            // The kernel dropped some of a burst: the figure is over those that came.
        }

        _ = clock_gettime(ThreadCpuTime, out Timespec end);
        return (((end.Seconds - start.Seconds) * 1_000_000_000) + end.Nanoseconds - start.Nanoseconds) / (double)Math.Max(1, count);
    }

    private static Socket Bind(string address)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        return socket;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
