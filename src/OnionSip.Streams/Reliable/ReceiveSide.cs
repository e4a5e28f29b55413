using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>
/// The receiving half of a stream: reassembly within the credit given, and acknowledgements. (STREAM.RECEIVE,
/// STREAM.CREDIT, STREAM.ACK)
/// </summary>
/// <remarks>
/// Drops:  BeyondCredit, BadFin, TooManyRanges (each resets the stream), DuplicateData.
/// Bounds: the buffer; of bytes that come twice the first are kept.
/// Timers: an acknowledgement is due at once, or within <see cref="StreamLimits.AckDelay"/>.
/// </remarks>
internal sealed class ReceiveSide(StreamId stream, int bufferBytes)
{
    private readonly OffsetBuffer _buffer = new(bufferBytes);
    private readonly RangeSet _ranges = new();
    private uint _next;
    private uint _limit = (uint)bufferBytes;
    private uint _final = uint.MaxValue;
    private uint _lastFirst;
    private int _unacknowledged;

    /// <summary>An acknowledgement is due at once.</summary>
    public bool IsAckUrgent { get; private set; }

    /// <summary>When a delayed acknowledgement becomes urgent.</summary>
    public Instant AckDeadline { get; private set; } = Instant.Never;

    public bool IsAckPending => IsAckUrgent || !AckDeadline.IsNever;

    public int ReadableBytes => (int)(Math.Min(_next, _final) - _buffer.Base);

    /// <summary>The end has come and everything before it was read.</summary>
    public bool IsDone => _final != uint.MaxValue && _buffer.Base == _final && _next > _final;

    /// <summary>What an acknowledgement says after the end.</summary>
    public uint Next => _next;

    public int HeldBytes => _buffer.HeldBytes;

    /// <summary>Takes the bytes of a STREAM frame. (STREAM.RECEIVE)</summary>
    public MuxDrop HandleFrame(Instant now, in StreamFrame frame)
    {
        uint end = frame.Offset + (uint)frame.Bytes.Length;
        MuxDrop violation = Check(in frame, end);
        if (violation != MuxDrop.None)
        {
            return violation;
        }

        uint last = end + (frame.IsFin ? 1u : 0u);
        if (last == frame.Offset)
        {
            // A probe: it carries nothing and asks for the credit (STREAM.PROBE).
            IsAckUrgent = true;
            return MuxDrop.None;
        }

        if (last <= _next)
        {
            IsAckUrgent = true;
            return MuxDrop.DuplicateData;
        }

        _final = frame.IsFin ? end : _final;
        bool wasGap = frame.Offset > _next || _ranges.Count > 0;
        WriteGaps(in frame, end);
        if (!_ranges.TryAdd(Math.Max(frame.Offset, _next), last))
        {
            return MuxDrop.TooManyRanges;
        }

        _lastFirst = frame.Offset;
        if (_ranges.Count > 0 && _ranges[0].First <= _next)
        {
            _next = _ranges[0].End;
            _ranges.RemoveFirst();
        }

        ScheduleAck(now, wasGap || frame.IsFin);
        return MuxDrop.None;
    }

    /// <summary>Takes bytes in order; what was read frees credit. (STREAM.CREDIT)</summary>
    public int Read(Span<byte> destination)
    {
        int bytes = Math.Min(destination.Length, ReadableBytes);
        _buffer.Read(_buffer.Base, destination[..bytes]);
        _buffer.Advance(_buffer.Base + (uint)bytes);
        bool opensWindow = NewLimit - _limit >= (uint)bufferBytes / 4;
        IsAckUrgent |= opensWindow && _final == uint.MaxValue;
        return bytes;
    }

    /// <summary>Looks at the first bytes without taking them.</summary>
    public bool TryPeek(Span<byte> destination)
    {
        if (ReadableBytes < destination.Length)
        {
            return false;
        }

        _buffer.Read(_buffer.Base, destination);
        return true;
    }

    public void HandleTimeout(Instant now)
    {
        if (AckDeadline <= now)
        {
            IsAckUrgent = true;
            AckDeadline = Instant.Never;
        }
    }

    /// <summary>Writes the acknowledgement: the run that came last first, then the lowest. (STREAM.ACK)</summary>
    public bool TryWriteAck(ref FrameWriter writer)
    {
        Span<OffsetRange> ranges = stackalloc OffsetRange[StreamAckFrame.MaxRanges];
        int count = 0;
        for (int index = 0; index < _ranges.Count; index++)
        {
            OffsetRange range = _ranges[index];
            bool isLatest = range.First <= _lastFirst && _lastFirst < range.End;
            if (isLatest && count > 0)
            {
                ranges[..Math.Min(count, ranges.Length - 1)].CopyTo(ranges[1..]);
                ranges[0] = range;
                count = Math.Min(count + 1, ranges.Length);
            }
            else if (count < ranges.Length)
            {
                ranges[count] = range;
                count++;
            }
        }

        if (!writer.TryWriteStreamAck(stream, _next, NewLimit, ranges[..count]))
        {
            return false;
        }

        _limit = NewLimit;
        _unacknowledged = 0;
        IsAckUrgent = false;
        AckDeadline = Instant.Never;
        return true;
    }

    public void Abandon()
    {
        _buffer.Release();
        _ranges.Clear();
        IsAckUrgent = false;
        AckDeadline = Instant.Never;
    }

    private uint NewLimit => (uint)Math.Min(_buffer.Base + (ulong)bufferBytes, uint.MaxValue - 2);

    private MuxDrop Check(in StreamFrame frame, uint end)
    {
        if (end > _limit)
        {
            return MuxDrop.BeyondCredit;
        }

        uint highest = Math.Max(Math.Min(_next, _final), _ranges.End);
        bool contradicts = _final == uint.MaxValue
            ? frame.IsFin && end < highest
            : end > _final || (frame.IsFin && end != _final);
        return contradicts ? MuxDrop.BadFin : MuxDrop.None;
    }

    private void WriteGaps(in StreamFrame frame, uint end)
    {
        uint at = Math.Max(frame.Offset, _next);
        for (int index = 0; index < _ranges.Count && at < end; index++)
        {
            OffsetRange range = _ranges[index];
            if (range.End <= at)
            {
                continue;
            }

            WriteRun(in frame, at, Math.Min(end, range.First));
            at = Math.Max(at, range.End);
        }

        WriteRun(in frame, at, end);
    }

    private void WriteRun(in StreamFrame frame, uint first, uint end)
    {
        if (first < end)
        {
            _buffer.Write(first, frame.Bytes[(int)(first - frame.Offset)..(int)(end - frame.Offset)]);
        }
    }

    private void ScheduleAck(Instant now, bool isUrgent)
    {
        _unacknowledged++;
        IsAckUrgent |= isUrgent || _unacknowledged >= StreamLimits.AckEverySegments;
        if (!IsAckUrgent && AckDeadline.IsNever)
        {
            AckDeadline = now + StreamLimits.AckDelay;
        }
    }
}
