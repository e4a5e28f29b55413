using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OnionSip.Machines;

namespace OnionSip.Benchmarks.Loads;

/// <summary>One bundle of equally long datagrams that came in one piece.</summary>
internal readonly ref struct Bundle(uint from, ushort port, uint local, long at, int segmentBytes, Span<byte> bytes)
{
    /// <summary>Host order.</summary>
    public uint From { get; } = from;

    public ushort Port { get; } = port;

    /// <summary>Which of our addresses it was sent to, host order.</summary>
    public uint Local { get; } = local;

    /// <summary>When the kernel had it, nanoseconds of the monotonic clock.</summary>
    public long At { get; } = at;

    public int SegmentBytes { get; } = segmentBytes;

    public Span<byte> Bytes { get; } = bytes;
}

/// <summary>
/// One UDP socket that speaks from and to every address of 127.60.0.0/16 at one port, so that a thousand peers cost one descriptor.
/// </summary>
/// <remarks>Shape: trains go out by GSO and come in by GRO, many of them in one system call; nothing is allocated after the start.</remarks>
internal sealed unsafe class TrainSocket : IDisposable
{
    internal const int TrainBytes = 64 * 280;

    private const int SendPlaces = 64;
    private const int ReceivePlaces = 32;
    private const int ReceiveBytes = 65536;
    private const int ControlBytes = 128;
    private const int SocketLevel = 1;
    private const int IpLevel = 0;
    private const int UdpLevel = 17;
    private const int PacketInfo = 8;
    private const int UdpGro = 104;
    private const int UdpSegment = 103;
    private const int TimestampNanoseconds = 35;
    private const int ReceiveBufferForce = 33;
    private const int SendBufferForce = 32;
    private const int BindToDevice = 25;
    private const int ControlHeaderBytes = 16;

    private readonly int _socket;
    private readonly byte* _memory;
    private readonly byte* _sendBytes;
    private readonly byte* _receiveBytes;
    private readonly byte* _controls;
    private readonly Kernel.MultiMessage* _sends;
    private readonly Kernel.MultiMessage* _receives;
    private readonly Kernel.BytesEntry* _entries;
    private readonly Kernel.Name* _names;
    private int _pending;
    private long _toMonotonic;

    public TrainSocket(ushort port, bool isBundled)
    {
        const int Places = SendPlaces + ReceivePlaces;
        nuint bytes = (SendPlaces * TrainBytes) + (ReceivePlaces * ReceiveBytes) + (Places * (ControlBytes + 64 + 16 + 16)) + 4096;
        _memory = (byte*)NativeMemory.AlignedAlloc(bytes, 4096);
        NativeMemory.Clear(_memory, bytes);
        byte* at = _memory;
        _receiveBytes = Take(ref at, ReceivePlaces * ReceiveBytes);
        _sendBytes = Take(ref at, SendPlaces * TrainBytes);
        _controls = Take(ref at, Places * ControlBytes);
        _sends = (Kernel.MultiMessage*)Take(ref at, SendPlaces * 64);
        _receives = (Kernel.MultiMessage*)Take(ref at, ReceivePlaces * 64);
        _entries = (Kernel.BytesEntry*)Take(ref at, Places * 16);
        _names = (Kernel.Name*)Take(ref at, Places * 16);
        _socket = Open(port, isBundled);
        SetClock();
    }

    public long SendCalls { get; private set; }

    public long SendFailures { get; private set; }

    public long ReceiveCalls { get; private set; }

    /// <summary>Room for one train; nothing is taken until <see cref="Commit"/>.</summary>
    public Span<byte> Next()
    {
        if (_pending == SendPlaces)
        {
            Flush();
        }

        return new(_sendBytes + (_pending * TrainBytes), TrainBytes);
    }

    /// <summary>Queues what was written to <see cref="Next"/>; it leaves in one piece from one of our addresses.</summary>
    public void Commit(uint from, uint to, ushort port, int bytes, int segmentBytes)
    {
        int place = _pending++;
        _names[place] = new() { Family = 2, Port = BinaryPrimitives.ReverseEndianness(port), Address = BinaryPrimitives.ReverseEndianness(to) };
        _entries[place] = new() { Start = _sendBytes + (place * TrainBytes), Count = (nuint)bytes };
        byte* control = _controls + (place * ControlBytes);
        int used = WritePacketInfo(control, from);
        if (bytes > segmentBytes)
        {
            *(Kernel.ControlHeader*)(control + used) = new() { Bytes = ControlHeaderBytes + 2, Level = UdpLevel, Type = UdpSegment };
            *(ushort*)(control + used + ControlHeaderBytes) = (ushort)segmentBytes;
            used += 24;
        }

        _sends[place].Header = new()
        {
            Name = _names + place, NameBytes = 16, Entries = _entries + place, EntryCount = 1, Control = control, ControlBytes = (nuint)used,
        };
    }

    public void Flush()
    {
        int done = 0;
        while (done < _pending)
        {
            int sent = Kernel.SendMany(_socket, _sends + done, (uint)(_pending - done), 0);
            SendCalls++;
            SendFailures += sent > 0 ? 0 : 1;
            done += Math.Max(1, sent);
        }

        _pending = 0;
    }

