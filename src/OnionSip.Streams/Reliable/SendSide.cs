using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>
/// The sending half of a stream: selective repeat under credit and window. (STREAM.SEND, STREAM.CREDIT)
/// </summary>
/// <remarks>
/// Timers: the retransmission timer is the mux's; the probe of a stream without credit is its own (STREAM.PROBE).
/// Bounds: the buffer, <see cref="StreamLimits.MaxSegments"/>, <see cref="StreamLimits.MaxRetransmissions"/>.
/// </remarks>
internal sealed class SendSide(StreamId stream, int bufferBytes, PathControl path)
{
    private readonly OffsetBuffer _buffer = new(bufferBytes);
    private readonly SegmentRing _segments = new();
    private uint _next;
    private uint _written;
    private uint _limit = (uint)bufferBytes;
    private int _lost;
    private bool _finWanted;
    private bool _finSent;
    private Instant _probeAt = Instant.Never;
    private TimeSpan _probeInterval;
    private int _unansweredProbes;
    private bool _probeDue;
    private bool _writeWasShort;

    /// <summary>Everything including the end was acknowledged.</summary>
    public bool IsDone => _finSent && _segments.Count == 0;

    public bool IsFinishing => _finWanted;

    public int HeldBytes => _buffer.HeldBytes;

    public int WritableBytes => _finWanted ? 0 : (int)Math.Min(
        (uint)bufferBytes - (_written - _buffer.Base),
        uint.MaxValue - 2 - _written);

    public Instant Deadline => _probeAt;

    private bool HasNewData => _written != _next || (_finWanted && !_finSent);

    /// <summary>Nothing is on its way and the credit is used up: only a probe can learn of new credit.</summary>
    private bool IsBlocked => _segments.Count == 0 && _written != _next && _next == _limit;

