using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Directory;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Paths;
using OnionSip.Streams;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>One circuit of a client with what runs over it. (NODE.PATH)</summary>
/// <remarks>
/// States: Linking (the guard's link opens), Building (CREATE, then EXTEND for each further hop), Ready, Closed.
/// Each hop has a mux of its own; after building only the last one is used.
/// </remarks>
internal sealed class ClientPath : IDisposable
{
    private readonly Queue<ClientEvent> _events;
    private readonly List<StreamMux> _muxes = [];
    private readonly PathRequests _requests;
    private readonly byte[] _message = new byte[WireLayout.MaxControlMessageBytes];
    private readonly byte[] _datagram = new byte[WireLayout.MaxFlowDatagramBytes + ExitEndpoint.MaxBytes];
    private readonly TimeSpan _probeInterval;
    private ushort _extendRequest;
    private bool _owesPadding;
    private Instant _probeAt = Instant.Never;

    public ClientPath(
        PathId id, RelayPath relays, LinkId link, PathOptions options, Instant buildDeadline, TimeSpan probeInterval,
        Queue<ClientEvent> events)
    {
        Id = id;
        Relays = relays;
        Link = link;
        Options = options;
        BuildDeadline = buildDeadline;
        _probeInterval = probeInterval;
        _events = events;
        _requests = new(id, events);
    }

    public PathId Id { get; }

    public RelayPath Relays { get; }

    public LinkId Link { get; }

    public PathOptions Options { get; }

    /// <summary>Null until voice starts: cells then leave by ticks alone.</summary>
    public PathVoice? Voice { get; private set; }

    public ClientCircuit? Circuit { get; private set; }

    public Instant BuildDeadline { get; private set; }

    public bool IsReady { get; private set; }

    /// <summary>Why the path must be closed; None while it is sound.</summary>
    public PathReason Fault { get; private set; }

    /// <summary>The hop that is to blame for <see cref="Fault"/>, null when none is.</summary>
    public RelayId? Blamed { get; private set; }

    private StreamMux Last => _muxes[^1];

    /// <summary>The guard's link is open: the circuit begins.</summary>
    public void Begin(ClientCircuit circuit) => Circuit = circuit;

    public void Fail(PathReason reason, RelayId? blamed)
    {
        if (Fault == PathReason.None)
        {
            Fault = reason;
            Blamed = blamed;
        }
    }

    /// <summary>Begins voice on a ready voice path: from now on one cell leaves at each tick and none between. (NODE.TICK)</summary>
    public bool TryStartVoice(Instant now, Entropy entropy, bool locks)
    {
        if (!IsReady || !Options.IsVoice || Voice is not null || Circuit!.State != ClientCircuitState.Open)
        {
            return false;
        }

        Voice = new(now, Circuit, entropy, locks);
        Last.IsPaced = true;
        return true;
    }

    public PathVoiceReport? VoiceReport() => Voice?.Report(Last.Drops[MuxDrop.SendQueueOverflow] + Last.Drops[MuxDrop.StandingDatagram]);

    public void HandleBody(Instant now, HopIndex from, ReadOnlySpan<byte> body)
    {
        Voice?.NoteBackward(now, from);
        if (from.Value < _muxes.Count)
        {
            _muxes[from.Value].HandleBody(now, body);
            if (_muxes[from.Value].LastReport is { } report)
            {
                Voice?.TakeReport(from.Value, report);
            }
        }

        if (IsReady && _requests.HasFlows && from.Value == _muxes.Count - 1)
        {
            _events.Enqueue(new(ClientEventKind.DatagramReceived, Id));
        }
    }

    public void HandleTimeout(Instant now)
    {
        if (!IsReady && BuildDeadline <= now)
        {
            int hop = Circuit?.Hops.Count ?? 0;
            Fail(PathReason.TimedOut, Relays.Hops[Math.Min(hop, Relays.Hops.Count - 1)].Identity);
        }

        _owesPadding |= _probeAt <= now;
        Circuit?.HandleTimeout(now);
        HandleVoice(now);
        foreach (StreamMux mux in _muxes)
        {
            mux.HandleTimeout(now);
        }
    }

