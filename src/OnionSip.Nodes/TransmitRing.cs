using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>Datagrams sealed and waiting for the host, in slots made once. (NODE.TRANSMIT)</summary>
/// <remarks>Bounds: <see cref="Capacity"/> datagrams; when it is full the newest is refused and counted by the caller. Allocates nothing
/// after construction.</remarks>
internal sealed class TransmitRing(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity * WireLayout.DatagramBytes];
    private readonly Transmit[] _transmits = new Transmit[capacity];
    private int _head;
    private int _count;

    public int Capacity => capacity;

    public bool IsFull => _count == capacity;

    /// <summary>The bytes of the next free slot; <see cref="Commit"/> makes it part of the queue.</summary>
    public Span<byte> NextSlot() => _bytes.AsSpan((_head + _count) % capacity * WireLayout.DatagramBytes, WireLayout.DatagramBytes);

    public void Commit(in Transmit transmit)
    {
        Invariant.Require(!IsFull, "a datagram was put into a full ring");
        _transmits[(_head + _count) % capacity] = transmit;
        _count++;
    }

    /// <summary>Takes the first and those behind it that go to the same peer. (MACHINE.TRAIN)</summary>
    public bool TryTakeTrain(Span<byte> destination, out Train train)
    {
        Transmit first = _transmits[_head];
        int bytes = 0;
        while (_count > 0 && bytes < destination.Length && _transmits[_head] == first)
        {
            TryTake(destination[bytes..], out _);
            bytes += first.Bytes;
        }

        train = new(first.To, WireLayout.DatagramBytes, bytes) { IsOpened = first.IsOpened };
        return bytes > 0;
    }

    public bool TryTake(Span<byte> destination, out Transmit transmit)
    {
        if (_count == 0)
        {
            transmit = default;
            return false;
        }

        _bytes.AsSpan(_head * WireLayout.DatagramBytes, WireLayout.DatagramBytes).CopyTo(destination);
        transmit = _transmits[_head];
        _head = (_head + 1) % capacity;
        _count--;
        return true;
    }
}
