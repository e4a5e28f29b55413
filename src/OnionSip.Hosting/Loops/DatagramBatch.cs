using System;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>
/// Room for one batch of datagrams, received or to be sent by one system call; shared by all sockets of a loop. (HOST.UDP)
/// </summary>
/// <remarks>Bounds: <see cref="Capacity"/> datagrams of <see cref="SlotBytes"/>; memory is pinned once, nothing is allocated
/// later.</remarks>
internal sealed unsafe class DatagramBatch
{
    internal const int Capacity = 64;
    internal const int SlotBytes = 2048;

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Capacity * SlotBytes, pinned: true);
    private readonly byte[] _names = GC.AllocateArray<byte>(Capacity * SocketNames.MaxBytes, pinned: true);
    private readonly UnixCalls.BytesEntry[] _entries = GC.AllocateArray<UnixCalls.BytesEntry>(Capacity, pinned: true);
    private readonly UnixCalls.MultiMessage[] _messages = GC.AllocateArray<UnixCalls.MultiMessage>(Capacity, pinned: true);

    internal DatagramBatch()
    {
        // All four arrays are pinned for life, so the addresses taken here stay true.
        fixed (byte* bytes = _bytes, names = _names)
        fixed (UnixCalls.BytesEntry* entries = _entries)
        {
            for (int index = 0; index < Capacity; index++)
            {
                _entries[index] = new() { Start = bytes + (index * SlotBytes), Count = SlotBytes };
                _messages[index].Header.Name = names + (index * SocketNames.MaxBytes);
                _messages[index].Header.Entries = entries + index;
                _messages[index].Header.EntryCount = 1;
            }
        }
    }

    internal int Count { get; set; }

    internal Span<UnixCalls.MultiMessage> Messages => _messages;

    internal Span<byte> Slot(int index) => _bytes.AsSpan(index * SlotBytes, SlotBytes);

    /// <summary>Makes the first slots ready to receive into.</summary>
    internal void PrepareToReceive(int count)
    {
        for (int index = 0; index < count; index++)
        {
            _entries[index].Count = SlotBytes;
            _messages[index].Header.NameBytes = SocketNames.MaxBytes;
            _messages[index].Header.Flags = 0;
        }
    }

    /// <summary>The datagram in a slot and who sent it; false when it was cut short or the sender's name is of no known family.</summary>
    internal bool TryRead(int index, out PeerAddress from, out Span<byte> datagram)
    {
        const int Truncated = 0x20;
        ref UnixCalls.MultiMessage message = ref _messages[index];
        datagram = _bytes.AsSpan(index * SlotBytes, (int)Math.Min(message.Bytes, SlotBytes));
        ReadOnlySpan<byte> name =
            _names.AsSpan(index * SocketNames.MaxBytes, (int)Math.Min(message.Header.NameBytes, SocketNames.MaxBytes));
        return SocketNames.TryRead(name, out from) && (message.Header.Flags & Truncated) == 0;
    }

    /// <summary>The place of the first slot's name, for a call that receives one datagram.</summary>
    internal Span<byte> FirstName => _names.AsSpan(0, SocketNames.MaxBytes);

    /// <summary>Notes what such a call received; a datagram longer than a slot counts as cut short.</summary>
    internal void StoreFirst(uint nameBytes, nint bytes)
    {
        const int Truncated = 0x20;
        ref UnixCalls.MultiMessage message = ref _messages[0];
        message.Header.NameBytes = nameBytes;
        message.Header.Flags = bytes > SlotBytes ? Truncated : 0;
        message.Bytes = (uint)bytes;
    }

    /// <summary>Adds a datagram to be sent. The caller flushes before the batch is full.</summary>
    internal void Add(in PeerAddress to, ReadOnlySpan<byte> datagram)
    {
        int index = Count++;
        datagram.CopyTo(Slot(index));
        _entries[index].Count = (nuint)datagram.Length;
        int nameBytes = SocketNames.WriteTo(_names.AsSpan(index * SocketNames.MaxBytes, SocketNames.MaxBytes), to);
        _messages[index].Header.NameBytes = (uint)nameBytes;
    }

    /// <summary>What was added for sending.</summary>
    internal ReadOnlySpan<byte> Pending(int index) => _bytes.AsSpan(index * SlotBytes, (int)_entries[index].Count);

    /// <summary>Notes a datagram that was received into a slot by other means than one call for all.</summary>
    internal void Store(int index, in PeerAddress from, int bytes)
    {
        int nameBytes = SocketNames.WriteTo(_names.AsSpan(index * SocketNames.MaxBytes, SocketNames.MaxBytes), from);
        _messages[index].Header.NameBytes = (uint)nameBytes;
        _messages[index].Bytes = (uint)bytes;
    }
}
