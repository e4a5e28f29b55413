using System;
using System.Net;
using System.Net.Sockets;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;

namespace OnionSip.Hosting.Trains;

/// <summary>The form for every other system: the framework's socket, one datagram in one call. (HOST.TRAINS)</summary>
/// <remarks>Nothing is allocated for a datagram that passes; one that the system refuses costs an exception.</remarks>
internal sealed class PortableTrainPort : TrainPort
{
    private readonly SocketAddress _from;
    private readonly SocketAddress _to;

    internal PortableTrainPort(Socket socket)
        : base(socket)
    {
        _from = new(socket.AddressFamily);
        _to = new(socket.AddressFamily);
    }

    internal override int Receive(TrainInbox inbox)
    {
        int count = 0;
        while (count < TrainInbox.Capacity && Socket.Poll(0, SelectMode.SelectRead))
        {
            if (!TryReceive(inbox, count))
            {
                break;
            }

            count++;
        }

        return count;
    }

    internal override void Send(TrainOutbox outbox)
    {
        for (int index = 0; index < outbox.Count; index++)
        {
            SendTrain(outbox, index);
        }

        outbox.Clear();
    }

    private bool TryReceive(TrainInbox inbox, int index)
    {
        try
        {
            int bytes = Socket.ReceiveFrom(inbox.Slot(index)[..TrainInbox.SlotBytes], SocketFlags.None, _from);
            if (SocketNames.TryRead(_from, out PeerAddress from))
            {
                inbox.Store(index, from, bytes);
                return true;
            }
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.Interrupted)
        {
            return false;
        }
        catch (SocketException)
        {
            // Counted below.
        }

        Counters.ReceiveFailed++;
        return false;
    }

    private void SendTrain(TrainOutbox outbox, int index)
    {
        if (!outbox.TryReadName(index, out PeerAddress to) || to.Address.IsIPv4 != Local.Address.IsIPv4)
        {
            Counters.SendFailed += outbox.Segments(index);
            return;
        }

        SocketNames.WriteTo(_to, to);
        ReadOnlySpan<byte> rest = outbox.Bytes(index);
        while (rest.Length > 0)
        {
            int bytes = Math.Min(rest.Length, outbox.SegmentBytes(index));
            bool sent = TrySend(rest[..bytes]);
            Counters.Sent += sent ? 1 : 0;
            Counters.SentTrains += sent ? 1 : 0;
            Counters.SendFailed += sent ? 0 : 1;
            rest = rest[bytes..];
        }
    }

    private bool TrySend(ReadOnlySpan<byte> datagram)
    {
        try
        {
            _ = Socket.SendTo(datagram, SocketFlags.None, _to);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
