using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Directory;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>Turns EXTEND into a link to the named identity and a CREATE over it. (NODE.EXTEND, CIRCUIT.EXTEND)</summary>
/// <remarks>
/// The address and key come from the network document, never from the client; CREATE goes only over a link authenticated as the identity.
/// Bounds: ExtendsWaitingMax requests wait for a link, one of a circuit, each at most <see cref="WaitMax"/>.
/// </remarks>
internal sealed class RelayExtender(RelayNodeOptions options, LinkTable links, RelayCircuitTable circuits, DropCounters<RelayDrop> drops)
{
    /// <summary>nodes.extend_link_wait</summary>
    internal static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(8);

    private readonly List<Waiting> _waiting = [];
    private NetworkDocument? _document;
    private Instant _expiresAt;

    public void SetDocument(NetworkDocument document, Instant expiresAt)
    {
        _document = document;
        _expiresAt = expiresAt;
    }

    /// <summary>
    /// Starts an extension; None means that an answer will come as an event of the circuits or through <see cref="HandleLink"/>.
    /// </summary>
    public ControlStatus Extend(Instant now, CircuitHandle handle, in ExtendMessage message)
    {
        if (message.Relay == options.Identity)
        {
            drops.Count(RelayDrop.ExtendToSelf);
            return ControlStatus.Refused;
        }

        if (now > _expiresAt || _document?.Find(message.Relay) is not { } relay)
        {
            drops.Count(RelayDrop.ExtendUnknownRelay);
            return ControlStatus.NotFound;
        }

        if (_waiting.Exists(waiting => waiting.Handle == handle))
        {
            drops.Count(RelayDrop.ExtendTwice);
            return ControlStatus.BadRequest;
        }

        LinkId link = links.Open(now, new LinkTarget(relay.Identity, relay.Addresses[0], LinkPublicKey.FromBytes(relay.LinkKey.Span)));
        Waiting waiting = new(
            link, handle, message.Request, message.ForwardOffset, message.BackwardOffset, message.Create.ToArray(), now + WaitMax);
        if (links.IsOpen(link))
        {
            return Start(now, waiting);
        }

        if (_waiting.Count >= options.ExtendsWaitingMax)
        {
            drops.Count(RelayDrop.ExtendQueueFull);
            return ControlStatus.Busy;
        }

        _waiting.Add(waiting);
        return ControlStatus.None;
    }

    /// <summary>A link opened or closed: what waited for it goes on or fails.</summary>
    public void HandleLink(Instant now, in LinkEvent linkEvent, RelayHopTable hops)
    {
        for (int index = _waiting.Count - 1; index >= 0; index--)
        {
            Waiting waiting = _waiting[index];
            if (waiting.Link != linkEvent.Link)
            {
                continue;
            }

            _waiting.RemoveAt(index);
            ControlStatus status = linkEvent.Kind == LinkEventKind.Opened ? Start(now, waiting) : ControlStatus.Unreachable;
            Answer(now, waiting, status, hops);
        }
    }

    public void HandleTimeout(Instant now, RelayHopTable hops)
    {
        for (int index = _waiting.Count - 1; index >= 0; index--)
        {
            if (_waiting[index].GivenUpAt <= now)
            {
                Waiting waiting = _waiting[index];
                _waiting.RemoveAt(index);
                Answer(now, waiting, ControlStatus.Unreachable, hops);
            }
        }
    }

    public Instant PollTimeout()
    {
        Instant next = Instant.Never;
        foreach (Waiting waiting in _waiting)
        {
            next = Instant.Min(next, waiting.GivenUpAt);
        }

        return next;
    }

    public void Forget(CircuitHandle handle) => _waiting.RemoveAll(waiting => waiting.Handle == handle);

    private static void Answer(Instant now, Waiting waiting, ControlStatus status, RelayHopTable hops)
    {
        if (status != ControlStatus.None && hops.Find(waiting.Handle) is { } hop)
        {
            hop.SendStatus(now, ControlMessageType.ExtendFailed, waiting.Request, status);
            hops.MarkDirty(hop);
        }
    }

    private ControlStatus Start(Instant now, Waiting waiting) => circuits.Extend(
        now,
        waiting.Handle,
        waiting.Request,
        waiting.Link,
        links.IsInitiator(waiting.Link),
        waiting.ForwardOffset,
        waiting.BackwardOffset,
        waiting.Create);

    private sealed record Waiting(
        LinkId Link,
        CircuitHandle Handle,
        ushort Request,
        uint ForwardOffset,
        uint BackwardOffset,
        byte[] Create,
        Instant GivenUpAt);
}
