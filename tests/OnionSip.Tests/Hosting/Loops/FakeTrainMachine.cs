using System;
using System.Collections.Generic;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;

namespace OnionSip.Tests.Hosting.Loops;

/// <summary>Sends back what it gets, and one datagram at each tick; notes the order of its inputs.</summary>
internal sealed class FakeTrainMachine : ITrainMachine<int>, IShardHandler<int>
{
    private readonly byte[] _held = new byte[64 * 280];
    private PeerAddress _to;
    private int _heldBytes;
    private int _segmentBytes;
    private bool _isOpened;

    public List<string>? Log { get; init; }

    public bool IsPaced { get; set; }

    public Instant Tick { get; set; } = Instant.Never;

    public PeerAddress TickTo { get; init; }

    public int Datagrams { get; private set; }

    public Instant NextDeadline => Instant.Never;

    public void HandleTrain(Instant now, in PeerAddress from, Span<byte> datagrams, int segmentBytes)
    {
        Log?.Add("train");
        Datagrams += (datagrams.Length + segmentBytes - 1) / segmentBytes;
        Hold(from, datagrams, segmentBytes);
    }

    /// <summary>Has something to send over a link that it opened.</summary>
    public void SendOpened(in PeerAddress to, ReadOnlySpan<byte> datagram)
    {
        Hold(to, datagram, datagram.Length);
        _isOpened = true;
    }

    public void HandleTimeout(Instant now)
    {
        Log?.Add("tick");
        Tick = Instant.Never;
        Hold(TickTo, [7], 1);
    }

    public Instant PollTimeout() => Tick;

    public bool PollEvent(out int nodeEvent)
    {
        nodeEvent = 0;
        return false;
    }

    public bool PollTransmit(Instant now, Span<byte> destination, out Transmit transmit) => throw new NotSupportedException();

    public bool PollTrain(Instant now, Span<byte> destination, out Train train)
    {
        train = new(_to, _segmentBytes, _heldBytes) { IsOpened = _isOpened };
        _held.AsSpan(0, _heldBytes).CopyTo(destination);
        bool any = _heldBytes > 0;
        _heldBytes = 0;
        return any;
    }

    public void HandleEvent(Instant now, in int nodeEvent)
    {
    }

    public void HandleDeadline(Instant now)
    {
    }

    public bool HandleDrained(Instant now) => false;

    private void Hold(in PeerAddress to, ReadOnlySpan<byte> bytes, int segmentBytes)
    {
        // One answer is enough for the tests; a later bundle of the same inbox takes its place.
        _to = to;
        _isOpened = false;
        _segmentBytes = segmentBytes;
        _heldBytes = Math.Min(bytes.Length, _held.Length);
        bytes[.._heldBytes].CopyTo(_held);
    }
}
