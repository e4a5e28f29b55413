using System;
using System.Buffers.Binary;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>Stream 0: messages over a stream that never ends. (WIRE.CONTROL)</summary>
/// <remarks>
/// Bounds: a message has 1..2,048 bytes; both buffers hold at least one.
/// Drops:  a length outside that, and a type that is unknown or that only the other direction carries, fail the mux.
/// </remarks>
internal sealed class ControlStream(CircuitStream stream, bool isClient)
{
    private const int LengthBytes = 2;

    public CircuitStream Stream => stream;

    /// <summary>All of a message or nothing is queued.</summary>
    public bool TrySend(ReadOnlySpan<byte> message)
    {
        if (message.Length is 0 or > WireLayout.MaxControlMessageBytes)
        {
            throw new ArgumentException("a control message has 1..2048 bytes", nameof(message));
        }

        if (stream.Sender.WritableBytes < LengthBytes + message.Length)
        {
            stream.Sender.NoteShortWrite();
            return false;
        }

        Span<byte> length = stackalloc byte[LengthBytes];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)message.Length);
        stream.Sender.Write(length);
        stream.Sender.Write(message);
        return true;
    }

    public bool TryReceive(Span<byte> message, out int bytes)
    {
        if (message.Length < WireLayout.MaxControlMessageBytes)
        {
            throw new ArgumentException("a control message may have 2048 bytes", nameof(message));
        }

        bytes = 0;
        if (!HasMessage(out int length))
        {
            return false;
        }

        Span<byte> skipped = stackalloc byte[LengthBytes];
        stream.Receiver.Read(skipped);
        bytes = stream.Receiver.Read(message[..length]);
        return true;
    }

    public void NoteReceived() => stream.ReadableEvent |= HasMessage(out _);

    public bool TakeEvent(out MuxEventKind kind)
    {
        bool taken = stream.TakeEvent(out kind);
        kind = kind == MuxEventKind.StreamReadable ? MuxEventKind.ControlReadable : kind;
        return taken;
    }

    /// <summary>Looks at the next message's length and type, as far as they have come. (WIRE.CONTROL)</summary>
    public bool IsSound()
    {
        Span<byte> start = stackalloc byte[LengthBytes + 1];
        if (!stream.Receiver.TryPeek(start[..LengthBytes]))
        {
            return true;
        }

        if (BinaryPrimitives.ReadUInt16BigEndian(start) is 0 or > WireLayout.MaxControlMessageBytes)
        {
            return false;
        }

        return !stream.Receiver.TryPeek(start)
            || (ControlMessage.ParseType(start[LengthBytes..], out ControlMessageType type) == WireParse.None
                && ControlMessage.IsFromClient(type) != isClient);
    }

    private bool HasMessage(out int length)
    {
        Span<byte> prefix = stackalloc byte[LengthBytes];
        bool hasPrefix = stream.Receiver.TryPeek(prefix);
        length = hasPrefix ? BinaryPrimitives.ReadUInt16BigEndian(prefix) : 0;
        return hasPrefix && stream.Receiver.ReadableBytes >= LengthBytes + length;
    }
}
