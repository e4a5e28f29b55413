using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;

namespace OnionSip.Benchmarks.Loads;

/// <summary>What a call needs to be set up: the hops, and what its end is.</summary>
/// <param name="To">The played relay that is the last hop; null when a relay process is, as an exit.</param>
internal sealed record CallPlan(Endpoint From, IReadOnlyList<HopTarget> Hops, Endpoint? To, PeerAddress Far);

/// <summary>Where the making of a call stands.</summary>
internal enum CallStage : byte
{
    /// <summary>Hops are being added.</summary>
    Building,

    /// <summary>All hops answered; both ends find out about each other.</summary>
    Meeting,
    Ready,
    Failed,
    Closed,
}

/// <summary>One call of the generator, made with the project's own machines; once it is ready its cells take a shorter way.</summary>
internal sealed class Call : IDisposable
{
    internal const ushort MarkFlow = 0x7FF0;
    internal const ushort VoiceFlow = 2;
    private const int MarksMax = 64;
    private static readonly TimeSpan s_markEvery = TimeSpan.FromMilliseconds(200);

    private readonly List<StreamMux> _muxes = [];
    private readonly byte[] _message = new byte[WireLayout.MaxControlMessageBytes];
    private readonly byte[] _body = new byte[WireLayout.BodyBytes];
    private readonly uint[] _markSlots = new uint[MarksMax];
    private readonly uint[] _answerSlots = new uint[MarksMax];
    private Instant _markAt;
    private int _marks;
    private ushort _request;
    private bool _wantsMark;
    private bool _isAssociating;

    public Call(int index, CallPlan plan, CircuitId id, ReadOnlySpan<byte> networkId, Instant now, Entropy entropy)
    {
        Index = index;
        Plan = plan;
        Circuit = new(now, id, plan.Hops[0], networkId, entropy);
        Begun = now;
    }

    public int Index { get; }

    public CallPlan Plan { get; }

    public ClientCircuit Circuit { get; }

    public CallStage Stage { get; private set; }

    public string Trouble { get; private set; } = "";

    public Instant Begun { get; }

    public Instant Built { get; private set; } = Instant.Never;

    /// <summary>Of the last cell sent and the shift of each direction, known when both ends met.</summary>
    public uint LastSlot { get; private set; }

    public uint ForwardShift { get; private set; }

    public uint BackwardShift { get; private set; }

    /// <summary>At the far played relay.</summary>
    public LinkIdAndCircuit FarEnd { get; private set; }

    public uint FarLastSlot { get; private set; }

    /// <summary>At an exit.</summary>
    public PeerAddress Association { get; private set; }

    public static int ForwardLane(int call) => 2 * call;

    public static int BackwardLane(int call) => (2 * call) + 1;

    /// <summary>A backward cell while the call is being made. (CIRCUIT.LAYER)</summary>
    public void HandleCell(Instant now, Slot slot, Span<byte> cell)
    {
        if (Circuit.HandleCell(now, slot, cell, out HopIndex from) != CircuitDrop.None || from.Value >= _muxes.Count)
        {
            return;
        }

        ReadOnlySpan<byte> body = cell[WireLayout.OwnerMarkBytes..];
        if (from.Value == Plan.Hops.Count - 1 && TryReadMark(body, out _, out uint mark) && Stage == CallStage.Meeting)
        {
            BackwardShift = unchecked(slot.Value - _answerSlots[mark % MarksMax]);
            Stage = CallStage.Ready;
            return;
        }

        _muxes[from.Value].HandleBody(now, body);
        Pump(now);
    }

    public void HandleMessage(Instant now, ReadOnlySpan<byte> message)
    {
        _ = Circuit.HandleMessage(now, message);
        Pump(now);
    }

    public void HandleTimeout(Instant now)
    {
        if (Stage is CallStage.Ready or CallStage.Failed or CallStage.Closed)
        {
            return;
        }

        if (now - Begun > TimeSpan.FromSeconds(20))
        {
            Fail("took too long at stage " + Stage + ", hops " + Circuit.Hops.Count);
            return;
        }

        Circuit.HandleTimeout(now);
        foreach (StreamMux mux in _muxes)
        {
            mux.HandleTimeout(now);
        }

        _wantsMark |= Stage == CallStage.Meeting && Plan.To is not null && now >= _markAt;
        Pump(now);
    }

    /// <summary>The far end saw a mark: it knows the call, and answers.</summary>
    public void HandleMark(uint mark, Slot received, LinkIdAndCircuit at, Slot answered)
    {
        ForwardShift = unchecked(received.Value - _markSlots[mark % MarksMax]);
        _answerSlots[mark % MarksMax] = answered.Value;
        FarEnd = at;
        FarLastSlot = answered.Value;
    }

    /// <summary>Writes one cell that the making needs; false when there is none.</summary>
    public bool TryTakeCell(Instant now, Span<byte> cell, out Slot slot)
    {
        for (int hop = _muxes.Count - 1; hop >= 0; hop--)
        {
            if (_muxes[hop].PollBody(now, _body) && Circuit.TrySealBody(now, new(hop), _body, cell, out slot))
            {
                LastSlot = slot.Value;
                return true;
            }
        }

        slot = default;
        if (!_wantsMark || _marks >= MarksMax)
        {
            return false;
        }

        _wantsMark = false;
        _markAt = now + s_markEvery;
        WriteMark(_body, (uint)Index, (uint)_marks);
        if (!Circuit.TrySealBody(now, Circuit.LastHop, _body, cell, out slot))
        {
            return false;
        }

        _markSlots[_marks++] = slot.Value;
        LastSlot = slot.Value;
        return true;
    }

