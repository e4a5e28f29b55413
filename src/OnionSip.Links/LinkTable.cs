using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>All links of one node's one UDP port. (LINK.STATES)</summary>
/// <remarks>
/// Shape:   after every input poll transmits and events until both say no; then <see cref="PollTimeout"/>.
///          Opening → Open for the initiator; HalfOpen → Open for the responder; Closed is final and its id is forgotten.
/// Bounds:  see <see cref="LinkOptions"/>; nothing is allocated for a cell received or sealed, but at a rekey.
/// Drops:   every member of <see cref="LinkDrop"/>; nothing a peer sends throws.
/// Secrets: the static key pair and all link keys, erased when a link closes and on Dispose.
/// Not here: what a cell holds (circuits), what CREATE says, which relays there are.
/// </remarks>
public sealed class LinkTable : IDisposable
{
    private const int IndexShift = 8;

    /// <summary>Places in the queue that a timer may need at once: an INIT, its parity, a HELLO.</summary>
    private const int TimerDatagrams = LinkLayout.MaxFragments + 2;

    private readonly LinkOptions _options;
    private readonly Entropy _entropy;
    private readonly X25519KeyPair? _staticKeys;
    private readonly LinkRegistry _registry;
    private readonly HandshakeResponder _responder;
    private readonly HandshakeInitiator _initiator;
    private readonly DatagramQueue _queue;
    private readonly DeadlineHeap _deadlines = new();
    private readonly Queue<LinkEvent> _events = new();
    private long _opened;
    private long _roams;
    private long _rekeys;

    public LinkTable(Instant now, LinkOptions options, Entropy entropy)
    {
        ArgumentNullException.ThrowIfNull(options);
        Throw.IfLengthIsNot(Prologue.NetworkIdBytes, options.NetworkId.Length, nameof(options));
        Throw.IfLengthIsNot(options.Identity is null ? 0 : X25519.PrivateKeyBytes, options.StaticPrivateKey?.Length ?? 0, nameof(options));
        _options = options;
        _entropy = entropy;
        _staticKeys = options.StaticPrivateKey is byte[] key ? new X25519KeyPair(key) : null;
        _registry = new LinkRegistry(options, entropy);
        _queue = new DatagramQueue(Drops);
        PeerStamps stamps = new(now, options.StartWallTime);
        _initiator = new HandshakeInitiator(options, _staticKeys, entropy, _registry, _queue, stamps);
        _responder = new HandshakeResponder(now, options, _staticKeys, entropy, _registry, _queue, stamps, Drops);
    }

    public DropCounters<LinkDrop> Drops { get; } = new();

    public LinkStats Stats => new(
        _registry.Count, _registry.HalfOpenCount, _responder.Reassemblies, _queue.Count, _responder.Computed, _opened, _roams, _rekeys);

    /// <summary>Says which relays there are; only these may open relay-to-relay links. Links that exist stay. (LINK.PEERS)</summary>
    public void SetPeers(IEnumerable<(LinkPublicKey Key, RelayId Relay)> peers) => _responder.SetPeers(peers);

    /// <summary>Takes one datagram; a cell for the caller goes to <paramref name="cell"/>, 248 bytes. (WIRE.DATAGRAM)</summary>
    public LinkDrop HandleDatagram(
        Instant now, in PeerAddress from, ReadOnlySpan<byte> datagram, Span<byte> cell, out ReceivedCell received)
    {
        Throw.IfShorterThan(WireLayout.CellBytes, cell.Length, nameof(cell));
        Span<byte> copy = stackalloc byte[WireLayout.DatagramBytes];
        copy = datagram.TryCopyTo(copy) ? copy[..datagram.Length] : default;
        LinkDrop drop = HandleDatagram(now, in from, copy, out received);
        if (received.Kind != ReceivedKind.None)
        {
            CellOf(copy).CopyTo(cell);
        }

        return drop;
    }

    /// <summary>
    /// Takes one datagram and opens it where it stands; a cell for the caller is then at <see cref="CellOf"/>. (WIRE.DATAGRAM)
    /// </summary>
    public LinkDrop HandleDatagram(Instant now, in PeerAddress from, Span<byte> datagram, out ReceivedCell received)
    {
        received = default;
        if (datagram.Length != WireLayout.DatagramBytes)
        {
            return Drops.Count(LinkDrop.BadLength);
        }

        uint index = BinaryPrimitives.ReadUInt32BigEndian(datagram) >> IndexShift;
        return Drops.Count(index == 0
            ? HandleHandshake(now, in from, datagram)
            : HandleSealed(now, in from, index, datagram, out received));
    }

