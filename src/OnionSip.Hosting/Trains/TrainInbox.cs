using System;
using System.Runtime.InteropServices;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;

namespace OnionSip.Hosting.Trains;

/// <summary>Room for what one call receives: bundles of datagrams, each of one sender; shared by all link sockets of a loop.
/// (HOST.TRAINS)</summary>
/// <remarks>
/// Shape:  a bundle is datagrams back to back, all of the segment size but the last, which may be shorter.
/// Bounds: <see cref="Capacity"/> bundles of <see cref="SlotBytes"/>; memory is pinned once, nothing is allocated later.
/// </remarks>
internal sealed unsafe class TrainInbox
{
    internal const int Capacity = 64;

    /// <summary>Bytes of a slot: the longest bundle, so that none is cut short.</summary>
    internal const int SlotBytes = 65_536;
    private const int ControlBytes = 64;

    // Slots a power of two apart would all fall on the same few cache lines; a skew of one datagram's lines spreads them.
    private const int StrideBytes = SlotBytes + 320;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Capacity * StrideBytes, pinned: true);
    private readonly byte[] _names = GC.AllocateArray<byte>(Capacity * SocketNames.MaxBytes, pinned: true);
    private readonly byte[] _control = GC.AllocateArray<byte>(Capacity * ControlBytes, pinned: true);
    private readonly UnixCalls.BytesEntry[] _entries = GC.AllocateArray<UnixCalls.BytesEntry>(Capacity, pinned: true);
    private readonly UnixCalls.MultiMessage[] _messages = GC.AllocateArray<UnixCalls.MultiMessage>(Capacity, pinned: true);
    private int _used = Capacity;

    internal TrainInbox()
    {
        // All arrays are pinned for life, so the addresses taken here stay true.
        fixed (byte* bytes = _bytes, names = _names, control = _control)
        fixed (UnixCalls.BytesEntry* entries = _entries)
        {
            for (int index = 0; index < Capacity; index++)
            {
                _entries[index] = new() { Start = bytes + (index * StrideBytes), Count = SlotBytes };
                ref UnixCalls.MessageHeader header = ref _messages[index].Header;
                header.Name = names + (index * SocketNames.MaxBytes);
                header.Entries = entries + index;
                header.EntryCount = 1;
                header.Control = control + (index * ControlBytes);
            }
        }
    }

    internal Span<UnixCalls.MultiMessage> Messages => _messages;

    internal Span<byte> Slot(int index) => _bytes.AsSpan(index * StrideBytes, SlotBytes);

    /// <summary>Makes the slots that were used ready to receive into.</summary>
    internal void Prepare()
    {
        for (int index = 0; index < _used; index++)
        {
            ref UnixCalls.MessageHeader header = ref _messages[index].Header;
            header.NameBytes = SocketNames.MaxBytes;
            header.ControlBytes = ControlBytes;
            header.Flags = 0;
        }
    }

    /// <summary>Notes how many slots the last call used.</summary>
    internal void Commit(int count) => _used = count;

    /// <summary>Notes one datagram that was received into a slot by other means.</summary>
    internal void Store(int index, in PeerAddress from, int bytes)
    {
        ref UnixCalls.MultiMessage message = ref _messages[index];
        message.Header.NameBytes = (uint)SocketNames.WriteTo(Name(index, SocketNames.MaxBytes), from);
        message.Header.ControlBytes = 0;
        message.Header.Flags = 0;
        message.Bytes = (uint)bytes;
    }

    /// <summary>The bundle in a slot, who sent it and how long its datagrams are; false when it was cut short or the sender's name is
    /// of no known family.</summary>
    /// <remarks>An empty datagram is a bundle of no bytes with segment size 0.</remarks>
    internal bool TryRead(int index, out PeerAddress from, out Span<byte> datagrams, out int segmentBytes)
    {
        const int Truncated = 0x20;
        ref UnixCalls.MultiMessage message = ref _messages[index];
        datagrams = _bytes.AsSpan(index * StrideBytes, (int)Math.Min(message.Bytes, SlotBytes));
        segmentBytes = SegmentBytes(index, (int)Math.Min(message.Header.ControlBytes, ControlBytes));
        if (segmentBytes <= 0 || segmentBytes > datagrams.Length)
        {
            segmentBytes = datagrams.Length;
        }

        ReadOnlySpan<byte> name = Name(index, (int)Math.Min(message.Header.NameBytes, SocketNames.MaxBytes));
        return SocketNames.TryRead(name, out from) && (message.Header.Flags & Truncated) == 0;
    }

    private Span<byte> Name(int index, int bytes) => _names.AsSpan(index * SocketNames.MaxBytes, bytes);

    /// <summary>The segment size the system noted beside a bundle; 0 when there is none, which means a single datagram.</summary>
    private int SegmentBytes(int index, int controlBytes)
    {
        ReadOnlySpan<byte> control = _control.AsSpan(index * ControlBytes, controlBytes);
        while (control.Length >= SegmentCalls.ControlHeaderBytes)
        {
            SegmentCalls.ControlHeader header = MemoryMarshal.Read<SegmentCalls.ControlHeader>(control);
            if (header.Level == SegmentCalls.UdpLevel && header.Type == SegmentCalls.ReceiveOption
                && control.Length >= SegmentCalls.ControlHeaderBytes + sizeof(int))
            {
                return MemoryMarshal.Read<int>(control[SegmentCalls.ControlHeaderBytes..]);
            }

            ulong step = (header.Bytes + 7) & ~7ul;
            if (step < SegmentCalls.ControlHeaderBytes || step >= (ulong)control.Length)
            {
                return 0;
            }

            control = control[(int)step..];
        }

        return 0;
    }
}