    public Instant PollTimeout()
    {
        Instant next = IsReady ? _probeAt : BuildDeadline;
        next = Instant.Min(next, Circuit?.PollTimeout() ?? Instant.Never);
        next = Instant.Min(next, Voice?.Deadline ?? Instant.Never);
        foreach (StreamMux mux in _muxes)
        {
            next = Instant.Min(next, mux.PollTimeout());
        }

        return next;
    }

    /// <summary>Handles what circuit and muxes have to say after an input.</summary>
    public void Pump(Instant now)
    {
        // A control message can end a handshake, which gives the circuit something to say again.
        bool any = true;
        while (any)
        {
            any = PumpCircuit(now) | PumpMuxes(now);
        }
    }

    /// <summary>The next body worth sending and the hop it is for; voice goes to the last hop first.</summary>
    public bool TryTakeBody(Instant now, Span<byte> body, out HopIndex to)
    {
        if (Voice is { } voice)
        {
            to = new(_muxes.Count - 1);
            return voice.TakeDue() && FillBody(now, body);
        }

        for (int hop = _muxes.Count - 1; hop >= 0; hop--)
        {
            if (_muxes[hop].PollBody(now, body))
            {
                to = new(hop);
                NoteSent(now, hop);
                return true;
            }
        }

        to = new(_muxes.Count - 1);
        bool pads = _owesPadding;
        if (pads)
        {
            body.Clear();
            NoteSent(now, to.Value);
        }

        return pads;
    }

    public bool TryOpenStream(Instant now, WireHost host, ushort port, out StreamId stream)
    {
        stream = new(_requests.NextId());
        if (!IsReady || Last.Open(stream) != StreamResult.Done)
        {
            return false;
        }

        _requests.AddStream(stream.Value);
        return Send(now, ConnectMessage.Write(_message, stream, host, port));
    }

    public int Write(StreamId stream, ReadOnlySpan<byte> bytes) => _requests.HasStream(stream.Value) ? Last.Write(stream, bytes) : 0;

    public int Read(Instant now, StreamId stream, Span<byte> bytes) => _requests.HasStream(stream.Value) ? Last.Read(stream, bytes) : 0;

    public void FinishStream(StreamId stream)
    {
        if (_requests.HasStream(stream.Value))
        {
            Last.Finish(stream);
        }
    }

    public void ResetStream(StreamId stream)
    {
        if (_requests.RemoveStream(stream.Value))
        {
            Last.Reset(stream);
        }
    }

    public bool TryAssociate(Instant now, bool isIPv6, out FlowId flow)
    {
        flow = new(_requests.NextId());
        if (!IsReady || Last.OpenFlow(flow) != StreamResult.Done)
        {
            return false;
        }

        if (Last.OpenFlow(new FlowId((ushort)(flow.Value + 1))) != StreamResult.Done)
        {
            Last.CloseFlow(flow);
            return false;
        }

        _requests.AddFlow(flow.Value);
        return Send(now, AssociateMessage.Write(_message, flow, isIPv6));
    }

    public void Consent(Instant now, FlowId flow, ReadOnlySpan<PeerAddress> endpoints)
    {
        if (_requests.HasFlow(flow.Value))
        {
            Send(now, ConsentMessage.Write(_message, flow, endpoints));
        }
    }

    public void Release(Instant now, FlowId flow)
    {
        if (_requests.ForgetFlow(flow.Value, Last))
        {
            Send(now, ReleaseMessage.Write(_message, flow));
        }
    }