    /// <summary>
    /// The first half of HandleDatagram for the one thing that comes in numbers, a sealed datagram over an open link: it is opened where
    /// it stands, and nothing that could be sent follows yet. (MACHINE.TRAIN)
    /// </summary>
    /// <param name="received">The cell; for Message the link, for <see cref="FinishMessage"/>.</param>
    public OpenedKind TryOpen(Instant now, in PeerAddress from, Span<byte> datagram, out ReceivedCell received)
    {
        received = default;
        Link? link = datagram.Length == WireLayout.DatagramBytes
            ? _registry.FindIndex(BinaryPrimitives.ReadUInt32BigEndian(datagram) >> IndexShift)
            : null;
        if (link is not { State: LinkState.Open })
        {
            return OpenedKind.Untouched;
        }

        LinkDrop drop = OpenSealed(now, link, in from, datagram);
        received = drop == LinkDrop.None ? CellIn(link, datagram) : default;
        if (drop == LinkDrop.None && received.Circuit.Value == 0)
        {
            return OpenedKind.Message;
        }

        return Drops.Count(drop) == LinkDrop.None ? OpenedKind.Cell : OpenedKind.Dropped;
    }

    /// <summary>The second half for a Message: acts on it, or gives it to the caller. (MACHINE.TRAIN)</summary>
    public LinkDrop FinishMessage(Instant now, LinkId link, Span<byte> datagram, out ReceivedCell received)
    {
        received = default;
        return _registry.Find(link) is Link found ? Drops.Count(Deliver(now, found, datagram, out received)) : LinkDrop.UnknownIndex;
    }

    /// <summary>Where the 248 bytes of the cell stand in an opened datagram, or in one that is to be sealed.</summary>
    public static Span<byte> CellOf(Span<byte> datagram) =>
        datagram.Slice(WireLayout.HeaderBytes + WireLayout.CellOffset, WireLayout.CellBytes);

    /// <summary>
    /// Returns the link to this relay, whoever opened it, or begins one; an Opened or Closed event follows for a new one.
    /// </summary>
    public LinkId Open(Instant now, in LinkTarget target)
    {
        if (_registry.FindRelay(target.Relay) is Link existing)
        {
            existing.IsExposed = true;
            return existing.Id;
        }

        Link link = _initiator.Begin(now, in target);
        link.IsExposed = true;
        _deadlines.Schedule(link, link.NextDeadline());
        return link.Id;
    }

    /// <summary>Seals one cell into a datagram of 280 bytes; false when the link is not open.</summary>
    public bool TrySeal(
        Instant now, LinkId link, CircuitId circuit, Slot slot, ReadOnlySpan<byte> cell, Span<byte> datagram, out Transmit transmit)
    {
        Throw.IfLengthIsNot(WireLayout.CellBytes, cell.Length, nameof(cell));
        Throw.IfShorterThan(WireLayout.DatagramBytes, datagram.Length, nameof(datagram));
        cell.CopyTo(CellOf(datagram));
        return TrySeal(now, link, circuit, slot, datagram, out transmit);
    }

    /// <summary>Seals the cell that stands at <see cref="CellOf"/>; false when the link is not open.</summary>
    public bool TrySeal(Instant now, LinkId link, CircuitId circuit, Slot slot, Span<byte> datagram, out Transmit transmit)
    {
        transmit = default;
        if (_registry.Find(link) is not { State: LinkState.Open } open)
        {
            return false;
        }

        Seal(now, open, circuit, slot, datagram);
        transmit = new(open.Remote, WireLayout.DatagramBytes) { IsOpened = open.IsInitiator };
        return true;
    }

    /// <summary>A link to seal many cells for, looked up once; its <see cref="LinkSealer.IsOpen"/> says whether that is possible.</summary>
    public LinkSealer SealerOf(LinkId link) => new(this, _registry.Find(link));

    /// <summary>The link to this relay in any state but closed.</summary>
    public LinkId? Find(RelayId relay) => _registry.FindRelay(relay)?.Id;

    /// <summary>Who is at the other end; null for a client and for a link that is gone.</summary>
    public RelayId? PeerOf(LinkId link) => _registry.Find(link)?.Peer;

    public bool IsInitiator(LinkId link) => _registry.Find(link) is { IsInitiator: true };

    public bool IsOpen(LinkId link) => _registry.Find(link) is { State: LinkState.Open };

