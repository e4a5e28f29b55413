using System;
using System.Net.Sockets;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;

namespace OnionSip.Hosting.Trains;

/// <summary>One link socket that never blocks and takes and gives trains of datagrams. (HOST.TRAINS)</summary>
/// <remarks>Two forms that give the same datagrams: <see cref="NativeTrainPort"/> and <see cref="PortableTrainPort"/>. A datagram that
/// the system does not take is lost and counted; the others go on.</remarks>
internal abstract class TrainPort : IDisposable
{
    private const int SocketLevel = 1;
    private const int SharedPortOption = 15;

    private protected TrainPort(Socket socket)
    {
        Socket = socket;
        Descriptor = (int)socket.Handle;
        Local = SocketNames.FromEndPoint(socket.LocalEndPoint);
    }

    internal static bool IsNativeAvailable { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    internal Socket Socket { get; }

    internal PeerAddress Local { get; }

    internal UdpCounters Counters { get; } = new();

    /// <summary>Why the system refused to cut trains into datagrams, its error number; 0 as long as it did not.</summary>
    internal int SegmentsRefused { get; private protected set; }

    private protected int Descriptor { get; }

    /// <exception cref="SocketException">The address is in use or not of this machine.</exception>
    internal static TrainPort Bind(in PeerAddress local, TrainPortOptions options)
    {
        Socket socket = new(SocketNames.FamilyOf(local), SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Blocking = false;
            if (!local.Address.IsIPv4)
            {
                socket.DualMode = false;
            }

            if (options.BufferBytes > 0)
            {
                socket.ReceiveBufferSize = options.BufferBytes;
                socket.SendBufferSize = options.BufferBytes;
            }

            if (options.IsShared)
            {
                socket.SetRawSocketOption(SocketLevel, SharedPortOption, [1, 0, 0, 0]);
            }

            SocketNames.ForbidFragments(socket);
            socket.Bind(SocketNames.ToEndPoint(local));
            return options.Io == TrainIo.Native && IsNativeAvailable ? new NativeTrainPort(socket) : new PortableTrainPort(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes what is waiting, at most one inbox full; returns the number of bundles.</summary>
    internal abstract int Receive(TrainInbox inbox);

    /// <summary>One bundle of the last <see cref="Receive"/>; false, and counted, when there is nothing in it for a machine.</summary>
    internal bool TryTake(TrainInbox inbox, int index, out PeerAddress from, out Span<byte> datagrams, out int segmentBytes)
    {
        if (!inbox.TryRead(index, out from, out datagrams, out segmentBytes))
        {
            Counters.TooLong++;
            return false;
        }

        Counters.ReceivedTrains++;
        if (segmentBytes == 0)
        {
            Counters.Received++;
            Counters.Empty++;
            return false;
        }

        Counters.Received += (datagrams.Length + segmentBytes - 1) / segmentBytes;
        return true;
    }

    /// <summary>Sends all trains and empties the outbox.</summary>
    internal abstract void Send(TrainOutbox outbox);

    public void Dispose() => Socket.Dispose();
}