    /// <summary>One datagram for the exit to send; the destination goes in front of it. (WIRE.FRAME FLOW)</summary>
    public bool SendDatagram(Instant now, FlowId flow, bool isRtcp, in PeerAddress destination, ReadOnlySpan<byte> datagram)
    {
        if (!_requests.HasFlow(flow.Value) || datagram.Length > WireLayout.MaxFlowDatagramBytes)
        {
            return false;
        }

        WireWriter writer = new(_datagram);
        writer.WriteEndpoint(destination);
        writer.WriteBytes(datagram);
        return Last.SendFlow(now, FlowOf(flow, isRtcp),
            _datagram.AsSpan(0, writer.Position)) is SendResult.Queued or SendResult.QueuedDroppingOldest;
    }

    public bool TryReceiveDatagram(out FlowId flow, out bool isRtcp, out PeerAddress source, Span<byte> datagram, out int bytes)
    {
        (flow, isRtcp, source, bytes) = (default, false, default, 0);
        while (_muxes.Count > 0 && Last.TryReceiveFlow(out FlowId id, _datagram, out int received))
        {
            flow = new((ushort)(id.Value & ~1));
            isRtcp = (id.Value & 1) != 0;
            WireReader reader = new(_datagram.AsSpan(0, received));
            if (_requests.HasFlow(flow.Value) && reader.TryReadEndpoint(out source) && reader.Rest.Length <= datagram.Length)
            {
                reader.Rest.CopyTo(datagram);
                bytes = reader.Rest.Length;
                return true;
            }
        }

        return false;
    }

    public bool TryResolve(Instant now, ResolveKind kind, ReadOnlySpan<byte> name, out ushort request)
    {
        request = _requests.NextRequest();
        return IsReady && Send(now, ResolveMessage.Write(_message, request, kind, name));
    }

    public bool TryTakeAnswers(ushort request, out List<DnsAnswer>? answers) => _requests.TryTakeAnswers(request, out answers);

    public void Close(Instant now) => Circuit?.Close(now);

    public void Dispose() => Circuit?.Dispose();

    /// <summary>A cell to the last hop proves the path: no empty one is owed for a while. (NODE.PROBE)</summary>
    private void NoteSent(Instant now, int hop)
    {
        if (hop == _muxes.Count - 1)
        {
            _owesPadding = false;
            _probeAt = IsReady ? now + _probeInterval : Instant.Never;
        }
    }

    private void HandleVoice(Instant now)
    {
        if (Voice is not { } voice)
        {
            return;
        }

        voice.HandleTimeout(now);
        if (voice.TakeRelease(now))
        {
            foreach (ushort flow in _requests.Flows())
            {
                Release(now, new(flow));
            }
        }

        if (voice.EndAt <= now)
        {
            Fail(PathReason.Released, null);
        }
    }

    private bool FillBody(Instant now, Span<byte> body)
    {
        Last.FillBody(now, body);
        NoteSent(now, _muxes.Count - 1);
        return true;
    }

    private static FlowId FlowOf(FlowId even, bool isRtcp) => isRtcp ? new((ushort)(even.Value + 1)) : even;

    private bool PumpCircuit(Instant now)
    {
        bool any = false;
        while (Circuit is not null && Circuit.PollEvent(out ClientCircuitEvent circuitEvent))
        {
            any = true;
            HandleCircuit(now, circuitEvent);
        }

        return any;
    }

    private bool PumpMuxes(Instant now)
    {
        bool any = false;
        for (int hop = 0; hop < _muxes.Count; hop++)
        {
            while (_muxes[hop].PollEvent(out MuxEvent muxEvent))
            {
                any = true;
                HandleMux(now, hop, muxEvent);
            }
        }

        return any;
    }

    private void HandleCircuit(Instant now, in ClientCircuitEvent circuitEvent)
    {
        switch (circuitEvent.Kind)
        {
            case ClientCircuitEventKind.HopAdded:
                _muxes.Add(new(now, new StreamMuxOptions { IsClient = true }));
                Continue(now);
                break;
            case ClientCircuitEventKind.Failed:
                bool isFull = Options.IsVoice && Circuit!.WasRefused;
                Fail(isFull ? PathReason.Refused : PathReason.ExtendFailed,
                    Relays.Hops[Math.Min(_muxes.Count, Relays.Hops.Count - 1)].Identity);
                break;
            case ClientCircuitEventKind.Closed:
                Fail(PathReason.Destroyed, null);
                break;
            case ClientCircuitEventKind.PaddingDue when _muxes.Count > 0:
                _owesPadding = true;
                break;
            default:
                break;
        }
    }