    /// <summary>The round trip of the last answered PING; null before the first.</summary>
    public TimeSpan? RoundTripOf(LinkId link) => _registry.Find(link)?.Liveness.RoundTrip;

    /// <summary>Tells the peer and forgets the link; a Closed event follows. (LINK.CLOSE)</summary>
    public void Close(Instant now, LinkId link)
    {
        if (_registry.Find(link) is Link found)
        {
            CloseAndTell(now, found, LinkCloseReason.Local);
        }
    }

    /// <summary>Says CLOSE on every link, for a node that stops. (LINK.CLOSE)</summary>
    public void CloseAll(Instant now)
    {
        foreach (Link link in (List<Link>)[.. _registry.All])
        {
            Close(now, link.Id);
        }
    }

    /// <summary>Says whether the link carries circuits: it is then watched closely and never idle. (LINK.LIVENESS)</summary>
    public void SetBusy(Instant now, LinkId link, bool hasCircuits)
    {
        if (_registry.Find(link) is Link found && found.Liveness.IsBusy != hasCircuits)
        {
            found.Liveness.SetBusy(now, hasCircuits);
            _deadlines.Schedule(found, found.NextDeadline());
        }
    }

    public bool PollTransmit(Instant now, Span<byte> destination, out Transmit transmit) => _queue.TryTake(destination, out transmit);

    public bool PollEvent(out LinkEvent linkEvent) => _events.TryDequeue(out linkEvent);

    public Instant PollTimeout() => Instant.Min(_deadlines.Next, _responder.Next);

    /// <summary>Runs what is due; when the queue fills up the rest stays due until it was drained. (LINK.TIMERS)</summary>
    public void HandleTimeout(Instant now)
    {
        while (_queue.Free >= TimerDatagrams && _deadlines.TryTake(now, out Link? link))
        {
            RunTimers(now, link!);
            if (link!.State != LinkState.Closed)
            {
                _deadlines.Schedule(link, link.NextDeadline());
            }
        }

        _responder.HandleTimeout(now);
        while (!_options.HandsOutWork && _responder.PollWork(now) is InitWork work)
        {
            work.Run();
            _ = HandleWork(now, work);
        }
    }

    /// <summary>Takes a handshake to be run elsewhere; false when there is none for now. (NODE.WORK)</summary>
    public bool PollWork(Instant now, [NotNullWhen(true)] out NodeWork? work) =>
        (work = _options.HandsOutWork ? _responder.PollWork(now) : null) is not null;

    /// <summary>Takes back a handshake that was run; false when it is not a link's. (NODE.WORK)</summary>
    public bool HandleWork(Instant now, NodeWork work)
    {
        if (work is InitWork init && Drops.Count(_responder.Finish(now, init, out Link? accepted)) == LinkDrop.None)
        {
            Admit(now, accepted!);
        }

        return work is InitWork;
    }

    /// <summary>The network a client's link was opened from: /24 or /48, as one number. (LINK.LIMITS)</summary>
    public UInt128 PrefixOf(LinkId link) => _registry.Find(link) is Link found ? found.Prefix.Number : default;

    public void Dispose()
    {
        foreach (Link link in _registry.All)
        {
            link.Erase();
        }

        _staticKeys?.Dispose();
    }

    private LinkDrop HandleHandshake(Instant now, in PeerAddress from, ReadOnlySpan<byte> datagram)
    {
        LinkDrop drop;
        Link? accepted = null;
        Link? opening = null;
        InitiatorStep step = InitiatorStep.Waiting;
        switch ((HandshakeType)datagram[LinkLayout.TypeOffset])
        {
            case HandshakeType.Hello:
                drop = _responder.HandleHello(now, in from, datagram);
                break;
            case HandshakeType.Cookie:
                drop = _initiator.HandleCookie(now, in from, datagram, out opening, out step);
                break;
            case HandshakeType.Init:
                drop = _responder.HandleInit(now, in from, datagram, out accepted);
                break;
            case HandshakeType.Reply:
                drop = _initiator.HandleReply(now, in from, datagram, out opening, out step);
                break;
            default:
                drop = LinkDrop.UnknownType;
                break;
        }

        if (accepted is not null)
        {
            Admit(now, accepted);
        }
        else if (opening is not null)
        {
            Follow(now, opening, step);
        }

        return drop;
    }

    private void Follow(Instant now, Link link, InitiatorStep step)
    {
        switch (step)
        {
            case InitiatorStep.Failed:
                End(link, LinkCloseReason.HandshakeFailed);
                return;
            case InitiatorStep.Opened:
                SetOpen(now, link);

                // The responder waits for a first datagram before it believes in the link. (LINK.CONFIRM)
                link.Liveness.StartProbing(now);
                RunTimers(now, link);
                break;
            default:
                break;
        }

        _deadlines.Schedule(link, link.NextDeadline());
    }

