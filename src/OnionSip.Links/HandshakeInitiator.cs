using System;
using OnionSip.Crypto;
using OnionSip.Machines;

namespace OnionSip.Links;

/// <summary>What became of a link that this node is opening.</summary>
internal enum InitiatorStep : byte
{
    /// <summary>No change but perhaps of its timer.</summary>
    Waiting = 0,

    /// <summary>It has its keys.</summary>
    Opened,

    /// <summary>It cannot be opened.</summary>
    Failed,
}

/// <summary>The initiator's side of link handshakes: finds the one that a COOKIE or REPLY belongs to. (LINK.HANDSHAKE)</summary>
/// <remarks>
/// Drops:   UnknownHandshake, and those of <see cref="OutgoingHandshake"/>.
/// Secrets: the static key pair, shared with the table.
/// </remarks>
internal sealed class HandshakeInitiator(
    LinkOptions options,
    X25519KeyPair? staticKeys,
    Entropy entropy,
    LinkRegistry registry,
    DatagramQueue queue,
    PeerStamps stamps)
{
    /// <summary>Says HELLO to the target and files the link.</summary>
    internal Link Begin(Instant now, in LinkTarget target)
    {
        Link link = new(registry.NewId(), target.Relay, target.Address, isInitiator: true)
        {
            State = LinkState.Opening,
            LocalIndex = registry.NewIndex(),
            Prefix = SourcePrefix.Of(target.Address),
            Outgoing = new OutgoingHandshake(in target, options, staticKeys, entropy, queue),
        };
        link.Outgoing.Begin(now);
        registry.Add(link);
        registry.AddRelay(link);
        registry.AddOutgoing(link);
        return link;
    }

    /// <summary>Takes a COOKIE. (LINK.COOKIE)</summary>
    internal LinkDrop HandleCookie(
        Instant now, in PeerAddress from, ReadOnlySpan<byte> datagram, out Link? link, out InitiatorStep step)
    {
        step = InitiatorStep.Waiting;
        link = Find(in from, datagram);
        if (link is null)
        {
            return LinkDrop.UnknownHandshake;
        }

        ulong stamp = staticKeys is null ? 0 : stamps.Next(now);
        HandshakePayload payload = new((byte)(options.Suites & SuiteChoice.Supported), link.LocalIndex, stamp, options.Shard);
        LinkDrop drop = link.Outgoing!.HandleCookie(now, datagram, payload, out bool isFailed);
        step = isFailed ? InitiatorStep.Failed : InitiatorStep.Waiting;
        return drop;
    }

    /// <summary>Takes a fragment of a REPLY. (LINK.REPLY, LINK.RETRY)</summary>
    internal LinkDrop HandleReply(
        Instant now, in PeerAddress from, ReadOnlySpan<byte> datagram, out Link? link, out InitiatorStep step)
    {
        step = InitiatorStep.Waiting;
        link = Find(in from, datagram);
        if (link is null)
        {
            return LinkDrop.UnknownHandshake;
        }

        LinkDrop drop = link.Outgoing!.HandleReply(datagram, out LinkSender? sender, out LinkReceiver? receiver, out int shard);
        if (receiver is not null)
        {
            link.Sender = sender;
            link.Receiver = receiver;
            registry.SetPeerShard(link, shard);
            registry.RemoveOutgoing(link);
            link.Outgoing.Dispose();
            link.Outgoing = null;
            step = InitiatorStep.Opened;
        }
        else if (link.Outgoing.IsSpoilt)
        {
            step = TryRestart(now, link) ? InitiatorStep.Waiting : InitiatorStep.Failed;
        }

        return drop;
    }

    private bool TryRestart(Instant now, Link link)
    {
        registry.RemoveOutgoing(link);
        bool isRestarted = link.Outgoing!.TryRestart(now);
        registry.AddOutgoing(link);
        return isRestarted;
    }

    private Link? Find(in PeerAddress from, ReadOnlySpan<byte> datagram)
    {
        Link? link = registry.FindOutgoing(HandshakeDatagram.IdOf(datagram));
        return link is not null && link.Remote == from ? link : null;
    }
}
