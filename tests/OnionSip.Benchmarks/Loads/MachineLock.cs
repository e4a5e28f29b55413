using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace OnionSip.Benchmarks.Loads;

/// <summary>One benchmark at a time on one machine: they would take each other's ports and processors.</summary>
internal sealed class MachineLock : IDisposable
{
    private static readonly IPEndPoint s_mark = new(IPAddress.Parse("127.60.0.251"), 19649);
    private readonly Socket _socket;

    private MachineLock(Socket socket) => _socket = socket;

    /// <summary>Waits for another to end; null when it does not within the time.</summary>
    public static MachineLock? Take(TimeSpan patience)
    {
        for (DateTime until = DateTime.UtcNow + patience; ; Thread.Sleep(1000))
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                socket.Bind(s_mark);
                return new(socket);
            }
            catch (SocketException)
            {
                socket.Dispose();
            }

            if (DateTime.UtcNow > until)
            {
                Console.Error.WriteLine("another benchmark runs on this machine and does not end");
                return null;
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
