using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>One open stream: two halves and the events that wait. (STREAM.OPEN)</summary>
internal sealed class CircuitStream(StreamId id, int bufferBytes, PathControl path)
{
    private bool _finishedTold;

    public StreamId Id => id;

    public SendSide Sender { get; } = new(id, bufferBytes, path);

    public ReceiveSide Receiver { get; } = new(id, bufferBytes);

    public bool ReadableEvent { get; set; }

    public bool WritableEvent { get; set; }

    public bool FinishedEvent { get; set; }

    /// <summary>Both halves have ended; nothing of it is left to do.</summary>
    public bool IsDone => Sender.IsDone && Receiver.IsDone && !ReadableEvent && !WritableEvent && !FinishedEvent;

    public int HeldBytes => Sender.HeldBytes + Receiver.HeldBytes;

    public Instant Deadline => Instant.Min(Sender.Deadline, Receiver.AckDeadline);

    /// <summary>Raises the event of the end once, when all before it was read.</summary>
    public void NoteFinished()
    {
        if (!_finishedTold && Receiver.IsDone)
        {
            _finishedTold = true;
            FinishedEvent = true;
        }
    }

    public void Abandon(Instant now)
    {
        Sender.Abandon(now);
        Receiver.Abandon();
    }

    public bool TakeEvent(out MuxEventKind kind)
    {
        kind = MuxEventKind.None;
        if (ReadableEvent)
        {
            ReadableEvent = false;
            kind = MuxEventKind.StreamReadable;
        }
        else if (WritableEvent)
        {
            WritableEvent = false;
            kind = MuxEventKind.StreamWritable;
        }
        else if (FinishedEvent)
        {
            FinishedEvent = false;
            kind = MuxEventKind.StreamFinished;
        }

        return kind != MuxEventKind.None;
    }
}
