using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>One bound UDP socket that never blocks. (HOST.UDP)</summary>
/// <remarks>
/// On 64-bit Linux a batch of up to 64 datagrams is one system call each way; elsewhere the framework's socket does the same one by
/// one. The native path allocates nothing per datagram. Failures are counted and survived: a datagram that cannot be sent is a lost
/// datagram.
/// </remarks>
internal sealed class UdpPort : IDisposable
{
    /// <summary>Asked of the system for each direction of a link socket; it may give less.</summary>
    internal const int LinkBufferBytes = 4 * 1024 * 1024;

    private static readonly bool s_native = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    private readonly System.Net.SocketAddress _name;
    private readonly int _descriptor;

    private UdpPort(Socket socket)
    {
        Socket = socket;
        _descriptor = (int)socket.Handle;
        Local = SocketNames.FromEndPoint(socket.LocalEndPoint);
        _name = new(socket.AddressFamily);
    }

    internal Socket Socket { get; }

    internal PeerAddress Local { get; }

    internal UdpCounters Counters { get; } = new();

    /// <exception cref="SocketException">The address is in use or not of this machine.</exception>
    internal static UdpPort Bind(in PeerAddress local, int bufferBytes = 0)
    {
        Socket socket = new(SocketNames.FamilyOf(local), SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Blocking = false;
            if (!local.Address.IsIPv4)
            {
                socket.DualMode = false;
            }

            if (bufferBytes > 0)
            {
                socket.ReceiveBufferSize = bufferBytes;
                socket.SendBufferSize = bufferBytes;
            }

            SocketNames.ForbidFragments(socket);
            socket.Bind(SocketNames.ToEndPoint(local));
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes what is waiting, at most one batch or <paramref name="most"/>; returns how many.</summary>
    internal int Receive(DatagramBatch batch, int most = DatagramBatch.Capacity)
    {
        int count = s_native ? ReceiveNative(batch, most) : ReceivePortable(batch, most);
        Counters.Received += count;
        return count;
    }

    /// <summary>Takes one datagram if one is waiting: the cheapest call where there is seldom a second. Returns how many.</summary>
    internal int ReceiveOne(DatagramBatch batch)
    {
        int count = s_native ? ReceiveOneNative(batch) : ReceivePortable(batch, 1);
        Counters.Received += count;
        return count;
    }

    /// <summary>Sends a batch and empties it.</summary>
    internal void Send(DatagramBatch batch)
    {
        if (s_native)
        {
            SendNative(batch);
        }
        else
        {
            SendPortable(batch);
        }

        batch.Count = 0;
    }

    /// <summary>Sends one datagram; false when the system did not take it.</summary>
    internal unsafe bool Send(in PeerAddress to, ReadOnlySpan<byte> datagram)
    {
        bool sent;
        if (s_native)
        {
            Span<byte> name = stackalloc byte[SocketNames.MaxBytes];
            int nameBytes = SocketNames.WriteTo(name, to);
            fixed (byte* bytes = datagram, start = name)
            {
                sent = UnixCalls.SendTo(
                    _descriptor, bytes, (nuint)datagram.Length, UnixCalls.DoNotWait, start, (uint)nameBytes) >= 0;
            }
        }
        else
        {
            sent = TrySendPortable(to, datagram);
        }

        Count(sent);
        return sent;
    }

    /// <summary>Asks the system to report ICMP errors for what this socket sends.</summary>
    internal void ReportErrors()
    {
        const int IPv4Level = 0, IPv4ReceiveErrors = 11, IPv6Level = 41, IPv6ReceiveErrors = 25;
        if (s_native)
        {
            bool isIPv4 = Local.Address.IsIPv4;
            Socket.SetRawSocketOption(isIPv4 ? IPv4Level : IPv6Level, isIPv4 ? IPv4ReceiveErrors : IPv6ReceiveErrors, [1, 0, 0, 0]);
        }
    }

    /// <summary>Takes one report; <paramref name="destination"/> is where the datagram was going. False when there is none.</summary>
    internal unsafe bool TryTakeError(out PeerAddress destination)
    {
        destination = default;
        if (!s_native)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[64];
        Span<byte> name = stackalloc byte[SocketNames.MaxBytes];
        Span<byte> control = stackalloc byte[256];
        fixed (byte* start = bytes, nameStart = name, controlStart = control)
        {
            UnixCalls.BytesEntry entry = new() { Start = start, Count = (nuint)bytes.Length };
            UnixCalls.MessageHeader header = new()
            {
                Name = nameStart,
                NameBytes = SocketNames.MaxBytes,
                Entries = &entry,
                EntryCount = 1,
                Control = controlStart,
                ControlBytes = (nuint)control.Length,
            };
            nint taken = UnixCalls.ReceiveMessage(_descriptor, &header, UnixCalls.ErrorQueue | UnixCalls.DoNotWait);
            return taken >= 0 && SocketNames.TryRead(name[..(int)Math.Min(header.NameBytes, SocketNames.MaxBytes)], out destination);
        }
    }

    public void Dispose() => Socket.Dispose();

    private unsafe int ReceiveNative(DatagramBatch batch, int most)
    {
        batch.PrepareToReceive(most);
        int count;
        fixed (UnixCalls.MultiMessage* messages = batch.Messages)
        {
            count = UnixCalls.ReceiveMany(_descriptor, messages, (uint)most, UnixCalls.DoNotWait, null);
        }

        if (count >= 0)
        {
            return count;
        }

        CountReceiveError();
        return 0;
    }

    private unsafe int ReceiveOneNative(DatagramBatch batch)
    {
        const int TellWholeLength = 0x20;
        uint nameBytes = SocketNames.MaxBytes;
        nint bytes;
        fixed (byte* start = batch.Slot(0), name = batch.FirstName)
        {
            bytes = UnixCalls.ReceiveFrom(
                _descriptor, start, DatagramBatch.SlotBytes, UnixCalls.DoNotWait | TellWholeLength, name, &nameBytes);
        }

        if (bytes >= 0)
        {
            batch.StoreFirst(nameBytes, bytes);
            return 1;
        }

        CountReceiveError();
        return 0;
    }

    private void CountReceiveError()
    {
        if (Marshal.GetLastPInvokeError() is not (UnixCalls.TryAgainError or UnixCalls.InterruptedError))
        {
            Counters.ReceiveFailed++;
        }
    }

    private unsafe void SendNative(DatagramBatch batch)
    {
        int handle = _descriptor;
        fixed (UnixCalls.MultiMessage* messages = batch.Messages)
        {
            int done = 0;
            while (done < batch.Count)
            {
                int sent = UnixCalls.SendMany(handle, messages + done, (uint)(batch.Count - done), UnixCalls.DoNotWait);
                if (sent > 0)
                {
                    Counters.Sent += sent;
                    done += sent;
                    continue;
                }

                // The first of the rest was refused (full buffer, no route): it is lost, the others go on.
                Counters.SendFailed++;
                done++;
            }
        }
    }

    private int ReceivePortable(DatagramBatch batch, int most)
    {
        batch.PrepareToReceive(most);
        int count = 0;
        while (count < most && Socket.Poll(0, SelectMode.SelectRead))
        {
            try
            {
                int bytes = Socket.ReceiveFrom(batch.Slot(count), SocketFlags.None, _name);
                _ = SocketNames.TryRead(_name, out PeerAddress from);
                batch.Store(count++, from, bytes);
            }
            catch (SocketException)
            {
                Counters.ReceiveFailed++;
                return count;
            }
        }

        return count;
    }

    private void SendPortable(DatagramBatch batch)
    {
        for (int index = 0; index < batch.Count; index++)
        {
            _ = batch.TryRead(index, out PeerAddress to, out _);
            Count(TrySendPortable(to, batch.Pending(index)));
        }
    }

    private bool TrySendPortable(in PeerAddress to, ReadOnlySpan<byte> datagram)
    {
        try
        {
            Socket.SendTo(datagram, SocketFlags.None, SocketNames.ToEndPoint(to));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Count(bool sent)
    {
        Counters.Sent += sent ? 1 : 0;
        Counters.SendFailed += sent ? 0 : 1;
    }
}
