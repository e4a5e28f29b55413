using System;
using System.Runtime.InteropServices;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Hosting.Trains;

/// <summary>Trains that leave together in one call; shared by all link sockets of a loop. (HOST.TRAINS)</summary>
/// <remarks>
/// Shape:  a train is 1 to <see cref="Train.SegmentsMax"/> datagrams for one peer, back to back, all of the segment size but the last, which
///         may be shorter. Trains lie close together, so that many short ones stay in few cache lines.
/// Bounds: <see cref="Capacity"/> trains, <see cref="ArenaBytes"/> bytes; memory is pinned once, nothing is allocated later.
/// </remarks>
internal sealed unsafe class TrainOutbox
{
    internal const int Capacity = 64;

    /// <summary>Bytes of one train: what fits an IPv4 datagram.</summary>
    internal const int MaxTrainBytes = 65_507;

    internal const int ArenaBytes = 262_144;

    /// <summary>What must be free for <see cref="HasRoom"/>: the longest train of a machine.</summary>
    internal const int RoomBytes = Train.SegmentsMax * WireLayout.DatagramBytes;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(ArenaBytes, pinned: true);
    private readonly byte[] _names = GC.AllocateArray<byte>(Capacity * SocketNames.MaxBytes, pinned: true);
    private readonly byte[] _control = GC.AllocateArray<byte>(Capacity * SegmentCalls.SendControlBytes, pinned: true);
    private readonly int[] _starts = new int[Capacity];
    private readonly int[] _segmentBytes = new int[Capacity];
    private readonly UnixCalls.BytesEntry[] _entries = GC.AllocateArray<UnixCalls.BytesEntry>(Capacity, pinned: true);
    private readonly UnixCalls.MultiMessage[] _messages = GC.AllocateArray<UnixCalls.MultiMessage>(Capacity, pinned: true);
    private int _used;

    internal TrainOutbox()
    {
        fixed (byte* names = _names, control = _control)
        fixed (UnixCalls.BytesEntry* entries = _entries)
        {
            for (int index = 0; index < Capacity; index++)
            {
                ref UnixCalls.MessageHeader header = ref _messages[index].Header;
                header.Name = names + (index * SocketNames.MaxBytes);
                header.Entries = entries + index;
                header.EntryCount = 1;
                header.Control = control + (index * SegmentCalls.SendControlBytes);
                WriteControlHeader(_control.AsSpan(index * SegmentCalls.SendControlBytes, SegmentCalls.SendControlBytes));
            }
        }
    }

    internal int Count { get; private set; }

    /// <summary>Datagrams of all trains.</summary>
    internal int DatagramCount { get; private set; }

    /// <summary>False: send first.</summary>
    internal bool HasRoom => Count < Capacity && ArenaBytes - _used >= RoomBytes;

    internal Span<UnixCalls.MultiMessage> Messages => _messages;

    /// <summary>Where the next train is written; <see cref="Add"/> makes it one.</summary>
    internal Span<byte> Room => _bytes.AsSpan(_used);

    internal int SegmentBytes(int index) => _segmentBytes[index];

    internal int Segments(int index) => (Bytes(index).Length + _segmentBytes[index] - 1) / _segmentBytes[index];

    internal ReadOnlySpan<byte> Bytes(int index) => _bytes.AsSpan(_starts[index], (int)_entries[index].Count);

    internal bool TryReadName(int index, out PeerAddress to) => SocketNames.TryRead(
        _names.AsSpan(index * SocketNames.MaxBytes, (int)_messages[index].Header.NameBytes), out to);

    /// <summary>Takes the first bytes of <see cref="Room"/> as a train.</summary>
    internal void Add(in Train train)
    {
        (PeerAddress to, int segmentBytes, int bytes) = train;
        Invariant.Require(Count < Capacity && bytes > 0 && segmentBytes > 0, "a train has no bytes or no place");
        Invariant.Require(bytes <= MaxTrainBytes && bytes <= (long)segmentBytes * Train.SegmentsMax, "a train is too long");
        int index = Count++;
        _starts[index] = _used;
        _segmentBytes[index] = segmentBytes;
        fixed (byte* start = _bytes)
        {
            // The array is pinned for life.
            _entries[index] = new() { Start = start + _used, Count = (nuint)bytes };
        }

        Span<byte> name = _names.AsSpan(index * SocketNames.MaxBytes, SocketNames.MaxBytes);
        ref UnixCalls.MessageHeader header = ref _messages[index].Header;
        header.NameBytes = (uint)SocketNames.WriteTo(name, to);
        header.ControlBytes = bytes > segmentBytes ? SegmentCalls.SendControlBytes : (nuint)0;
        MemoryMarshal.Write(
            _control.AsSpan((index * SegmentCalls.SendControlBytes) + SegmentCalls.ControlHeaderBytes), (ushort)segmentBytes);
        DatagramCount += (bytes + segmentBytes - 1) / segmentBytes;
        _used = Math.Min(ArenaBytes, (_used + bytes + 63) & ~63);
    }

    internal void Clear()
    {
        Count = 0;
        DatagramCount = 0;
        _used = 0;
    }

    private static void WriteControlHeader(Span<byte> control) => MemoryMarshal.Write(control, new SegmentCalls.ControlHeader
    {
        Bytes = SegmentCalls.ControlHeaderBytes + sizeof(ushort),
        Level = SegmentCalls.UdpLevel,
        Type = SegmentCalls.SendOption,
    });
}
