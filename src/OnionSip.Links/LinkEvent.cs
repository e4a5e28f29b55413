using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>What happened to a link.</summary>
public enum LinkEventKind : byte
{
    Opened = 0,
    Closed = 1,
}

/// <summary>Why a link is gone. (LINK.CLOSE)</summary>
public enum LinkCloseReason : byte
{
    None = 0,

    /// <summary><see cref="LinkTable.Close"/> was called.</summary>
    Local,

    /// <summary>The peer sent CLOSE.</summary>
    Peer,

    /// <summary>No answer to the handshake, or it was never confirmed.</summary>
    Unreachable,

    /// <summary>Every answer to the handshake was damaged or forged.</summary>
    HandshakeFailed,

    /// <summary>Nothing came for too long. (LINK.LIVENESS)</summary>
    Dead,

    /// <summary>No circuits for too long. (LINK.IDLE)</summary>
    Idle,

    /// <summary>The same relay made a new link. (LINK.REPLACE)</summary>
    Replaced,
}

/// <summary>A link opened or closed; the peer is null for a client.</summary>
public readonly record struct LinkEvent(
    LinkEventKind Kind, LinkId Link, RelayId? Peer, bool IsInitiator, LinkCloseReason Reason);
