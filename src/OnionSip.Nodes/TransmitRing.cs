using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>Datagrams sealed and waiting for the host, in slots made once. (NODE.TRANSMIT)</summary>
/// <remarks>
/// Bounds: <see cref="Capacity"/> datagrams; when it is full the newest is refused and counted by the caller. Once it is half full the
///         cells of one incoming link have no more than an eighth of it. Allocates nothing after construction.
/// </remarks>
internal sealed class TransmitRing(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity * WireLayout.DatagramBytes];
    /// <summary>Links are counted in groups: two in one group share its part, which a flood of one seldom meets.</summary>
    private const int Groups = 255;

    private const int LinkShare = 8;

    private readonly Transmit[] _transmits = new Transmit[capacity];
    private readonly byte[] _groups = new byte[capacity];
    private readonly int[] _held = new int[Groups + 1];
    private int _head;
    private int _count;

    public int Capacity => capacity;

    public bool IsFull => _count == capacity;

    /// <summary>The bytes of the next free slot; <see cref="Commit"/> makes it part of the queue.</summary>
    public Span<byte> NextSlot() => _bytes.AsSpan((_head + _count) % capacity * WireLayout.DatagramBytes, WireLayout.DatagramBytes);

    /// <summary>False when the ring is half full and this link has its part of it. (NODE.TRANSMIT)</summary>
    public bool HasRoomFor(LinkId from) => _count < capacity / 2 || _held[GroupOf(from)] < capacity / LinkShare;

    /// <param name="from">The link a passing cell came by; none for what the node says itself.</param>
    public void Commit(in Transmit transmit, LinkId from = default)
    {
        Invariant.Require(!IsFull, "a datagram was put into a full ring");
        int place = (_head + _count) % capacity;
        byte group = GroupOf(from);
        _transmits[place] = transmit;
        _groups[place] = group;
        _held[group]++;
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
        _held[_groups[_head]]--;
        _head = (_head + 1) % capacity;
        _count--;
        return true;
    }

    /// <summary>0 is the node itself.</summary>
    private static byte GroupOf(LinkId link) => (byte)(link.Value == 0 ? 0 : 1 + (link.Value % Groups));
}
