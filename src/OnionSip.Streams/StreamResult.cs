namespace OnionSip.Streams;

/// <summary>What became of a command on a stream or flow. (STREAM.OPEN, FLOW.OPEN)</summary>
public enum StreamResult
{
    Done = 0,

    /// <summary>The id is open, or was until lately.</summary>
    InUse,

    /// <summary>As many are open as may be.</summary>
    LimitReached,

    /// <summary>Id 0 is not the caller's.</summary>
    ReservedId,

    /// <summary>No such stream or flow is open.</summary>
    Unknown,

    /// <summary>The mux has failed.</summary>
    Failed,
}

/// <summary>What became of a datagram. (FLOW.SEND)</summary>
public enum SendResult
{
    Queued = 0,

    /// <summary>Queued; the oldest one waiting was dropped for it.</summary>
    QueuedDroppingOldest,

    UnknownFlow,

    TooLong,

    /// <summary>The mux has failed.</summary>
    Failed,
}