    /// <summary>Puts a half-open link into the table, in the place of an unfinished one to the same relay. (LINK.SIMULTANEOUS)</summary>
    private void Admit(Instant now, Link link)
    {
        if (_registry.MustEvictHalfOpen(link.Prefix, out Link? victim))
        {
            _ = Drops.Count(LinkDrop.HalfOpenEvicted);
            End(victim!, LinkCloseReason.Unreachable);
        }

        _registry.Add(link);
        _registry.AddHalfOpen(now, link);
        Link? existing = link.Peer is RelayId relay ? _registry.FindRival(relay, link.PeerShard) : null;
        if (existing is null)
        {
            _registry.AddRelay(link);
        }
        else if (existing.State != LinkState.Open)
        {
            TakeOver(now, existing, link);
        }

        _deadlines.Schedule(link, link.NextDeadline());
    }

    /// <summary>The unfinished link vanishes; the other one goes on under its id, so that its owner sees one link.</summary>
    private void TakeOver(Instant now, Link unfinished, Link link)
    {
        LinkId id = unfinished.Id;
        link.IsExposed |= unfinished.IsExposed;
        link.Liveness.SetBusy(now, unfinished.Liveness.IsBusy);
        _registry.Remove(unfinished);
        _deadlines.Remove(unfinished);
        unfinished.Erase();
        _registry.Rename(link, id);
        _registry.AddRelay(link);
    }

    /// <summary>The initiator has shown that it has the keys. (LINK.CONFIRM, LINK.REPLACE)</summary>
    private void Confirm(Instant now, Link link)
    {
        _registry.RemoveHalfOpen(link);
        link.Reply = null;
        Link? other = link.Peer is RelayId relay ? _registry.FindRival(relay, link.PeerShard) : null;
        if (other is not null && other != link)
        {
            if (other.State == LinkState.Open)
            {
                End(other, LinkCloseReason.Replaced);
            }
            else
            {
                TakeOver(now, other, link);
            }
        }

        _registry.AddRelay(link);
        SetOpen(now, link);
        _deadlines.Schedule(link, link.NextDeadline());
    }

    private void SetOpen(Instant now, Link link)
    {
        link.State = LinkState.Open;
        link.IsExposed = true;
        link.Liveness.Open(now, keepsAwakeWhenIdle: link.IsInitiator && _staticKeys is null);
        _opened++;
        _events.Enqueue(new(LinkEventKind.Opened, link.Id, link.Peer, link.IsInitiator, LinkCloseReason.None));
    }

    private LinkDrop HandleSealed(
        Instant now, in PeerAddress from, uint index, Span<byte> datagram, out ReceivedCell received)
    {
        received = default;
        if (_registry.FindIndex(index) is not { Receiver: not null } link)
        {
            return LinkDrop.UnknownIndex;
        }

        LinkDrop drop = OpenSealed(now, link, in from, datagram);
        return drop == LinkDrop.None ? Deliver(now, link, datagram, out received) : drop;
    }

    private LinkDrop OpenSealed(Instant now, Link link, in PeerAddress from, Span<byte> datagram)
    {
        LinkReceiver receiver = link.Receiver!;
        Span<byte> plaintext = datagram.Slice(WireLayout.HeaderBytes, WireLayout.SealedBytes);
        LinkDrop drop = receiver.TryOpen(now, datagram, plaintext, out bool isNewest);
        if (drop != LinkDrop.None)
        {
            return drop;
        }

        if (link.State == LinkState.HalfOpen)
        {
            Confirm(now, link);
        }

        link.Liveness.Received(now);
        if (isNewest && from != link.Remote)
        {
            Roam(link, in from);
        }

        _deadlines.Schedule(link, receiver.EraseOldAt);
        return LinkDrop.None;
    }

    private LinkDrop Deliver(Instant now, Link link, Span<byte> datagram, out ReceivedCell received)
    {
        ReceivedCell cell = CellIn(link, datagram);
        received = default;
        if (cell.Circuit.Value == 0)
        {
            LinkDrop drop = HandleMessage(now, link, cell.Slot, CellOf(datagram), out bool isForCaller);
            if (!isForCaller)
            {
                return drop;
            }

            cell = cell with { Kind = ReceivedKind.Message };
        }

        received = cell;
        return LinkDrop.None;
    }

