using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>What happened on a stream. (STREAM.EVENTS)</summary>
public enum MuxEventKind
{
    None = 0,

    /// <summary>A whole message waits on stream 0.</summary>
    ControlReadable,

    /// <summary>Bytes wait.</summary>
    StreamReadable,

    /// <summary>A write that was cut short may go on; stream 0 too.</summary>
    StreamWritable,

    /// <summary>The other end finished the stream, and all of it has been read.</summary>
    StreamFinished,

    /// <summary>The stream is gone: the other end reset it, broke its rules, or does not answer.</summary>
    StreamReset,

    /// <summary>Stream 0 failed: the hop cannot be used any more.</summary>
    ProtocolError,
}

/// <summary>An event of a <see cref="StreamMux"/>. (STREAM.EVENTS)</summary>
public readonly record struct MuxEvent(MuxEventKind Kind, StreamId Stream);
