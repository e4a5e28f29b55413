using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Benchmarks.Loads;

/// <summary>The UDP ends beyond an exit: each call has one of its own, with an address of its own, which speaks and listens.</summary>
/// <remarks>A datagram has 172 bytes, as an RTP packet of 20 ms of G.711 has; it holds the call and its number.</remarks>
internal sealed class FarEnds : IDisposable
{
    private const int DatagramBytes = 172;
    private const int EndpointBytes = 7;

    private readonly TrainSocket? _socket;
    private readonly LaneTable _lanes;
    private readonly Call?[] _calls;
    private readonly bool[] _speaks;
    private readonly byte[] _body = new byte[WireLayout.BodyBytes];
    private readonly byte[] _payload = new byte[EndpointBytes + DatagramBytes];
    private readonly long _base;
    private long _round;
    private int _next;

    public FarEnds(LoadOptions options, LaneTable lanes, Call?[] calls)
    {
        _lanes = lanes;
        _calls = calls;
        _speaks = new bool[calls.Length];
        _base = Kernel.Now() + CallLoad.Period;
        RandomNumberGenerator.Fill(_payload);
        if (options.Part == RelayPart.Exit)
        {
            _socket = new(BenchNetwork.FarPort, isBundled: false);
        }
    }

    /// <summary>Backward cells that held no datagram.</summary>
    public long Empty { get; private set; }

    /// <summary>Backward cells that no layer fitted: fill, or damage.</summary>
    public long Missing { get; private set; }

    /// <summary>Arrivals within the period, in steps of 10 µs; null when nobody asks.</summary>
    public int[]? Arrivals { get; set; }

    public void SetClock() => _socket?.SetClock();

    public void Begin(Call call) => _speaks[call.Index] = true;

    public void End(Call call) => _speaks[call.Index] = false;

    /// <summary>The body of a forward cell with one datagram for the call's far end.</summary>
    public ReadOnlySpan<byte> ForwardBody(int call, uint number)
    {
        WireWriter writer = new(_payload);
        writer.WriteEndpoint(_calls[call]!.Plan.Far);
        Write(_payload.AsSpan(EndpointBytes), call, number);
        FrameWriter frames = new(_body);
        frames.TryWriteFlow(new(Call.VoiceFlow), _payload);
        frames.Complete();
        return _body;
    }

    /// <summary>Sends what is due from the far ends, each at its own time within the period.</summary>
    public void SendDue(long now)
    {
        if (_socket is null)
        {
            return;
        }

        for (; _base + (_round * CallLoad.Period) + (CallLoad.Period * _next / _calls.Length) <= now; Advance())
        {
            if (!_speaks[_next] || _calls[_next] is not { } call)
            {
                continue;
            }

            long late = now - (_base + (_round * CallLoad.Period) + (CallLoad.Period * _next / _calls.Length));
            int lane = Call.BackwardLane(_next);
            uint number = _lanes[lane].Count;
            _ = _lanes.Send(lane, late >= CallLoad.Period ? 0 : now);
            if (late >= CallLoad.Period)
            {
                continue;
            }

            Span<byte> datagram = _socket.Next();
            Write(datagram, _next, number);
            uint to = (uint)(call.Association.Address.Value & uint.MaxValue);
            _socket.Commit(BenchNetwork.FarAddress(_next), to, call.Association.Port, DatagramBytes, DatagramBytes);
        }

        _socket.Flush();
    }

    public void Receive()
    {
        int count = _socket is null ? 0 : TrainSocket.ReceiveCapacity;
        while (count == TrainSocket.ReceiveCapacity)
        {
            count = _socket!.Receive();
            for (int place = 0; place < count; place++)
            {
                Bundle bundle = _socket.Read(place);
                if (bundle.Bytes.Length == DatagramBytes)
                {
                    Read(bundle.Bytes, out int call, out uint number);
                    if ((uint)call < (uint)_calls.Length && bundle.Local == BenchNetwork.FarAddress(call))
                    {
                        _lanes.ReceiveNumber(Call.ForwardLane(call), number, bundle.At);
                        if (Arrivals is { } arrivals)
                        {
                            arrivals[bundle.At % CallLoad.Period / 10_000]++;
                        }
                    }
                }
            }
        }
    }

    /// <summary>A backward cell at the client's end of a call.</summary>
    public void HandleBackward(Instant now, int lane, Slot slot, Span<byte> cell, long at)
    {
        Call call = _calls[lane >> 1]!;
        if (call.Circuit.HandleCell(now, slot, cell, out HopIndex from) != CircuitDrop.None)
        {
            Missing++;
            return;
        }

        Span<byte> body = cell[WireLayout.OwnerMarkBytes..];
        FrameReader reader = new(body);
        bool isVoice = false;
        bool isEmpty = true;
        while (reader.TryRead(out FrameView frame))
        {
            isEmpty = false;
            if (frame.Type == FrameType.Flow && frame.Id == Call.VoiceFlow && frame.Payload.Length == EndpointBytes + DatagramBytes)
            {
                Read(frame.Payload[EndpointBytes..], out int index, out uint number);
                isVoice = index == call.Index;
                if (isVoice)
                {
                    _lanes.ReceiveNumber(lane, number, at);
                }
            }
        }

        Empty += isEmpty ? 1 : 0;
        if (!isEmpty && !isVoice)
        {
            call.HandleBody(now, from, body);
        }
    }

    public void Dispose() => _socket?.Dispose();

    private static void Write(Span<byte> datagram, int call, uint number)
    {
        datagram[0] = 0x80;
        BinaryPrimitives.WriteInt32BigEndian(datagram[12..], call);
        BinaryPrimitives.WriteUInt32BigEndian(datagram[16..], number);
    }

    private static void Read(ReadOnlySpan<byte> datagram, out int call, out uint number)
    {
        call = BinaryPrimitives.ReadInt32BigEndian(datagram[12..]);
        number = BinaryPrimitives.ReadUInt32BigEndian(datagram[16..]);
    }

    private void Advance()
    {
        _next++;
        if (_next == _calls.Length)
        {
            _next = 0;
            _round++;
        }
    }
}
