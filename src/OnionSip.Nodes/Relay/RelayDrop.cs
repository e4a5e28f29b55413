namespace OnionSip.Nodes;

/// <summary>Why a relay's composition refused something; links, circuits and muxes count their own. (NODE.DROPS)</summary>
public enum RelayDrop : byte
{
    None = 0,

    /// <summary>The ring of outgoing datagrams was full.</summary>
    TransmitFull,

    /// <summary>The link of a cell that should go out is not open.</summary>
    LinkNotOpen,

    /// <summary>EXTEND to a relay that the network document does not name.</summary>
    ExtendUnknownRelay,

    /// <summary>EXTEND to this relay itself.</summary>
    ExtendToSelf,

    /// <summary>EXTEND of a circuit whose last one still waits for a link.</summary>
    ExtendTwice,

    /// <summary>More EXTEND requests wait for links than the limit.</summary>
    ExtendQueueFull,

    /// <summary>A control message that only an exit serves, and this relay is none.</summary>
    NotAnExit,

    /// <summary>A control message that does not parse, or one that a client must not send.</summary>
    BadControl,

    /// <summary>The circuit or the relay has as many exit streams as it may.</summary>
    TooManyStreams,

    /// <summary>The circuit or the relay has as many associations as it may.</summary>
    TooManyAssociations,

    /// <summary>The circuit has as many questions open as it may.</summary>
    TooManyQueries,

    /// <summary>The exit policy or the table of forbidden addresses refused a TCP destination.</summary>
    ConnectRefused,

    /// <summary>CONSENT named an endpoint that policy or the table of forbidden addresses refuses.</summary>
    ConsentRefused,

    /// <summary>A datagram from the client that consent, policy or budget refused.</summary>
    DatagramRefused,

    /// <summary>A datagram from a source the client did not name.</summary>
    SourceNotConsented,

    /// <summary>A datagram from the client without a destination endpoint.</summary>
    BadDatagram,

    /// <summary>An answer of the host for something that is gone.</summary>
    UnknownExit,

    /// <summary>The flow's queue towards the client was full.</summary>
    FlowFull,

    /// <summary>Too many cells of one incoming link wait to be sent.</summary>
    LinkShareFull,
}
