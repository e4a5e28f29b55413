using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>Everything that one hop and the client share: stream 0, streams and flows. Both ends run this machine. (STREAM.MUX)</summary>
/// <remarks>
/// Order:  after every input poll bodies while there are slots for them, then events, then received datagrams and the timeout.
///         A body takes flow datagrams first, then resets, due acknowledgements, stream 0, the other streams in turn.
/// States: open, or failed for ever after a violation of stream 0.
/// Timers: retransmission, delayed acknowledgement, probe, repeated reset, reassembly.
/// Bounds: <see cref="StreamLimits"/>; memory is taken when first used and never more than the buffers named there.
/// Drops:  <see cref="MuxDrop"/>. Throws: ArgumentException for caller mistakes only.
/// </remarks>
public sealed class StreamMux
{
    private static readonly StreamId s_control = new(0);

    private readonly StreamMuxOptions _options;
    private readonly PathControl _path = new();
    private readonly ControlStream _control;
    private readonly CircuitStream?[] _streams;
    private readonly ClosedStreams _closed = new();
    private readonly FlowTable _flows;
    private readonly ResetEvents _resetEvents;
    private Instant _now;
    private int _turn;
    private int _openStreams;
    private bool _failed;
    private bool _failedEvent;
    private long _segmentsSent;
    private long _segmentsRetransmitted;