    /// <summary>One voice datagram for the far end of an exit, sealed for all hops; returns its slot.</summary>
    public bool TrySealVoice(Instant now, ReadOnlySpan<byte> body, Span<byte> cell, out Slot slot)
    {
        bool sealedIt = Circuit.TrySealBody(now, Circuit.LastHop, body, cell, out slot);
        LastSlot = slot.Value;
        return sealedIt;
    }

    /// <summary>Leaves slots out, so that voice begins where relays expect it. (CIRCUIT.TICK)</summary>
    public void SkipSlots(Instant now, int slots)
    {
        Span<byte> unsent = stackalloc byte[WireLayout.CellBytes];
        _body.AsSpan().Clear();
        for (int slot = 0; slot < slots; slot++)
        {
            _ = Circuit.TrySealBody(now, Circuit.LastHop, _body, unsent, out _);
        }
    }

    /// <summary>Anything else than voice that came during a call over an exit.</summary>
    public void HandleBody(Instant now, HopIndex from, ReadOnlySpan<byte> body)
    {
        if (from.Value < _muxes.Count)
        {
            _muxes[from.Value].HandleBody(now, body);
        }
    }

    public void Close(Instant now)
    {
        Stage = CallStage.Closed;
        Circuit.Close(now);
    }

    public static void WriteMark(Span<byte> body, uint call, uint mark)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(payload, call);
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], mark);
        FrameWriter writer = new(body);
        writer.TryWriteFlow(new(MarkFlow), payload);
        writer.Complete();
    }

    public static bool TryReadMark(ReadOnlySpan<byte> body, out uint call, out uint mark)
    {
        (call, mark) = (0, 0);
        FrameReader reader = new(body);
        if (!reader.TryRead(out FrameView frame) || frame.Type != FrameType.Flow || frame.Id != MarkFlow || frame.Payload.Length != 8)
        {
            return false;
        }

        call = BinaryPrimitives.ReadUInt32BigEndian(frame.Payload);
        mark = BinaryPrimitives.ReadUInt32BigEndian(frame.Payload[4..]);
        return true;
    }

    public void Dispose() => Circuit.Dispose();

    private void Pump(Instant now)
    {
        bool any = true;
        while (any)
        {
            any = false;
            while (Circuit.PollEvent(out ClientCircuitEvent circuitEvent))
            {
                any = true;
                HandleCircuit(now, circuitEvent);
            }

            foreach (StreamMux mux in _muxes.ToArray())
            {
                while (mux.PollEvent(out MuxEvent muxEvent))
                {
                    any = true;
                    HandleMux(now, mux, muxEvent);
                }
            }
        }
    }

    private void HandleCircuit(Instant now, in ClientCircuitEvent circuitEvent)
    {
        switch (circuitEvent.Kind)
        {
            case ClientCircuitEventKind.HopAdded:
                _muxes.Add(new(now, new StreamMuxOptions { IsClient = true }));
                Continue(now);
                break;
            case ClientCircuitEventKind.Failed or ClientCircuitEventKind.Closed:
                Fail("the circuit was " + circuitEvent.Kind + " at hop " + _muxes.Count);
                break;
            default:
                break;
        }
    }

    private void Continue(Instant now)
    {
        if (_muxes.Count < Plan.Hops.Count)
        {
            int bytes = Circuit.BeginExtend(now, ++_request, Plan.Hops[_muxes.Count], _message);
            _ = _muxes[^1].TrySendControl(now, _message.AsSpan(0, bytes));
            return;
        }

        Built = now;
        Stage = CallStage.Meeting;
        _wantsMark = Plan.To is not null;
        if (Plan.To is null)
        {
            _ = _muxes[^1].OpenFlow(new(VoiceFlow));
            _ = _muxes[^1].OpenFlow(new(VoiceFlow + 1));
            _isAssociating = true;
            int bytes = AssociateMessage.Write(_message, new(VoiceFlow), isIPv6: false);
            _ = _muxes[^1].TrySendControl(now, _message.AsSpan(0, bytes));
        }
    }

    private void HandleMux(Instant now, StreamMux mux, in MuxEvent muxEvent)
    {
        if (muxEvent.Kind == MuxEventKind.ProtocolError)
        {
            Fail("stream 0 broke");
            return;
        }

        while (muxEvent.Kind == MuxEventKind.ControlReadable && mux.TryReceiveControl(_message, out int bytes))
        {
            HandleControl(now, mux, _message.AsSpan(0, bytes));
        }
    }

    private void HandleControl(Instant now, StreamMux mux, ReadOnlySpan<byte> message)
    {
        _ = ControlMessage.ParseType(message, out ControlMessageType type);
        if (type == ControlMessageType.Extended && ExtendedMessage.TryParse(message, out ExtendedMessage extended))
        {
            if (Circuit.CompleteExtend(now, extended.Created) != CircuitDrop.None)
            {
                Fail("CREATED of hop " + _muxes.Count + " was wrong");
            }
        }
        else if (type == ControlMessageType.Associated && AssociatedMessage.TryParse(message, out AssociatedMessage associated) && _isAssociating)
        {
            _isAssociating = false;
            Association = associated.Endpoint;
            int bytes = ConsentMessage.Write(_message, new(VoiceFlow), [Plan.Far]);
            _ = mux.TrySendControl(now, _message.AsSpan(0, bytes));
            Stage = CallStage.Ready;
        }
        else
        {
            string status = StatusMessage.TryParse(message, out StatusMessage told) ? told.Status.ToString() : "";
            Fail("the relay said " + type + " " + status);
        }
    }

    private void Fail(string trouble)
    {
        Trouble = trouble;
        Stage = CallStage.Failed;
    }
}

/// <summary>A circuit as one end of a link names it.</summary>
internal readonly record struct LinkIdAndCircuit(LinkId Link, CircuitId Circuit);