    /// <summary>Takes as many bytes as there is room for.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        int taken = Math.Min(bytes.Length, WritableBytes);
        _buffer.Write(_written, bytes[..taken]);
        _written += (uint)taken;
        _writeWasShort |= taken < bytes.Length;
        return taken;
    }

    public void Finish() => _finWanted = true;

    /// <summary>The caller wanted more room than there is.</summary>
    public void NoteShortWrite() => _writeWasShort = true;

    /// <summary>True once after a short write, when there is room again.</summary>
    public bool TakeWritable()
    {
        if (!_writeWasShort || WritableBytes < bufferBytes / 4)
        {
            return false;
        }

        _writeWasShort = false;
        return true;
    }

    /// <summary>
    /// Sends one segment, a lost one first; false when there is none or it does not fit. (STREAM.SEND)
    /// </summary>
    public bool TrySend(Instant now, ref FrameWriter writer, out bool retransmitted)
    {
        retransmitted = false;
        if (_probeDue)
        {
            _probeDue = !writer.TryWriteStream(stream, _next, false, default);
            return !_probeDue;
        }

        if (!path.MaySend)
        {
            return false;
        }

        if (_lost > 0)
        {
            retransmitted = TryResend(now, ref writer);
            return retransmitted;
        }

        bool sent = TrySendNew(now, ref writer);
        if (!sent && IsBlocked && _probeAt.IsNever)
        {
            StartProbing(now);
        }

        return sent;
    }

    /// <summary>Takes an acknowledgement; false when it speaks of what was never sent. (STREAM.ACK)</summary>
    public bool HandleAck(Instant now, in StreamAckFrame ack)
    {
        uint sentEnd = _next + (_finSent ? 1u : 0u);
        if (ack.Next > sentEnd || (ack.RangeCount > 0 && HighestEnd(in ack) > sentEnd))
        {
            return false;
        }

        for (int index = 0; index < _segments.Count; index++)
        {
            ref Segment segment = ref _segments[index];
            if (segment.State != SegmentState.Acknowledged && Covers(in ack, in segment))
            {
                Acknowledge(now, ref segment);
            }
        }

        while (_segments.Count > 0 && _segments[0].State == SegmentState.Acknowledged)
        {
            _segments.RemoveFirst();
        }

        _buffer.Advance(_segments.Count > 0 ? _segments[0].Offset : _next);
        TakeCredit(ack.Limit);
        return true;
    }

    /// <summary>
    /// Marks segments overtaken by later transmissions; false when one has failed too often. (STREAM.FAST-RETRANSMIT)
    /// </summary>
    public bool MarkOvertaken(long largestAckedOrder) =>
        MarkLost(largestAckedOrder - StreamLimits.FastRetransmitThreshold, Instant.Never);

    /// <summary>
    /// Marks segments sent at or before an instant; false when one has failed too often. (STREAM.RTO)
    /// </summary>
    public bool MarkTimedOut(Instant sentBefore) => MarkLost(long.MinValue, sentBefore);

    /// <summary>Runs the probe timer; false when probes go unanswered. (STREAM.PROBE)</summary>
    public bool HandleTimeout(Instant now)
    {
        if (_probeAt > now)
        {
            return true;
        }

        _probeAt = Instant.Never;
        if (!IsBlocked)
        {
            return true;
        }

        _probeDue = true;
        _unansweredProbes++;
        _probeInterval = TimeSpan.FromTicks(Math.Min(_probeInterval.Ticks * 2, StreamLimits.MaxRto.Ticks));
        _probeAt = now + _probeInterval;
        return _unansweredProbes <= StreamLimits.MaxRetransmissions;
    }

    /// <summary>The stream is gone: forgets all, and gives the window back.</summary>
    public void Abandon(Instant now)
    {
        for (int index = 0; index < _segments.Count; index++)
        {
            if (_segments[index].State == SegmentState.InFlight)
            {
                path.OnForgotten(now);
            }
        }

        _segments.Clear();
        _buffer.Release();
        _lost = 0;
        _probeAt = Instant.Never;
    }

    private bool TryResend(Instant now, ref FrameWriter writer)
    {
        int index = 0;
        while (_segments[index].State != SegmentState.Lost)
        {
            index++;
        }

        ref Segment segment = ref _segments[index];
        if (!writer.TryBeginStream(stream, segment.Offset, segment.IsFin, segment.Length, out Span<byte> bytes))
        {
            return false;
        }

        _buffer.Read(segment.Offset, bytes);
        segment.State = SegmentState.InFlight;
        segment.Transmissions++;
        segment.SentAt = now;
        segment.Order = path.OnSent(now);
        _lost--;
        return true;
    }

    private bool TrySendNew(Instant now, ref FrameWriter writer)
    {
        int room = writer.RemainingPayloadBytes - StreamFrame.HeaderBytes;
        if (!HasNewData || _segments.IsFull || room < 0)
        {
            return false;
        }

        int unsent = (int)(_written - _next);
        int allowed = (int)Math.Min(_limit - _next, (uint)unsent);
        allowed = path.IsPaced ? Math.Min(allowed, StreamLimits.MaxPacedSegmentBytes) : allowed;
        int length = Math.Min(allowed, room);
        bool isFin = _finWanted && length == unsent;
        bool isScrap = length < allowed && length < StreamLimits.MinSlackBytes;
        if (isScrap || (length == 0 && !isFin))
        {
            return false;
        }

        Invariant.Require(
            writer.TryBeginStream(stream, _next, isFin, length, out Span<byte> bytes), "a segment did not fit");
        _buffer.Read(_next, bytes);
        _segments.Append(new()
        {
            Offset = _next,
            Length = (ushort)length,
            IsFin = isFin,
            State = SegmentState.InFlight,
            Transmissions = 1,
            SentAt = now,
            Order = path.OnSent(now),
        });
        _next += (uint)length;
        _finSent |= isFin;
        return true;
    }

    private void Acknowledge(Instant now, ref Segment segment)
    {
        bool wasInFlight = segment.State == SegmentState.InFlight;
        _lost -= wasInFlight ? 0 : 1;
        segment.State = SegmentState.Acknowledged;
        path.OnAcked(now, wasInFlight, segment.Transmissions == 1, segment.SentAt, segment.Order);
    }

    private bool MarkLost(long order, Instant sentBefore)
    {
        bool alive = true;
        for (int index = 0; index < _segments.Count; index++)
        {
            ref Segment segment = ref _segments[index];
            bool isLost = sentBefore.IsNever ? segment.Order <= order : segment.SentAt <= sentBefore;
            if (!isLost || segment.State != SegmentState.InFlight)
            {
                continue;
            }

            segment.State = SegmentState.Lost;
            _lost++;
            path.OnLost(segment.Order);
            alive &= segment.Transmissions <= StreamLimits.MaxRetransmissions;
        }

        return alive;
    }

    private void TakeCredit(uint limit)
    {
        _unansweredProbes = 0;
        if (limit <= _limit)
        {
            return;
        }

        _limit = limit;
        _probeAt = Instant.Never;
        _probeDue = false;
    }

    private void StartProbing(Instant now)
    {
        _probeInterval = path.Rto;
        _probeAt = now + _probeInterval;
    }

    private static bool Covers(in StreamAckFrame ack, in Segment segment)
    {
        if (segment.End <= ack.Next)
        {
            return true;
        }

        for (int index = 0; index < ack.RangeCount; index++)
        {
            OffsetRange range = ack.Range(index);
            if (range.First <= segment.Offset && segment.End <= range.End)
            {
                return true;
            }
        }

        return false;
    }

    private static uint HighestEnd(in StreamAckFrame ack)
    {
        uint highest = 0;
        for (int index = 0; index < ack.RangeCount; index++)
        {
            highest = Math.Max(highest, ack.Range(index).End);
        }

        return highest;
    }
}
