using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>Stream 0 and the other streams of a mux, open and lately ended. (STREAM.MUX)</summary>
/// <remarks>States: open, or failed for ever once stream 0 broke.</remarks>
internal sealed class StreamTable
{
    private static readonly StreamId s_control = new(0);

    private readonly int _streamBufferBytes;
    private readonly DropCounters<MuxDrop> _drops;
    private readonly PathControl _path = new();
    private readonly CircuitStream?[] _streams;
    private readonly ClosedStreams _closed = new();
    private readonly ResetEvents _resetEvents;
    private int _turn;

    public StreamTable(StreamMuxOptions options, DropCounters<MuxDrop> drops)
    {
        _streamBufferBytes = options.StreamBufferBytes;
        _drops = drops;
        Control = new(new(s_control, options.ControlBufferBytes, _path), options.IsClient);
        _streams = new CircuitStream?[options.MaxStreams];
        _resetEvents = new(options.MaxStreams);
    }

    public ControlStream Control { get; }

    public PathControl Window => _path;

    public bool HasFailed { get; private set; }

    public int OpenCount { get; private set; }

    public long SegmentsSent { get; private set; }

    public long SegmentsRetransmitted { get; private set; }

    public long HeldBytes
    {
        get
        {
            long held = Control.Stream.HeldBytes;
            foreach (CircuitStream? stream in _streams)
            {
                held += stream?.HeldBytes ?? 0;
            }

            return held;
        }
    }

    public Instant Deadline
    {
        get
        {
            Instant next = Instant.Min(Instant.Min(_path.Deadline, _closed.Deadline), Control.Stream.Deadline);
            for (int slot = 0; slot < _streams.Length && OpenCount > 0; slot++)
            {
                next = _streams[slot] is { } stream ? Instant.Min(next, stream.Deadline) : next;
            }

            return next;
        }
    }

    /// <summary>Opens a stream; an id that ended lately is still taken. (STREAM.OPEN)</summary>
    public StreamResult Open(StreamId id)
    {
        if (HasFailed)
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

        _streams[slot] = new(id, _streamBufferBytes, _path);
        OpenCount++;
        return StreamResult.Done;
    }

    /// <summary>Forgets a stream and tells the other end. (STREAM.RESET)</summary>
    public void Reset(Instant now, CircuitStream stream)
    {
        Remove(now, stream);
        _closed.AddResetHere(now, stream.Id, _path.BackedOffRto);
    }

    public CircuitStream? Find(StreamId id)
    {
        if (OpenCount == 0)
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

    /// <summary>Takes the next event of a stream. (STREAM.EVENTS)</summary>
    public bool TakeEvent(out MuxEvent muxEvent)
    {
        if (Control.TakeEvent(out MuxEventKind kind))
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
        muxEvent = default;
        return false;
    }

    /// <summary>Runs what is due. (STREAM.TIMERS)</summary>
    public void HandleTimeout(Instant now)
    {
        _closed.HandleTimeout(now);
        bool timedOut = _path.Deadline <= now;
        Instant sentBefore = new(Math.Max(0, now.Ticks - _path.Rto.Ticks));
        if (timedOut)
        {
            _path.OnTimeout();
        }

        TimeOut(now, Control.Stream, timedOut, sentBefore);
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

    /// <summary>
    /// Writes what must go: answers of ended streams, acknowledgements that are due, segments. (STREAM.MUX)
    /// </summary>
    public void Write(Instant now, ref FrameWriter writer)
    {
        _closed.Write(ref writer);
        WriteAcks(now, ref writer, dueOnly: true);
        WriteSegments(now, ref writer);
    }

    /// <summary>Takes a STREAM frame. (STREAM.RECEIVE)</summary>
    public MuxDrop HandleSegment(Instant now, StreamId id, in StreamFrame segment)
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
            return _drops.Count(drop);
        }

        Break(now, stream);
        return _drops.Count(drop);
    }

