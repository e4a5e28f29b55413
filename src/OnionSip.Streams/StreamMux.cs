using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>
/// Everything that one hop and the client share: stream 0, streams and flows. Both ends run this machine. (STREAM.MUX)
/// </summary>
/// <remarks>
/// Order:  after every input poll bodies while there are slots for them, then events, then received datagrams and the
///         timeout.
///         A body takes flow datagrams first, then resets, due acknowledgements, stream 0, the other streams in turn.
/// States: open, or failed for ever after a violation of stream 0.
/// Timers: retransmission, delayed acknowledgement, probe, repeated reset, reassembly.
/// Bounds: <see cref="StreamLimits"/>; memory is taken when first used and never more than the buffers named there.
/// Drops:  <see cref="MuxDrop"/>. Throws: ArgumentException for caller mistakes only.
/// </remarks>
public sealed class StreamMux
{
    private readonly StreamTable _streams;
    private readonly FlowTable _flows;
    private Instant _now;
    private readonly bool _isClient;
    private bool _failureTold;

    public StreamMux(Instant now, StreamMuxOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ControlBufferBytes, WireLayout.MaxControlMessageBytes + 2);
        _now = now;
        _isClient = options.IsClient;
        _streams = new(options, Drops);
        _flows = new(options.MaxFlows, options.IsClient ? StreamLimits.MaxPacedDatagrams : StreamLimits.MaxPacedAtHop, Drops);
    }

    public DropCounters<MuxDrop> Drops { get; } = new();

    /// <summary>Stream 0 broke: nothing more is sent or taken.</summary>
    public bool HasFailed => _streams.HasFailed;

    public MuxStats Stats => new(
        _streams.SegmentsSent,
        _streams.SegmentsRetransmitted,
        _flows.Sent,
        _flows.Received,
        _streams.OpenCount,
        _flows.Count,
        _streams.Window.Window,
        _streams.Window.InFlight,
        _streams.Window.Rto,
        _streams.HeldBytes + _flows.HeldBytes);

    /// <summary>One body leaves at each tick and none between. (FLOW.PACED)</summary>
    public bool IsPaced
    {
        get => _flows.IsPaced;
        set
        {
            _flows.IsPaced = value;
            _streams.Window.IsPaced = value;
        }
    }

    /// <summary>At a hop: the report that goes into the next body with room for it. (CIRCUIT.REPORT)</summary>
    public ReportFrame? NextReport { get; set; }

    /// <summary>At the client: the hop's latest report. (CIRCUIT.REPORT)</summary>
    public ReportFrame? LastReport { get; private set; }

    /// <summary>Takes the body of a relay cell that this end owns. (STREAM.MUX, WIRE.FRAME)</summary>
    /// <returns>The first reason for which something in it was dropped.</returns>
    public MuxDrop HandleBody(Instant now, ReadOnlySpan<byte> body)
    {
        _now = now;
        if (HasFailed)
        {
            return Drops.Count(MuxDrop.Failed);
        }

        MuxDrop first = MuxDrop.None;
        FrameReader reader = new(body);
        while (reader.TryRead(out FrameView frame))
        {
            MuxDrop drop = HandleFrame(now, in frame);
            first = first == MuxDrop.None ? drop : first;
            if (drop == MuxDrop.BadFrame || HasFailed)
            {
                return first;
            }
        }

        if (reader.Error != WireParse.None)
        {
            MuxDrop last = Drops.Count(MuxDrop.BadFrame);
            first = first == MuxDrop.None ? last : first;
        }

        return first;
    }

    /// <summary>Writes the next body worth sending; false when there is none. (STREAM.MUX)</summary>
    public bool PollBody(Instant now, Span<byte> body)
    {
        _now = now;
        if (HasFailed)
        {
            return false;
        }

        FrameWriter writer = new(body);
        _flows.Write(ref writer);
        _streams.Write(now, ref writer);
        if (writer.IsEmpty)
        {
            return false;
        }

        _streams.WriteAcks(now, ref writer, dueOnly: false);
        WriteReport(ref writer);
        writer.Complete();
        return true;
    }

    /// <summary>Writes a body for a slot that is used in any case: what <see cref="PollBody"/> would write, else a report, else nothing.
    /// (CIRCUIT.TICK)</summary>
    public void FillBody(Instant now, Span<byte> body)
    {
        if (PollBody(now, body))
        {
            return;
        }

        FrameWriter writer = new(body);
        WriteReport(ref writer);
        writer.Complete();
    }

    /// <summary>Queues a message for stream 0: type and body. False when there is no room now. (WIRE.CONTROL)</summary>
    public bool TrySendControl(Instant now, ReadOnlySpan<byte> message) =>
        !HasFailed && _streams.Control.TrySend(message);

    /// <summary>Takes the next message of stream 0: type and body. (WIRE.CONTROL)</summary>
    /// <exception cref="ArgumentException">The span is shorter than 2,048 bytes.</exception>
    public bool TryReceiveControl(Span<byte> message, out int bytes)
    {
        bytes = 0;
        if (HasFailed || !_streams.Control.TryReceive(message, out bytes))
        {
            return false;
        }

        _streams.FailUnlessControlIsSound();
        return true;
    }

    /// <summary>
    /// Opens a stream. The client does it before CONNECT, the hop when it takes the CONNECT. (STREAM.OPEN)
    /// </summary>
    public StreamResult Open(StreamId id) => _streams.Open(id);

    /// <summary>Takes as many bytes as there is room for and returns how many. (STREAM.SEND)</summary>
    public int Write(StreamId id, ReadOnlySpan<byte> bytes) => _streams.Find(id)?.Sender.Write(bytes) ?? 0;

    public int WritableBytes(StreamId id) => _streams.Find(id)?.Sender.WritableBytes ?? 0;

    /// <summary>Takes bytes in order; what is taken frees credit. (STREAM.CREDIT)</summary>
    public int Read(StreamId id, Span<byte> destination)
    {
        if (_streams.Find(id) is not { } stream)
        {
            return 0;
        }

        int bytes = stream.Receiver.Read(destination);
        stream.NoteFinished();
        return bytes;
    }

    public int ReadableBytes(StreamId id) => _streams.Find(id)?.Receiver.ReadableBytes ?? 0;

    /// <summary>No more will be written; what was written is still delivered. (STREAM.CLOSE)</summary>
    public StreamResult Finish(StreamId id)
    {
        if (_streams.Find(id) is not { } stream)
        {
            return StreamResult.Unknown;
        }

        stream.Sender.Finish();
        return StreamResult.Done;
    }

    /// <summary>Ends a stream both ways at once; nothing more is delivered. (STREAM.RESET)</summary>
    public StreamResult Reset(StreamId id)
    {
        if (_streams.Find(id) is not { } stream)
        {
            return StreamResult.Unknown;
        }

        _streams.Reset(_now, stream);
        return StreamResult.Done;
    }

    public StreamResult OpenFlow(FlowId id) => HasFailed ? StreamResult.Failed : _flows.Open(id);

    public StreamResult CloseFlow(FlowId id) => _flows.Close(id);

    /// <summary>Queues one datagram; when the queue is full the oldest goes. (FLOW.SEND)</summary>
    public SendResult SendFlow(Instant now, FlowId id, ReadOnlySpan<byte> datagram) =>
        HasFailed ? SendResult.Failed : _flows.Send(id, datagram);

    /// <summary>Takes the next datagram that came on any flow. (FLOW.PARTS)</summary>
    /// <exception cref="ArgumentException">The span is shorter than the datagram; 1,519 bytes always do.</exception>
    public bool TryReceiveFlow(out FlowId flow, Span<byte> datagram, out int bytes) =>
        _flows.TryReceive(out flow, datagram, out bytes);

    /// <summary>Takes the next event. (STREAM.EVENTS)</summary>
    public bool PollEvent(out MuxEvent muxEvent)
    {
        if (!HasFailed)
        {
            return _streams.TakeEvent(out muxEvent);
        }

        muxEvent = _failureTold ? default : new(MuxEventKind.ProtocolError, new(0));
        bool tells = !_failureTold;
        _failureTold = true;
        return tells;
    }

    /// <summary>When <see cref="HandleTimeout"/> must next be called. (STREAM.TIMERS)</summary>
    public Instant PollTimeout() => HasFailed ? Instant.Never : Instant.Min(_streams.Deadline, _flows.Deadline);

    /// <summary>Runs what is due; poll bodies afterwards. (STREAM.TIMERS)</summary>
    public void HandleTimeout(Instant now)
    {
        _now = now;
        if (!HasFailed)
        {
            _flows.HandleTimeout(now);
            _streams.HandleTimeout(now);
        }
    }

    private MuxDrop HandleFrame(Instant now, in FrameView frame)
    {
        switch (frame.Type)
        {
            case FrameType.Flow:
                return _flows.HandleFlow(new(frame.Id), frame.Payload);
            case FrameType.FlowPart:
                return FlowPartFrame.TryParse(frame.Payload, out FlowPartFrame part)
                    ? _flows.HandlePart(now, new(frame.Id), in part)
                    : Drops.Count(MuxDrop.BadFrame);
            case FrameType.Stream:
                return StreamFrame.TryParse(frame.Payload, out StreamFrame segment)
                    ? _streams.HandleSegment(now, new(frame.Id), in segment)
                    : Drops.Count(MuxDrop.BadFrame);
            case FrameType.StreamAck:
                return StreamAckFrame.TryParse(frame.Payload, out StreamAckFrame ack)
                    ? _streams.HandleAck(now, new(frame.Id), in ack)
                    : Drops.Count(MuxDrop.BadFrame);
            case FrameType.Report:
                return HandleReport(in frame);
            default:
                return frame.Payload.IsEmpty ? _streams.HandleReset(now, new(frame.Id)) : Drops.Count(MuxDrop.BadFrame);
        }
    }

    private MuxDrop HandleReport(in FrameView frame)
    {
        if (!_isClient || frame.Id != 0 || !ReportFrame.TryParse(frame.Payload, out ReportFrame report))
        {
            return Drops.Count(MuxDrop.BadFrame);
        }

        LastReport = report;
        return MuxDrop.None;
    }

    private void WriteReport(ref FrameWriter writer)
    {
        if (NextReport is { } report && writer.TryWriteReport(in report))
        {
            NextReport = null;
        }
    }
}
