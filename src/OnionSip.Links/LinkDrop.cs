namespace OnionSip.Links;

/// <summary>Why a datagram was refused; nothing is ever answered to one of these. (LINK.ERRORS)</summary>
public enum LinkDrop : byte
{
    None = 0,

    /// <summary>Not 280 bytes.</summary>
    BadLength,

    /// <summary>A handshake datagram of no known type.</summary>
    UnknownType,

    /// <summary>HELLO or INIT to a node that has no identity.</summary>
    NotResponder,

    /// <summary>A handshake datagram with a field that its type does not allow.</summary>
    Malformed,

    /// <summary>A version that is not ours.</summary>
    BadVersion,

    /// <summary>COOKIE or REPLY for no handshake of ours, or from elsewhere than its target.</summary>
    UnknownHandshake,

    /// <summary>A COOKIE that was not waited for.</summary>
    UnexpectedCookie,

    /// <summary>A fragment without a MAC under the cookie of its source and handshake.</summary>
    BadMac,

    /// <summary>A fragment that was here already.</summary>
    DuplicateFragment,

    /// <summary>A fragment of another role than the ones before it.</summary>
    InconsistentFragment,

    /// <summary>INIT of a handshake that is already a link.</summary>
    DuplicateHandshake,

    /// <summary>A handshake message that is forged, damaged, or for another relay, network or role.</summary>
    HandshakeFailed,

    /// <summary>A relay-to-relay handshake under a key of no known relay.</summary>
    UnknownPeer,

    /// <summary>A relay-to-relay INIT no newer than the last of that relay.</summary>
    ReplayedInit,

    /// <summary>The peer offers or chose no cipher of ours.</summary>
    NoCommonSuite,

    /// <summary>More handshakes than this node will compute.</summary>
    HandshakeRate,

    /// <summary>As many client links as this node will hold, in all or for one prefix.</summary>
    TooManyLinks,

    /// <summary>Both relays opened at once and this node's INIT wins.</summary>
    SimultaneousOpen,

    /// <summary>No link has this receiver index.</summary>
    UnknownIndex,

    /// <summary>A key epoch that is neither near nor remembered.</summary>
    BadEpoch,

    /// <summary>A counter seen before.</summary>
    Replayed,

    /// <summary>A counter older than the window.</summary>
    TooOld,

    /// <summary>The AEAD tag does not hold.</summary>
    BadTag,

    /// <summary>A link message with a slot.</summary>
    BadLinkMessage,

    /// <summary>A link message of unknown command.</summary>
    UnknownCommand,

    /// <summary>Our own queue of link datagrams was full; counted, never returned.</summary>
    QueueFull,

    /// <summary>An unfinished INIT made room for another; counted, never returned.</summary>
    ReassemblyEvicted,

    /// <summary>An unconfirmed link made room for another; counted, never returned.</summary>
    HalfOpenEvicted,

    /// <summary>An authentic datagram from an address the link may not move to; counted, never returned.</summary>
    RoamRefused,

    /// <summary>A handshake came back and its receiver index had been taken meanwhile.</summary>
    StaleWork,
}