    private MuxDrop HandleControlSegment(Instant now, in StreamFrame segment)
    {
        MuxDrop drop = segment.IsFin ? MuxDrop.ControlViolation : Control.Stream.Receiver.HandleFrame(now, in segment);
        _drops.Count(drop);
        if (drop is not (MuxDrop.None or MuxDrop.DuplicateData))
        {
            Fail();
            return drop;
        }

        Control.NoteReceived();
        return FailUnlessControlIsSound() ? MuxDrop.ControlViolation : drop;
    }

    /// <summary>Takes a STREAM-ACK frame. (STREAM.ACK)</summary>
    public MuxDrop HandleAck(Instant now, StreamId id, in StreamAckFrame ack)
    {
        CircuitStream? stream = id == s_control ? Control.Stream : Find(id);
        if (stream is null)
        {
            return DropUnknown(id, FrameType.StreamAck);
        }

        if (!stream.Sender.HandleAck(now, in ack))
        {
            _drops.Count(MuxDrop.BadAck);
            Break(now, stream);
            return MuxDrop.BadAck;
        }

        stream.WritableEvent |= stream.Sender.TakeWritable();
        MarkOvertaken(now, Control.Stream);
        foreach (CircuitStream? other in _streams)
        {
            if (other is not null)
            {
                MarkOvertaken(now, other);
            }
        }

        return MuxDrop.None;
    }

    /// <summary>Takes a STREAM-RESET frame. (STREAM.RESET)</summary>
    public MuxDrop HandleReset(Instant now, StreamId id)
    {
        if (id == s_control)
        {
            Fail();
            return _drops.Count(MuxDrop.ControlViolation);
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
        _drops.Count(_closed.HandleFrame(id, type) ? MuxDrop.ClosedStream : MuxDrop.UnknownStream);

    public void WriteAcks(Instant now, ref FrameWriter writer, bool dueOnly)
    {
        WriteAck(now, Control.Stream, ref writer, dueOnly);
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
        while (TrySend(now, Control.Stream, ref writer))
        {
        }

        int idle = OpenCount == 0 ? _streams.Length : 0;
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

        SegmentsSent++;
        SegmentsRetransmitted += retransmitted ? 1 : 0;
        return true;
    }

    private void MarkOvertaken(Instant now, CircuitStream stream)
    {
        if (!stream.Sender.MarkOvertaken(_path.LargestAckedOrder))
        {
            _drops.Count(MuxDrop.RetransmissionsExhausted);
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
            _drops.Count(MuxDrop.RetransmissionsExhausted);
            Break(now, stream);
        }
    }

    /// <summary>
    /// Ends a stream whose other end broke the rules or does not answer; stream 0 takes the mux with it.
    /// </summary>
    private void Break(Instant now, CircuitStream stream)
    {
        if (stream.Id == s_control)
        {
            Fail();
            return;
        }

        Reset(now, stream);
        _resetEvents.Add(stream.Id);
    }

    /// <summary>True when the next message of stream 0 ended the mux. (WIRE.CONTROL)</summary>
    public bool FailUnlessControlIsSound()
    {
        if (Control.IsSound())
        {
            return false;
        }

        _drops.Count(MuxDrop.ControlViolation);
        Fail();
        return true;
    }

    private void Fail() => HasFailed = true;

    private void Remove(Instant now, CircuitStream stream)
    {
        stream.Abandon(now);
        _streams[Array.IndexOf(_streams, stream)] = null;
        OpenCount--;
    }

    /// <summary>Moves streams that ended both ways to the closed ones.</summary>
    private void Reap()
    {
        for (int slot = 0; slot < _streams.Length && OpenCount > 0; slot++)
        {
            if (_streams[slot] is { IsDone: true } stream)
            {
                _closed.AddFinished(stream.Id, stream.Receiver.Next, stream.Receiver.IsAckPending);
                _streams[slot] = null;
                OpenCount--;
            }
        }
    }
}
