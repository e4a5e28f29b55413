using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>The links' own datagrams (handshakes, PING, PONG, CLOSE) until the driver takes them. (LINK.QUEUE)</summary>
/// <remarks>Bounds: a ring of <see cref="LinkParameters.MaxQueuedDatagrams"/>; what does not fit is dropped and counted as
/// QueueFull.</remarks>
internal sealed class DatagramQueue(DropCounters<LinkDrop> drops)
{
    private const int Capacity = LinkParameters.MaxQueuedDatagrams;

    private readonly byte[] _bytes = new byte[Capacity * WireLayout.DatagramBytes];
    private readonly PeerAddress[] _addresses = new PeerAddress[Capacity];
    private readonly bool[] _opened = new bool[Capacity];
    private int _first;

    internal int Count { get; private set; }

    internal int Free => Capacity - Count;

    /// <summary>A place for one datagram to be written into; false when there is none.</summary>
    internal bool TryAdd(in PeerAddress to, out Span<byte> datagram, bool isOpened = false)
    {
        if (Count == Capacity)
        {
            _ = drops.Count(LinkDrop.QueueFull);
            datagram = default;
            return false;
        }

        int place = (_first + Count) % Capacity;
        Count++;
        _addresses[place] = to;
        _opened[place] = isOpened;
        datagram = _bytes.AsSpan(place * WireLayout.DatagramBytes, WireLayout.DatagramBytes);
        return true;
    }

    internal bool TryTake(Span<byte> destination, out Transmit transmit)
    {
        transmit = default;
        if (Count == 0)
        {
            return false;
        }

        Throw.IfShorterThan(WireLayout.DatagramBytes, destination.Length, nameof(destination));
        _bytes.AsSpan(_first * WireLayout.DatagramBytes, WireLayout.DatagramBytes).CopyTo(destination);
        transmit = new(_addresses[_first], WireLayout.DatagramBytes) { IsOpened = _opened[_first] };
        _first = (_first + 1) % Capacity;
        Count--;
        return true;
    }
}
