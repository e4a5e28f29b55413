using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>Where a link stands. (LINK.STATES)</summary>
internal enum LinkState : byte
{
    /// <summary>This node's HELLO or INIT is under way.</summary>
    Opening,

    /// <summary>This node has answered an INIT; the initiator has not yet shown that it has the keys.</summary>
    HalfOpen,
    Open,
    Closed,
}

/// <summary>One link of the table: what is known of the peer, its keys, its liveness. (LINK.STATES)</summary>
/// <remarks>
/// Shape: Opening has an <see cref="Outgoing"/> and no keys; HalfOpen has keys and a <see cref="StoredReply"/>; Open has keys.
/// Keys exist exactly when <see cref="Sender"/> and <see cref="Receiver"/> do.
/// </remarks>
internal sealed class Link(LinkId id, RelayId? peer, PeerAddress remote, bool isInitiator)
{
    internal const int UnknownShard = -1;

    internal LinkId Id { get; set; } = id;

    internal RelayId? Peer { get; } = peer;

    /// <summary>The shard of the peer at the other end; <see cref="UnknownShard"/> until it answered. (LINK.SHARD)</summary>
    internal int PeerShard { get; set; } = UnknownShard;

    internal PeerAddress Remote { get; set; } = remote;

    internal bool IsInitiator { get; } = isInitiator;

    internal LinkState State { get; set; }

    /// <summary>This node's receiver index; on the wire in what the peer sends.</summary>
    internal uint LocalIndex { get; set; }

    internal OutgoingHandshake? Outgoing { get; set; }

    internal StoredReply? Reply { get; set; }

    internal LinkSender? Sender { get; set; }

    internal LinkReceiver? Receiver { get; set; }

    /// <summary>True when the caller knows the id, so that its end must be told.</summary>
    internal bool IsExposed { get; set; }

    /// <summary>The handshake this link came from as responder.</summary>
    internal HandshakeKey Handshake { get; set; }

    /// <summary>The prefix it is counted under; the address it was opened from.</summary>
    internal SourcePrefix Prefix { get; set; }

    internal int HalfOpenSlot { get; set; } = AgedSlots.None;

    internal Instant HalfOpenUntil { get; set; } = Instant.Never;

    internal LinkLiveness Liveness { get; set; } = new();

    /// <summary>Place in the <see cref="DeadlineHeap"/>, or -1, and the time it is filed under.</summary>
    internal int HeapIndex { get; set; } = -1;

    internal Instant Scheduled { get; set; } = Instant.Never;

    internal Instant NextDeadline() => State switch
    {
        LinkState.Opening => Outgoing!.RetransmitAt,
        LinkState.HalfOpen => HalfOpenUntil,
        LinkState.Open => Instant.Min(Liveness.NextDeadline(), Receiver!.EraseOldAt),
        _ => Instant.Never,
    };

    /// <summary>Erases everything secret.</summary>
    internal void Erase()
    {
        State = LinkState.Closed;
        Outgoing?.Dispose();
        Outgoing = null;
        Reply = null;
        Sender?.Dispose();
        Receiver?.Dispose();
    }
}
