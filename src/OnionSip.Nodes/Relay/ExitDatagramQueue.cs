using System;
using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>Datagrams that associations may send, checked and waiting for the host. (NODE.EXIT)</summary>
/// <remarks>Bounds: <see cref="Capacity"/> datagrams of at most <see cref="DatagramBytes"/>; when full the newest is refused. Slots are
/// made once, on first use.</remarks>
internal sealed class ExitDatagramQueue
{
    /// <summary>nodes.exit_queue_datagrams</summary>
    public const int Capacity = 1024;

    public const int DatagramBytes = Wire.WireLayout.MaxFlowDatagramBytes;

    private readonly Entry[] _entries = new Entry[Capacity];
    private byte[]? _bytes;
    private int _head;
    private int _count;

    public int Count => _count;

    public bool TryAdd(ExitKey key, bool isRtcp, in PeerAddress destination, ReadOnlySpan<byte> datagram)
    {
        if (_count == Capacity || datagram.Length > DatagramBytes)
        {
            return false;
        }

        _bytes ??= new byte[Capacity * DatagramBytes];
        int slot = (_head + _count) % Capacity;
        datagram.CopyTo(_bytes.AsSpan(slot * DatagramBytes));
        _entries[slot] = new(key, isRtcp, destination, datagram.Length);
        _count++;
        return true;
    }

    public bool TryTake(out ExitKey key, out bool isRtcp, out PeerAddress destination, Span<byte> datagram, out int bytes)
    {
        if (_count == 0)
        {
            (key, isRtcp, destination, bytes) = (default, false, default, 0);
            return false;
        }

        (key, isRtcp, destination, bytes) = _entries[_head];
        _bytes.AsSpan(_head * DatagramBytes, bytes).CopyTo(datagram);
        _head = (_head + 1) % Capacity;
        _count--;
        return true;
    }

    private readonly record struct Entry(ExitKey Key, bool IsRtcp, PeerAddress Destination, int Bytes);
}