    /// <summary>Waits for something to receive; false when the other descriptor has something, or has ended.</summary>
    public bool Wait(int other)
    {
        const short Readable = 1;
        Kernel.PollEntry* entries = stackalloc Kernel.PollEntry[2];
        entries[0] = new() { Descriptor = _socket, Wanted = Readable };
        entries[1] = new() { Descriptor = other, Wanted = Readable };
        _ = Kernel.Poll(entries, 2, -1);
        return entries[1].Returned == 0;
    }

    /// <summary>Takes what waits, as far as there are places; <see cref="Read"/> gives each.</summary>
    public int Receive()
    {
        for (int place = 0; place < ReceivePlaces; place++)
        {
            int shared = SendPlaces + place;
            _entries[shared] = new() { Start = _receiveBytes + (place * ReceiveBytes), Count = ReceiveBytes };
            _receives[place].Header = new()
            {
                Name = _names + shared, NameBytes = 16, Entries = _entries + shared, EntryCount = 1,
                Control = _controls + (shared * ControlBytes), ControlBytes = ControlBytes,
            };
        }

        ReceiveCalls++;
        return Math.Max(0, Kernel.ReceiveMany(_socket, _receives, ReceivePlaces, Kernel.DoNotWait, null));
    }

    public static int ReceiveCapacity => ReceivePlaces;

    public Bundle Read(int place)
    {
        ref Kernel.MultiMessage message = ref _receives[place];
        int bytes = (int)message.Bytes;
        uint local = 0;
        long at = 0;
        int segment = bytes;
        byte* control = (byte*)message.Header.Control;
        byte* end = control + message.Header.ControlBytes;
        while (control + ControlHeaderBytes <= end)
        {
            Kernel.ControlHeader* header = (Kernel.ControlHeader*)control;
            byte* value = control + ControlHeaderBytes;
            switch (header->Level, header->Type)
            {
                case (UdpLevel, UdpGro):
                    segment = *(int*)value;
                    break;
                case (IpLevel, PacketInfo):
                    local = BinaryPrimitives.ReverseEndianness(*(uint*)(value + 8));
                    break;
                case (SocketLevel, TimestampNanoseconds):
                    Kernel.TimeSpec* time = (Kernel.TimeSpec*)value;
                    at = (time->Seconds * 1_000_000_000) + time->Nanoseconds + _toMonotonic;
                    break;
                default:
                    break;
            }

            control += ((int)header->Bytes + 7) & ~7;
        }

        Kernel.Name name = _names[SendPlaces + place];
        return new(
            BinaryPrimitives.ReverseEndianness(name.Address), BinaryPrimitives.ReverseEndianness(name.Port), local, at, segment,
            new(_receiveBytes + (place * ReceiveBytes), bytes));
    }

    /// <summary>Civil time may be slewed: called now and then.</summary>
    public void SetClock()
    {
        long before = Kernel.Now();
        long civil = Kernel.Read(Kernel.Realtime);
        long after = Kernel.Now();
        _toMonotonic = before + ((after - before) / 2) - civil;
    }

    public void Dispose()
    {
        _ = Kernel.Close(_socket);
        NativeMemory.AlignedFree(_memory);
    }

    private static byte* Take(ref byte* at, int bytes)
    {
        byte* taken = at;
        at += (bytes + 63) & ~63;
        return taken;
    }

    private static int WritePacketInfo(byte* control, uint from)
    {
        *(Kernel.ControlHeader*)control = new() { Bytes = ControlHeaderBytes + 12, Level = IpLevel, Type = PacketInfo };
        *(int*)(control + ControlHeaderBytes) = 0;
        *(uint*)(control + ControlHeaderBytes + 4) = BinaryPrimitives.ReverseEndianness(from);
        *(uint*)(control + ControlHeaderBytes + 8) = 0;
        return 32;
    }

    private static int Open(ushort port, bool isBundled)
    {
        const int Datagrams = 2;
        const int CloseOnExec = 0x80000;
        int socket = Kernel.Socket(2, Datagrams | CloseOnExec, 0);
        int big = 64 * 1024 * 1024;
        int one = 1;
        _ = Kernel.SetOption(socket, SocketLevel, ReceiveBufferForce, &big, 4);
        _ = Kernel.SetOption(socket, SocketLevel, SendBufferForce, &big, 4);
        _ = Kernel.SetOption(socket, IpLevel, PacketInfo, &one, 4);
        _ = Kernel.SetOption(socket, SocketLevel, TimestampNanoseconds, &one, 4);
        ReadOnlySpan<byte> loopback = "lo\0"u8;
        fixed (byte* device = loopback)
        {
            _ = Kernel.SetOption(socket, SocketLevel, BindToDevice, device, 3);
        }

        if (isBundled)
        {
            _ = Kernel.SetOption(socket, UdpLevel, UdpGro, &one, 4);
        }

        Kernel.Name name = new() { Family = 2, Port = BinaryPrimitives.ReverseEndianness(port) };
        if (Kernel.Bind(socket, &name, 16) != 0)
        {
            throw new InvalidOperationException($"port {port} is taken: another benchmark runs");
        }

        return socket;
    }
}