    public StreamMux(Instant now, StreamMuxOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ControlBufferBytes, WireLayout.MaxControlMessageBytes + 2);
        _now = now;
        _options = options;
        _control = new(new(s_control, options.ControlBufferBytes, _path), options.IsClient);
        _streams = new CircuitStream?[options.MaxStreams];
        _flows = new(options.MaxFlows, Drops);
        _resetEvents = new(options.MaxStreams);
    }

    public DropCounters<MuxDrop> Drops { get; } = new();

    /// <summary>Stream 0 broke: nothing more is sent or taken.</summary>
    public bool HasFailed => _failed;

    public MuxStats Stats => new(
        _segmentsSent,
        _segmentsRetransmitted,
        _flows.Sent,
        _flows.Received,
        _openStreams,
        _flows.Count,
        _path.Window,
        _path.InFlight,
        _path.Rto,
        HeldBytes());

    /// <summary>Takes the body of a relay cell that this end owns. (STREAM.MUX, WIRE.FRAME)</summary>
    /// <returns>The first reason for which something in it was dropped.</returns>
    public MuxDrop HandleBody(Instant now, ReadOnlySpan<byte> body)
    {
        _now = now;
        if (_failed)
        {
            return Drops.Count(MuxDrop.Failed);
        }

        MuxDrop first = MuxDrop.None;
        FrameReader reader = new(body);
        while (reader.TryRead(out FrameView frame))
        {
            MuxDrop drop = HandleFrame(now, in frame);
            first = first == MuxDrop.None ? drop : first;
            if (drop == MuxDrop.BadFrame || _failed)
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
        if (_failed)
        {
            return false;
        }

        FrameWriter writer = new(body);
        _flows.Write(ref writer);
        _closed.Write(ref writer);
        WriteAcks(now, ref writer, dueOnly: true);
        WriteSegments(now, ref writer);
        if (writer.IsEmpty)
        {
            return false;
        }

        WriteAcks(now, ref writer, dueOnly: false);
        writer.Complete();
        return true;
    }

    /// <summary>Queues a message for stream 0: type and body. False when there is no room now. (WIRE.CONTROL)</summary>
    public bool TrySendControl(Instant now, ReadOnlySpan<byte> message) => !_failed && _control.TrySend(message);

    /// <summary>Takes the next message of stream 0: type and body. (WIRE.CONTROL)</summary>
    /// <exception cref="ArgumentException">The span is shorter than 2,048 bytes.</exception>
    public bool TryReceiveControl(Span<byte> message, out int bytes)
    {
        bytes = 0;
        if (_failed || !_control.TryReceive(message, out bytes))
        {
            return false;
        }

        FailUnlessControlIsSound();
        return true;
    }

    /// <summary>Opens a stream. The client does it before CONNECT, the hop when it takes the CONNECT. (STREAM.OPEN)</summary>
    public StreamResult Open(StreamId id)
    {
        if (_failed)
        {
            return StreamResult.Failed;
        }

        if (id == s_control)
        {
            return StreamResult.ReservedId;
        }

        Reap();
        if (Find(id) is not null || _closed.Contains(id))
        {
            return StreamResult.InUse;
        }

        int slot = Array.IndexOf(_streams, null);
        if (slot < 0)
        {
            return StreamResult.LimitReached;
        }

        _streams[slot] = new(id, _options.StreamBufferBytes, _path);
        _openStreams++;
        return StreamResult.Done;
    }

    /// <summary>Takes as many bytes as there is room for and returns how many. (STREAM.SEND)</summary>
    public int Write(StreamId id, ReadOnlySpan<byte> bytes) => Find(id)?.Sender.Write(bytes) ?? 0;

    public int WritableBytes(StreamId id) => Find(id)?.Sender.WritableBytes ?? 0;

    /// <summary>Takes bytes in order; what is taken frees credit. (STREAM.CREDIT)</summary>
    public int Read(StreamId id, Span<byte> destination)
    {
        if (Find(id) is not { } stream)
        {
            return 0;
        }

        int bytes = stream.Receiver.Read(destination);
        stream.NoteFinished();
        return bytes;
    }

    public int ReadableBytes(StreamId id) => Find(id)?.Receiver.ReadableBytes ?? 0;

    /// <summary>No more will be written; what was written is still delivered. (STREAM.CLOSE)</summary>
    public StreamResult Finish(StreamId id)
    {
        if (Find(id) is not { } stream)
        {
            return StreamResult.Unknown;
        }

        stream.Sender.Finish();
        return StreamResult.Done;
    }

    /// <summary>Ends a stream both ways at once; nothing more is delivered. (STREAM.RESET)</summary>
    public StreamResult Reset(StreamId id)
    {
        if (Find(id) is not { } stream)
        {
            return StreamResult.Unknown;
        }

        Remove(_now, stream);
        _closed.AddResetHere(_now, id, _path.BackedOffRto);
        return StreamResult.Done;
    }

    public StreamResult OpenFlow(FlowId id) => _failed ? StreamResult.Failed : _flows.Open(id);

    public StreamResult CloseFlow(FlowId id) => _flows.Close(id);

    /// <summary>Queues one datagram; when the queue is full the oldest goes. (FLOW.SEND)</summary>
    public SendResult SendFlow(Instant now, FlowId id, ReadOnlySpan<byte> datagram) =>
        _failed ? SendResult.Failed : _flows.Send(id, datagram);

    /// <summary>Takes the next datagram that came on any flow. (FLOW.PARTS)</summary>
    /// <exception cref="ArgumentException">The span is shorter than the datagram; 1,519 bytes always do.</exception>
    public bool TryReceiveFlow(out FlowId flow, Span<byte> datagram, out int bytes) =>
        _flows.TryReceive(out flow, datagram, out bytes);

    /// <summary>Takes the next event. (STREAM.EVENTS)</summary>
    public bool PollEvent(out MuxEvent muxEvent)
    {
        muxEvent = default;
        if (_failedEvent)
        {
            _failedEvent = false;
            muxEvent = new(MuxEventKind.ProtocolError, s_control);
            return true;
        }

        if (_failed)
        {
            return false;
        }

        if (_control.TakeEvent(out MuxEventKind kind))
        {
            muxEvent = new(kind, s_control);
            return true;
        }

        if (_resetEvents.TryTake(out StreamId reset))
        {
            muxEvent = new(MuxEventKind.StreamReset, reset);
            return true;
        }

        foreach (CircuitStream? stream in _streams)
        {
            if (stream is not null && stream.TakeEvent(out kind))
            {
                muxEvent = new(kind, stream.Id);
                return true;
            }
        }

        Reap();
        return false;
    }

    /// <summary>When <see cref="HandleTimeout"/> must next be called. (STREAM.TIMERS)</summary>
    public Instant PollTimeout()
    {
        if (_failed)
        {
            return Instant.Never;
        }

        Instant next = Instant.Min(Instant.Min(_path.Deadline, _closed.Deadline), _flows.Deadline);
        next = Instant.Min(next, _control.Stream.Deadline);
        if (_openStreams > 0)
        {
            foreach (CircuitStream? stream in _streams)
            {
                next = stream is null ? next : Instant.Min(next, stream.Deadline);
            }
        }

        return next;
    }

    /// <summary>Runs what is due; poll bodies afterwards. (STREAM.TIMERS)</summary>
    public void HandleTimeout(Instant now)
    {
        _now = now;
        if (_failed)
        {
            return;
        }

        _flows.HandleTimeout(now);
        _closed.HandleTimeout(now);
        bool timedOut = _path.Deadline <= now;
        Instant sentBefore = new(Math.Max(0, now.Ticks - _path.Rto.Ticks));
        if (timedOut)
        {
            _path.OnTimeout();
        }

        TimeOut(now, _control.Stream, timedOut, sentBefore);
        foreach (CircuitStream? stream in _streams)
        {
            if (stream is not null)
            {
                TimeOut(now, stream, timedOut, sentBefore);
            }
        }

        if (timedOut)
        {
            _path.RestartTimer(now);
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
                    ? HandleSegment(now, new(frame.Id), in segment)
                    : Drops.Count(MuxDrop.BadFrame);
            case FrameType.StreamAck:
                return StreamAckFrame.TryParse(frame.Payload, out StreamAckFrame ack)
                    ? HandleAck(now, new(frame.Id), in ack)
                    : Drops.Count(MuxDrop.BadFrame);
            default:
                return frame.Payload.IsEmpty ? HandleReset(now, new(frame.Id)) : Drops.Count(MuxDrop.BadFrame);
        }
    }

    private MuxDrop HandleSegment(Instant now, StreamId id, in StreamFrame segment)
    {
        if (id == s_control)
        {
            return HandleControlSegment(now, in segment);
        }

        if (Find(id) is not { } stream)
        {
            return DropUnknown(id, FrameType.Stream);
        }

        MuxDrop drop = stream.Receiver.HandleFrame(now, in segment);
        if (drop is MuxDrop.None or MuxDrop.DuplicateData)
        {
            stream.ReadableEvent |= drop == MuxDrop.None && stream.Receiver.ReadableBytes > 0;
            stream.NoteFinished();
            return Drops.Count(drop);
        }

        Break(now, stream);
        return Drops.Count(drop);
    }

    private MuxDrop HandleControlSegment(Instant now, in StreamFrame segment)
    {
        MuxDrop drop = segment.IsFin ? MuxDrop.ControlViolation : _control.Stream.Receiver.HandleFrame(now, in segment);
        Drops.Count(drop);
        if (drop is not (MuxDrop.None or MuxDrop.DuplicateData))
        {
            Fail();
            return drop;
        }

        _control.NoteReceived();
        return FailUnlessControlIsSound() ? MuxDrop.ControlViolation : drop;
    }

    private MuxDrop HandleAck(Instant now, StreamId id, in StreamAckFrame ack)
    {
        CircuitStream? stream = id == s_control ? _control.Stream : Find(id);
        if (stream is null)
        {
            return DropUnknown(id, FrameType.StreamAck);
        }

        if (!stream.Sender.HandleAck(now, in ack))
        {
            Drops.Count(MuxDrop.BadAck);
            Break(now, stream);
            return MuxDrop.BadAck;
        }

        stream.WritableEvent |= stream.Sender.TakeWritable();
        MarkOvertaken(now, _control.Stream);
        foreach (CircuitStream? other in _streams)
        {
            if (other is not null)
            {
                MarkOvertaken(now, other);
            }
        }

        return MuxDrop.None;
    }

    private MuxDrop HandleReset(Instant now, StreamId id)
    {
        if (id == s_control)
        {
            Fail();
            return Drops.Count(MuxDrop.ControlViolation);
        }

        if (Find(id) is not { } stream)
        {
            return DropUnknown(id, FrameType.StreamReset);
        }

        Remove(now, stream);
        _closed.AddResetThere(id);
        _resetEvents.Add(id);
        return MuxDrop.None;
    }

    private MuxDrop DropUnknown(StreamId id, FrameType type) =>
        Drops.Count(_closed.HandleFrame(id, type) ? MuxDrop.ClosedStream : MuxDrop.UnknownStream);

    private void WriteAcks(Instant now, ref FrameWriter writer, bool dueOnly)
    {
        WriteAck(now, _control.Stream, ref writer, dueOnly);
        foreach (CircuitStream? stream in _streams)
        {
            if (stream is not null)
            {
                WriteAck(now, stream, ref writer, dueOnly);
            }
        }
    }

    private static void WriteAck(Instant now, CircuitStream stream, ref FrameWriter writer, bool dueOnly)
    {
        ReceiveSide receiver = stream.Receiver;
        bool isDue = receiver.IsAckUrgent || receiver.AckDeadline <= now;
        if (isDue || (!dueOnly && receiver.IsAckPending))
        {
            receiver.TryWriteAck(ref writer);
        }
    }

    private void WriteSegments(Instant now, ref FrameWriter writer)
    {
        while (TrySend(now, _control.Stream, ref writer))
        {
        }

        int idle = _openStreams == 0 ? _streams.Length : 0;
        while (idle < _streams.Length)
        {
            CircuitStream? stream = _streams[_turn];
            _turn = (_turn + 1) % _streams.Length;
            idle = stream is not null && TrySend(now, stream, ref writer) ? 0 : idle + 1;
        }
    }

    private bool TrySend(Instant now, CircuitStream stream, ref FrameWriter writer)
    {
        if (!stream.Sender.TrySend(now, ref writer, out bool retransmitted))
        {
            return false;
        }

        _segmentsSent++;
        _segmentsRetransmitted += retransmitted ? 1 : 0;
        return true;
    }

    private void MarkOvertaken(Instant now, CircuitStream stream)
    {
        if (!stream.Sender.MarkOvertaken(_path.LargestAckedOrder))
        {
            Drops.Count(MuxDrop.RetransmissionsExhausted);
            Break(now, stream);
        }
    }

    private void TimeOut(Instant now, CircuitStream stream, bool timedOut, Instant sentBefore)
    {
        stream.Receiver.HandleTimeout(now);
        bool alive = stream.Sender.HandleTimeout(now);
        alive &= !timedOut || stream.Sender.MarkTimedOut(sentBefore);
        if (!alive)
        {
            Drops.Count(MuxDrop.RetransmissionsExhausted);
            Break(now, stream);
        }
    }

    /// <summary>Ends a stream whose other end broke the rules or does not answer; stream 0 takes the mux with it.</summary>
    private void Break(Instant now, CircuitStream stream)
    {
        if (stream.Id == s_control)
        {
            Fail();
            return;
        }

        Remove(now, stream);
        _closed.AddResetHere(now, stream.Id, _path.BackedOffRto);
        _resetEvents.Add(stream.Id);
    }

    private bool FailUnlessControlIsSound()
    {
        if (_control.IsSound())
        {
            return false;
        }

        Drops.Count(MuxDrop.ControlViolation);
        Fail();
        return true;
    }

    private void Fail()
    {
        _failedEvent |= !_failed;
        _failed = true;
    }

    private void Remove(Instant now, CircuitStream stream)
    {
        stream.Abandon(now);
        _streams[Array.IndexOf(_streams, stream)] = null;
        _openStreams--;
    }

    /// <summary>Moves streams that ended both ways to the closed ones.</summary>
    private void Reap()
    {
        for (int slot = 0; slot < _streams.Length && _openStreams > 0; slot++)
        {
            if (_streams[slot] is { IsDone: true } stream)
            {
                _closed.AddFinished(stream.Id, stream.Receiver.Next, stream.Receiver.IsAckPending);
                _streams[slot] = null;
                _openStreams--;
            }
        }
    }

    private CircuitStream? Find(StreamId id)
    {
        if (_openStreams == 0)
        {
            return null;
        }

        foreach (CircuitStream? stream in _streams)
        {
            if (stream is not null && stream.Id == id)
            {
                return stream;
            }
        }

        return null;
    }

    private long HeldBytes()
    {
        long held = _control.Stream.HeldBytes + _flows.HeldBytes;
        foreach (CircuitStream? stream in _streams)
        {
            held += stream?.HeldBytes ?? 0;
        }

        return held;
    }
}
