namespace OnionSip.Streams;

/// <summary>Why a frame, part or datagram was dropped. (STREAM.DROPS, FLOW.DROPS)</summary>
public enum MuxDrop
{
    None = 0,

    /// <summary>A malformed frame; the rest of the body is dropped with it.</summary>
    BadFrame,

    /// <summary>A frame for a stream that is not open.</summary>
    UnknownStream,

    /// <summary>A frame for a stream that has ended.</summary>
    ClosedStream,

    /// <summary>Bytes beyond the credit given: the stream is reset.</summary>
    BeyondCredit,

    /// <summary>Ends of a stream that contradict each other: the stream is reset.</summary>
    BadFin,

    /// <summary>More gaps than a sender within its limits can leave: the stream is reset.</summary>
    TooManyRanges,

    /// <summary>An acknowledgement of what was never sent: the stream is reset.</summary>
    BadAck,

    /// <summary>Bytes that were there before.</summary>
    DuplicateData,

    /// <summary>A segment went unanswered too often: the stream is reset.</summary>
    RetransmissionsExhausted,

    /// <summary>A message or frame that stream 0 does not allow: the mux has failed.</summary>
    ControlViolation,

    /// <summary>The mux has failed before.</summary>
    Failed,

    /// <summary>A frame or datagram for a flow that is not open.</summary>
    UnknownFlow,

    /// <summary>A datagram longer than a flow carries.</summary>
    FlowTooLong,

    /// <summary>The oldest datagram waiting to be sent made room for a newer one.</summary>
    SendQueueOverflow,

    /// <summary>A datagram that no tick of a window needed only delayed the rest. (FLOW.PACED)</summary>
    StandingDatagram,

    /// <summary>The oldest datagram waiting to be taken made room for a newer one.</summary>
    ReceiveQueueOverflow,

    /// <summary>A part that was there before, or of a datagram that was delivered.</summary>
    DuplicatePart,

    /// <summary>A part that contradicts the others of its datagram.</summary>
    BadPart,

    /// <summary>A datagram whose parts did not all come in time.</summary>
    AssemblyTimeout,

    /// <summary>The oldest incomplete datagram made room for a newer one.</summary>
    AssemblyEvicted,
}