    private static ReceivedCell CellIn(Link link, ReadOnlySpan<byte> datagram)
    {
        CircuitId circuit = new(BinaryPrimitives.ReadUInt32BigEndian(datagram[WireLayout.HeaderBytes..]));
        Slot slot = new(BinaryPrimitives.ReadUInt32BigEndian(datagram[(WireLayout.HeaderBytes + WireLayout.SlotOffset)..]));
        return new(ReceivedKind.Cell, link.Id, circuit, slot);
    }

    private LinkDrop HandleMessage(Instant now, Link link, Slot slot, ReadOnlySpan<byte> body, out bool isForCaller)
    {
        isForCaller = false;
        if (slot.Value != 0)
        {
            return LinkDrop.BadLinkMessage;
        }

        switch ((LinkCommand)body[0])
        {
            case LinkCommand.Padding:
                return LinkDrop.None;
            case LinkCommand.Ping:
                SendMessage(now, link, LinkCommand.Pong, BinaryPrimitives.ReadUInt64BigEndian(body[1..]));
                return LinkDrop.None;
            case LinkCommand.Pong:
                link.Liveness.ReceivedPong(now, BinaryPrimitives.ReadUInt64BigEndian(body[1..]));
                return LinkDrop.None;
            case LinkCommand.Close:
                End(link, LinkCloseReason.Peer);
                return LinkDrop.None;
            case LinkCommand.Create or LinkCommand.Created or LinkCommand.Destroy:
                isForCaller = true;
                return LinkDrop.None;
            default:
                return LinkDrop.UnknownCommand;
        }
    }

    /// <summary>Only the responder follows its peer, within the address family, and never onto or off loopback. (LINK.ROAM)</summary>
    private void Roam(Link link, in PeerAddress from)
    {
        bool isAllowed = !link.IsInitiator
            && from.Address.IsIPv4 == link.Remote.Address.IsIPv4
            && AddressClass.IsLoopback(from.Address) == AddressClass.IsLoopback(link.Remote.Address);
        if (isAllowed)
        {
            link.Remote = from;
            _roams++;
        }
        else
        {
            _ = Drops.Count(LinkDrop.RoamRefused);
        }
    }

    private void RunTimers(Instant now, Link link)
    {
        switch (link.State)
        {
            case LinkState.Opening when now >= link.Outgoing!.RetransmitAt && !link.Outgoing.TryRetransmit(now):
            case LinkState.HalfOpen when now >= link.HalfOpenUntil:
                End(link, LinkCloseReason.Unreachable);
                break;
            case LinkState.Open:
                RunOpenTimers(now, link);
                break;
            default:
                break;
        }
    }

    private void RunOpenTimers(Instant now, Link link)
    {
        if (now >= link.Receiver!.EraseOldAt)
        {
            link.Receiver.EraseOld();
        }

        if (link.Liveness.IsDead(now))
        {
            End(link, LinkCloseReason.Dead);
        }
        else if (link.Liveness.IsIdle(now))
        {
            CloseAndTell(now, link, LinkCloseReason.Idle);
        }
        else if (link.Liveness.IsProbeDue(now))
        {
            ulong token = _entropy.NextUInt64();
            link.Liveness.Probed(now, token);
            SendMessage(now, link, LinkCommand.Ping, token);
        }
    }

    private void CloseAndTell(Instant now, Link link, LinkCloseReason reason)
    {
        if (link.State == LinkState.Open)
        {
            SendMessage(now, link, LinkCommand.Close, 0);
        }

        End(link, reason);
    }

    private void SendMessage(Instant now, Link link, LinkCommand command, ulong token)
    {
        if (!_queue.TryAdd(link.Remote, out Span<byte> datagram, link.IsInitiator))
        {
            return;
        }

        Span<byte> cell = CellOf(datagram);
        cell.Clear();
        cell[0] = (byte)command;
        BinaryPrimitives.WriteUInt64BigEndian(cell[1..], token);
        Seal(now, link, default, default, datagram);
    }

    internal void Seal(Instant now, Link link, CircuitId circuit, Slot slot, Span<byte> datagram)
    {
        if (link.Sender!.Seal(now, circuit, slot, datagram))
        {
            _rekeys++;
        }
    }

    private void End(Link link, LinkCloseReason reason)
    {
        _registry.Remove(link);
        _deadlines.Remove(link);
        link.Erase();
        if (link.IsExposed)
        {
            _events.Enqueue(new(LinkEventKind.Closed, link.Id, link.Peer, link.IsInitiator, reason));
        }
    }
}
