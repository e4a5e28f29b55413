using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>
/// Streams that have ended, so that late frames get the answer that lets the other end finish too. (STREAM.CLOSE,
/// STREAM.RESET)
/// </summary>
/// <remarks>
/// Shape:  finished (answers with the last acknowledgement), reset here (repeats STREAM-RESET until answered), reset
///         there
///         (answers STREAM-RESET with STREAM-RESET).
/// Bounds: <see cref="StreamLimits.MaxClosedStreams"/>, the oldest goes; <see cref="StreamLimits.MaxClosedReplies"/>
///         answers each.
/// </remarks>
internal sealed class ClosedStreams
{
    private readonly Entry[] _entries = new Entry[StreamLimits.MaxClosedStreams];
    private int _oldest;
    private int _due;

    private enum Ending : byte
    {
        Unused,
        Finished,
        ResetHere,
        ResetThere,
    }

    /// <summary>The next repetition of a STREAM-RESET.</summary>
    public Instant Deadline { get; private set; } = Instant.Never;

    public bool Contains(StreamId stream) => IndexOf(stream) >= 0;

    public void AddFinished(StreamId stream, uint next, bool ackDue) =>
        Add(new() { Stream = stream, Ending = Ending.Finished, Next = next, Due = ackDue });

    public void AddResetHere(Instant now, StreamId stream, TimeSpan interval)
    {
        Add(new()
        {
            Stream = stream,
            Ending = Ending.ResetHere,
            Due = true,
            RepeatsLeft = StreamLimits.MaxResetRepeats - 1,
            Interval = interval,
            RepeatAt = now + interval,
        });
        FindDeadline();
    }

    public void AddResetThere(StreamId stream) =>
        Add(new() { Stream = stream, Ending = Ending.ResetThere, Due = true });

    /// <summary>A frame came for one of them; false when the stream is not known here.</summary>
    public bool HandleFrame(StreamId stream, FrameType type)
    {
        int index = IndexOf(stream);
        if (index < 0)
        {
            return false;
        }

        ref Entry entry = ref _entries[index];
        bool answersReset = type == FrameType.StreamReset && entry.RepeatsLeft > 0;
        if (answersReset)
        {
            entry.RepeatsLeft = 0;
            entry.RepeatAt = Instant.Never;
            FindDeadline();
            return true;
        }

        // An acknowledgement of a finished stream needs no answer.
        bool wantsReply = entry.Ending != Ending.Finished || type != FrameType.StreamAck;
        if (wantsReply && !entry.Due && entry.RepliesLeft > 0)
        {
            entry.RepliesLeft--;
            entry.Due = true;
            _due++;
        }

        return true;
    }

    /// <summary>Writes the answers that are due and fit.</summary>
    public void Write(ref FrameWriter writer)
    {
        for (int index = 0; index < _entries.Length && _due > 0; index++)
        {
            ref Entry entry = ref _entries[index];
            if (!entry.Due)
            {
                continue;
            }

            bool written = entry.Ending == Ending.Finished
                ? writer.TryWriteStreamAck(entry.Stream, entry.Next, entry.Next - 1, default)
                : writer.TryWriteStreamReset(entry.Stream);
            if (!written)
            {
                return;
            }

            entry.Due = false;
            _due--;
        }
    }

    public void HandleTimeout(Instant now)
    {
        if (Deadline > now)
        {
            return;
        }

        for (int index = 0; index < _entries.Length; index++)
        {
            ref Entry entry = ref _entries[index];
            if (entry.RepeatsLeft == 0 || entry.RepeatAt > now)
            {
                continue;
            }

            entry.RepeatsLeft--;
            entry.Interval = new(Math.Min(entry.Interval.Ticks * 2, StreamLimits.MaxRto.Ticks));
            entry.RepeatAt = entry.RepeatsLeft > 0 ? now + entry.Interval : Instant.Never;
            _due += entry.Due ? 0 : 1;
            entry.Due = true;
        }

        FindDeadline();
    }

    private void Add(in Entry entry)
    {
        _due -= _entries[_oldest].Due ? 1 : 0;
        _due += entry.Due ? 1 : 0;
        _entries[_oldest] = entry;
        _entries[_oldest].RepliesLeft = StreamLimits.MaxClosedReplies;
        _oldest = (_oldest + 1) % _entries.Length;
    }

    private int IndexOf(StreamId stream)
    {
        for (int index = 0; index < _entries.Length; index++)
        {
            if (_entries[index].Ending != Ending.Unused && _entries[index].Stream == stream)
            {
                return index;
            }
        }

        return -1;
    }

    private void FindDeadline()
    {
        Deadline = Instant.Never;
        for (int index = 0; index < _entries.Length; index++)
        {
            ref readonly Entry entry = ref _entries[index];
            Deadline = entry.RepeatsLeft > 0 ? Instant.Min(Deadline, entry.RepeatAt) : Deadline;
        }
    }

    private struct Entry
    {
        public StreamId Stream;
        public Ending Ending;
        public bool Due;
        public int RepliesLeft;
        public int RepeatsLeft;
        public uint Next;
        public TimeSpan Interval;
        public Instant RepeatAt;
    }
}
