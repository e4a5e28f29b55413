using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>What a client tells its host. (NODE.CLIENT)</summary>
public enum ClientEventKind : byte
{
    None = 0,
    PathReady,

    /// <summary>The path could not be built; <see cref="ClientEvent.Reason"/> says why.</summary>
    PathFailed,

    /// <summary>A ready path is gone, and with it every stream, association and query on it.</summary>
    PathClosed,

    /// <summary>Local is the exit's own endpoint, Remote the peer's. (sip-rules 4)</summary>
    StreamConnected,
    StreamFailed,
    StreamReadable,
    StreamWritable,

    /// <summary>The other side finished and all its bytes are read.</summary>
    StreamFinished,
    StreamReset,

    /// <summary>Local is the exit's even UDP port; its odd neighbour is bound too.</summary>
    Associated,
    AssociateFailed,
    AssociationLost,

    /// <summary>Datagrams may wait: take them with TryReceiveDatagram until it says no.</summary>
    DatagramReceived,

    /// <summary>Take the answers with TryTakeAnswers.</summary>
    Resolved,
    ResolveFailed,

    /// <summary>The guards kept have changed: store them.</summary>
    GuardsChanged,
}

/// <summary>Why a path failed or closed. (NODE.PATH)</summary>
public enum PathReason : byte
{
    None = 0,

    /// <summary>The network document's validity has ended.</summary>
    NoNetwork,

    /// <summary>No three relays of the document fit together.</summary>
    NoRelays,

    /// <summary>The guard does not answer.</summary>
    GuardUnreachable,

    /// <summary>A later hop could not be reached or refused.</summary>
    ExtendFailed,

    /// <summary>A relay has no room for another call; the path was for one.</summary>
    Refused,

    /// <summary>Building took longer than path_build_timeout.</summary>
    TimedOut,

    /// <summary>A relay ended the circuit.</summary>
    Destroyed,

    /// <summary>The link to the guard died.</summary>
    LinkLost,

    /// <summary>A hop broke the protocol.</summary>
    ProtocolError,

    /// <summary>The owner closed it.</summary>
    Released,
}

/// <summary>One event of a client; fields that a kind does not use are default.</summary>
public readonly record struct ClientEvent(
    ClientEventKind Kind,
    PathId Path,
    ushort Id = 0,
    PathReason Reason = PathReason.None,
    ControlStatus Status = ControlStatus.None,
    PeerAddress Local = default,
    PeerAddress Remote = default,
    PathVoiceReport? Voice = null)
{
    public StreamKey Stream => new(Path, new(Id));

    public FlowKey Flow => new(Path, new(Id));

    public QueryKey Query => new(Path, Id);
}