    private void Continue(Instant now)
    {
        IReadOnlyList<RelayDescriptor> relays = Relays.Hops;
        if (_muxes.Count == relays.Count)
        {
            IsReady = true;
            _probeAt = now + _probeInterval;
            _events.Enqueue(new(ClientEventKind.PathReady, Id));
            return;
        }

        RelayDescriptor next = relays[_muxes.Count];
        _extendRequest = _requests.NextRequest();
        HopTarget target = new(next.Identity, OnionPublicKey.FromBytes(next.OnionKey.Span), Options.FlagsAt(_muxes.Count));
        int bytes = Circuit!.BeginExtend(now, _extendRequest, target, _message);
        if (bytes == 0)
        {
            Fail(PathReason.ExtendFailed, next.Identity);
            return;
        }

        Send(now, bytes);
    }

    private void HandleMux(Instant now, int hop, in MuxEvent muxEvent)
    {
        ushort id = muxEvent.Stream.Value;
        switch (muxEvent.Kind)
        {
            case MuxEventKind.ControlReadable:
                ReadControl(now, hop);
                break;
            case MuxEventKind.ProtocolError when hop == _muxes.Count - 1:
                Fail(PathReason.ProtocolError, Relays.Hops[hop].Identity);
                break;
            case MuxEventKind.StreamReadable:
                _events.Enqueue(new(ClientEventKind.StreamReadable, Id, id));
                break;
            case MuxEventKind.StreamWritable:
                _events.Enqueue(new(ClientEventKind.StreamWritable, Id, id));
                break;
            case MuxEventKind.StreamFinished:
                _events.Enqueue(new(ClientEventKind.StreamFinished, Id, id));
                break;
            case MuxEventKind.StreamReset when _requests.RemoveStream(id):
                _events.Enqueue(new(ClientEventKind.StreamReset, Id, id));
                break;
            default:
                break;
        }
    }

    private void ReadControl(Instant now, int hop)
    {
        while (Fault == PathReason.None && _muxes[hop].TryReceiveControl(_message, out int bytes))
        {
            ReadOnlySpan<byte> message = _message.AsSpan(0, bytes);
            bool fits = ControlMessage.ParseType(message, out ControlMessageType type) == WireParse.None
                && (type is ControlMessageType.Extended or ControlMessageType.ExtendFailed
                    ? HandleExtend(now, hop, type, message)
                    : hop == _muxes.Count - 1 && _requests.Handle(type, message, Last));
            if (!fits)
            {
                Fail(PathReason.ProtocolError, Relays.Hops[hop].Identity);
            }
        }
    }

    private bool HandleExtend(Instant now, int hop, ControlMessageType type, ReadOnlySpan<byte> message)
    {
        if (hop != _muxes.Count - 1 || IsReady)
        {
            return false;
        }

        if (type == ControlMessageType.Extended && ExtendedMessage.TryParse(message, out ExtendedMessage extended))
        {
            return extended.Request == _extendRequest
                && Circuit!.CompleteExtend(now, extended.Created) == CircuitDrop.None;
        }

        if (StatusMessage.TryParse(message, out StatusMessage status) && status.Id == _extendRequest)
        {
            Circuit!.FailExtend();
            bool isFull = Options.IsVoice && status.Status is ControlStatus.Refused or ControlStatus.Busy;
            Fail(isFull ? PathReason.Refused : PathReason.ExtendFailed, Relays.Hops[_muxes.Count].Identity);
            return true;
        }

        return false;
    }

    private bool Send(Instant now, int bytes)
    {
        StreamMux mux = Last;
        if (mux.TrySendControl(now, _message.AsSpan(0, bytes)))
        {
            return true;
        }

        Fail(PathReason.ProtocolError, null);
        return false;
    }
}
