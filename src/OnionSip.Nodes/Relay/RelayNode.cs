using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using OnionSip.Circuits;
using OnionSip.Crypto;
using OnionSip.Directory;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>A volunteer's relay: links, circuits and, at an exit, streams and associations. Holds no SIP and no RTP. (NODE.RELAY)</summary>
/// <remarks>
/// Inputs:  datagrams of the one UDP port, the host's answers to <see cref="RelayEvent"/>, time.
/// Outputs: after every input PollEvent and PollTransmit until both say no, then PollTimeout.
/// Bounds:  <see cref="RelayNodeOptions"/>; a cell on its way through allocates nothing.
/// Drops:   <see cref="RelayDrop"/> here, and the counters of links, circuits and hops.
/// </remarks>
public sealed class RelayNode : ITrainMachine<RelayEvent>, IWorkMachine, IDisposable
{
    private readonly LinkTable _links;
    private readonly RelayCircuitTable _circuits;
    private readonly X25519KeyPair _onionKey;
    private readonly TransmitRing _ring;
    private readonly RelayExtender _extender;
    private readonly RelayHopTable _hops;
    private readonly DueCells _due;
    private readonly byte[] _datagram = new byte[WireLayout.DatagramBytes];
    private readonly byte[] _cell = new byte[WireLayout.CellBytes];
    private readonly CellGather _gather = new();
    private long _passed;
    private readonly byte[] _body = new byte[WireLayout.BodyBytes];

    public RelayNode(Instant now, WallTime wallNow, RelayNodeOptions options, NetworkDocument document, Entropy entropy)
    {
        _onionKey = new(options.OnionPrivateKey.Span);
        _ring = new(options.TransmitDatagrams);
        _links = new(
            now,
            new LinkOptions
            {
                NetworkId = document.NetworkId.ToArray(),
                Identity = options.Identity,
                StaticPrivateKey = options.LinkPrivateKey.ToArray(),
                StartWallTime = wallNow,
                HandsOutWork = options.HandsOutWork,
                Shards = options.Shards,
                Shard = options.Shard,
            },
            entropy);
        RelayCircuitOptions circuits = new(options.Identity, _onionKey, document.NetworkId.Span)
        {
            HandsOutWork = options.HandsOutWork,
            HandshakesPerSecond = options.HandshakesPerSecond,
            Origins = new RelayLinkOrigins(_links),
            RelayShare = options.RelayShare,
            PrefixShare = options.PrefixShare,
            ClientShare = options.ClientShare,
            Voice = options.Voice,
            VoiceRate = options.VoiceRate,
            SignallingRate = options.SignallingRate,
        };
        circuits.SetDocumentDigest(document.Digest.Span);
        CircuitOptions = circuits;
        _circuits = new(now, circuits, entropy);
        _hops = new(options, document.IsTestNetwork, Drops);
        _due = new(_links, _circuits, _hops, Drops);
        _extender = new(options, _links, _circuits, Drops);
        SetDocument(now, wallNow, document);
    }

    public DropCounters<RelayDrop> Drops { get; } = new();

    public DropCounters<LinkDrop> LinkDrops => _links.Drops;

    public DropCounters<CircuitDrop> CircuitDrops => _circuits.Drops;

    public int CircuitCount => _circuits.Count;

    /// <summary>Circuits that hold a voice place. (CIRCUIT.ADMISSION)</summary>
    public int VoiceCircuitCount => _circuits.VoiceCount;

    /// <summary>Directions of voice circuits that cells leave in now, one a tick each. (CIRCUIT.TICK)</summary>
    public int AwakeLanes => _circuits.AwakeLanes;

    public bool IsPaced => _circuits.AwakeLanes > 0;

    /// <summary>What the voice lanes did since the start. (CIRCUIT.TICK)</summary>
    public VoiceCounters Voice => _circuits.Voice;

    /// <summary>How long voice cells waited for their tick. (CIRCUIT.TICK)</summary>
    public DurationCounts HeldTimes => _circuits.HeldTimes;

    /// <summary>How long after its tick voice cells were sealed. (CIRCUIT.SLIP)</summary>
    public DurationCounts LateTimes => _due.LateTimes;

    /// <summary>Cells sent on for other nodes since the start.</summary>
    public long ForwardedCells => _passed + _due.Passed;

    /// <summary>For tests that make a relay hostile.</summary>
    internal RelayHopTable Hops => _hops;

    private RelayCircuitOptions CircuitOptions { get; }

    /// <summary>Takes a newer document of the same network: whom to know as a relay, and where to extend. (NODE.DOCUMENT)</summary>
    public void SetDocument(Instant now, WallTime wallNow, NetworkDocument document)
    {
        List<(LinkPublicKey, RelayId)> peers = [];
        foreach (RelayDescriptor relay in document.Relays)
        {
            peers.Add((LinkPublicKey.FromBytes(relay.LinkKey.Span), relay.Identity));
        }

        _links.SetPeers(peers);
        CircuitOptions.SetDocumentDigest(document.Digest.Span);
        _extender.SetDocument(document, document.ExpiresAt(now, wallNow));
    }

    /// <summary>One datagram of the UDP port; any bytes are safe. (NODE.RELAY)</summary>
    public LinkDrop HandleDatagram(Instant now, in PeerAddress from, ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length != WireLayout.DatagramBytes)
        {
            return _links.HandleDatagram(now, from, Span<byte>.Empty, out _);
        }

        datagram.CopyTo(_datagram);
        return Handle(now, from, _datagram);
    }

    /// <summary>Each datagram as HandleDatagram would take it, opened where it stands. (MACHINE.TRAIN)</summary>
    public void HandleTrain(Instant now, in PeerAddress from, Span<byte> datagrams, int segmentBytes)
    {
        for (int offset = 0; offset < datagrams.Length; offset += segmentBytes)
        {
            Span<byte> datagram = datagrams.Slice(offset, Math.Min(segmentBytes, datagrams.Length - offset));
            OpenedKind opened = _links.TryOpen(now, from, datagram, out ReceivedCell received);
            if (opened == OpenedKind.Cell)
            {
                _gather.Add(_circuits, offset, received);
                if (_gather.IsFull)
                {
                    HandleGathered(now, datagrams);
                }
            }
            else if (opened != OpenedKind.Dropped)
            {
                // What is not a cell may answer and may end links: the cells before it come first.
                HandleGathered(now, datagrams);
                Finish(now, from, datagram, opened, received);
            }
        }

        HandleGathered(now, datagrams);
    }

    private void HandleGathered(Instant now, Span<byte> datagrams)
    {
        _gather.Hint(_circuits);
        for (int index = 0; index < _gather.Count; index++)
        {
            if (!HandleCell(now, _gather.CellAt(index, datagrams, out Span<byte> cell), cell))
            {
                Pump(now);
            }
        }

        _gather.Clear();
    }

    private void Finish(Instant now, in PeerAddress from, Span<byte> datagram, OpenedKind opened, ReceivedCell received)
    {
        if (opened == OpenedKind.Untouched)
        {
            Handle(now, from, datagram);
            return;
        }

        _links.FinishMessage(now, received.Link, datagram, out received);
        if (received.Kind == ReceivedKind.Message)
        {
            _circuits.HandleMessage(now, received.Link, _links.IsInitiator(received.Link), LinkTable.CellOf(datagram));
        }

        Pump(now);
    }

    /// <summary>Addresses of a name that ExitLookup asked for; the first that policy allows is connected to. (NODE.EXIT)</summary>
    public void HandleExitLookup(Instant now, ExitKey key, ReadOnlySpan<IpAddress> addresses)
    {
        _hops.Find(key)?.Exit.HandleLookup(now, key.Id, addresses);
        Touch(now, key);
    }

    public void HandleExitConnected(Instant now, ExitKey key, PeerAddress local, PeerAddress remote)
    {
        _hops.Find(key)?.Exit.HandleConnected(now, key.Id, local, remote);
        Touch(now, key);
    }

    public void HandleExitConnectFailed(Instant now, ExitKey key, ControlStatus status)
    {
        _hops.Find(key)?.Exit.HandleConnectFailed(now, key.Id, status);
        Touch(now, key);
    }

    /// <summary>Bytes from the TCP side; returns how many were taken, the rest is offered again after ExitWritable. (NODE.EXIT)</summary>
    public int HandleExitData(Instant now, ExitKey key, ReadOnlySpan<byte> bytes)
    {
        int taken = _hops.Find(key)?.Exit.HandleData(now, key.Id, bytes) ?? bytes.Length;
        Touch(now, key);
        return taken;
    }

    /// <summary>The TCP side sent its last byte.</summary>
    public void HandleExitFinished(Instant now, ExitKey key)
    {
        _hops.Find(key)?.Exit.HandleFinished(now, key.Id);
        Touch(now, key);
    }

    /// <summary>The TCP side broke.</summary>
    public void HandleExitReset(Instant now, ExitKey key)
    {
        _hops.Find(key)?.Exit.HandleReset(now, key.Id);
        Touch(now, key);
    }

    /// <summary>Takes bytes the client sent towards the TCP side; 0 when there are none.</summary>
    public int ReadExitStream(Instant now, ExitKey key, Span<byte> destination)
    {
        int read = _hops.Find(key)?.Exit.Read(now, key.Id, destination) ?? 0;
        Touch(now, key);
        return read;
    }

    public void HandleExitAssociated(Instant now, ExitKey key, PeerAddress even)
    {
        _hops.Find(key)?.Exit.HandleAssociated(now, key.Id, even);
        Touch(now, key);
    }

    public void HandleExitAssociateFailed(Instant now, ExitKey key, ControlStatus status)
    {
        _hops.Find(key)?.Exit.HandleAssociateFailed(now, key.Id, status);
        Touch(now, key);
    }

    /// <summary>One datagram that came to an association's port. (NODE.EXIT, EXIT.CONSENT)</summary>
    public void HandleExitDatagram(Instant now, ExitKey key, bool isRtcp, in PeerAddress source, ReadOnlySpan<byte> datagram)
    {
        _hops.Find(key)?.Exit.HandleDatagram(now, key.Id, isRtcp, source, datagram);
        Touch(now, key);
    }

    /// <summary>The network said that nobody listens at an association's destination.</summary>
    public void HandleExitUnreachable(Instant now, ExitKey key, in PeerAddress destination) =>
        _hops.Find(key)?.Exit.HandleUnreachable(key.Id, destination);

    public void HandleExitResolved(Instant now, ExitKey key, ResolveKind kind, uint ttlSeconds, IReadOnlyList<DnsAnswer> answers)
    {
        _hops.Find(key)?.Exit.HandleResolved(now, key.Id, kind, ttlSeconds, answers);
        Touch(now, key);
    }

    public void HandleExitResolveFailed(Instant now, ExitKey key, ControlStatus status)
    {
        _hops.Find(key)?.Exit.HandleResolveFailed(now, key.Id, status);
        Touch(now, key);
    }

    /// <summary>Takes one datagram an association may send; the destination was checked. (EXIT.CONSENT)</summary>
    public bool TryTakeExitDatagram(out ExitKey key, out bool isRtcp, out PeerAddress destination, Span<byte> datagram, out int bytes) =>
        _hops.Outgoing.TryTake(out key, out isRtcp, out destination, datagram, out bytes);

    /// <summary>Ends every circuit and link in good order; poll once more, then stop. (NODE.SHUTDOWN)</summary>
    public void Shutdown(Instant now)
    {
        foreach (CircuitHandle handle in _hops.Handles())
        {
            _circuits.Destroy(now, handle);
        }

        Pump(now);
        _links.CloseAll(now);
    }

    /// <summary>Takes one handshake to be run; none when the options say that the node does them itself. (NODE.WORK)</summary>
    public bool PollWork(Instant now, [NotNullWhen(true)] out NodeWork? work) =>
        _circuits.PollWork(now, out work) || _links.PollWork(now, out work);

    /// <summary>Takes a handshake back; what follows from it leaves by the usual polls. (NODE.WORK)</summary>
    public void HandleWork(Instant now, NodeWork work)
    {
        _ = _links.HandleWork(now, work) || _circuits.HandleWork(now, work);
        Pump(now);
    }

    /// <summary>Sets how many voice circuits there may be; those that run stay. (CIRCUIT.ADMISSION)</summary>
    public void SetVoiceCapacity(Instant now, int capacity) => _circuits.SetVoiceCapacity(now, capacity);

    public void HandleTimeout(Instant now)
    {
        _links.HandleTimeout(now);
        _circuits.HandleTimeout(now);
        _extender.HandleTimeout(now, _hops);
        _hops.HandleTimeout(now);
        Pump(now);
    }

    /// <summary>
    /// Voice cells whose tick has come first, in the order drawn; then what waits in the ring; then what links say. (NODE.TRANSMIT)
    /// </summary>
    public bool PollTransmit(Instant now, Span<byte> destination, out Transmit transmit) =>
        TryTakeDue(now, destination, out transmit)
        || _ring.TryTake(destination, out transmit)
        || _links.PollTransmit(now, destination, out transmit);

    /// <summary>What PollTransmit gives for as long as it goes to one peer. (MACHINE.TRAIN)</summary>
    public bool PollTrain(Instant now, Span<byte> destination, out Train train)
    {
        int most = Math.Min(destination.Length / WireLayout.DatagramBytes, Train.SegmentsMax) * WireLayout.DatagramBytes;
        return _due.TryTakeTrain(now, destination[..most], out train)
            || _ring.TryTakeTrain(destination[..most], out train)
            || TryTakeLinkDatagram(now, destination, out train);
    }

    public bool PollEvent(out RelayEvent nodeEvent) => _hops.Events.TryDequeue(out nodeEvent);

    public Instant PollTimeout() => Instant.Min(
        Instant.Min(_links.PollTimeout(), _circuits.PollTimeout()),
        Instant.Min(_extender.PollTimeout(), _hops.PollTimeout()));

    public void Dispose()
    {
        _circuits.Dispose();
        _links.Dispose();
        _onionKey.Dispose();
    }

    private LinkDrop Handle(Instant now, in PeerAddress from, Span<byte> datagram)
    {
        LinkDrop drop = _links.HandleDatagram(now, from, datagram, out ReceivedCell received);
        switch (received.Kind)
        {
            case ReceivedKind.Cell:
                if (HandleCell(now, received, LinkTable.CellOf(datagram)))
                {
                    return drop;
                }

                break;
            case ReceivedKind.Message:
                _circuits.HandleMessage(now, received.Link, _links.IsInitiator(received.Link), LinkTable.CellOf(datagram));
                break;
            default:
                break;
        }

        Pump(now);
        return drop;
    }

    /// <summary>True when the cell only passes, so that no machine has anything to say after it.</summary>
    private bool HandleCell(Instant now, in ReceivedCell received, Span<byte> cell)
    {
        CircuitDrop refused = _circuits.HandleCell(now, received.Link, received.Circuit, received.Slot, cell, out CellRoute route);
        switch (route.Kind)
        {
            case CellRouteKind.Held:
                return true;
            case CellRouteKind.Forward:
                _passed++;
                if (_ring.HasRoomFor(received.Link))
                {
                    Send(now, route.Link, route.Circuit, route.Slot, cell, received.Link);
                }
                else
                {
                    Drops.Count(RelayDrop.LinkShareFull);
                }

                return true;
            case CellRouteKind.Deliver when _hops.Find(route.Handle) is { } hop:
                hop.HandleBody(now, cell[WireLayout.OwnerMarkBytes..]);
                _hops.MarkDirty(hop);
                return false;
            default:
                return refused is not (CircuitDrop.None or CircuitDrop.UnknownCircuit);
        }
    }

    /// <summary>Seals the next voice cell whose tick has come. (CIRCUIT.TICK)</summary>
    private bool TryTakeDue(Instant now, Span<byte> datagram, out Transmit transmit)
    {
        bool any = _due.TryTakeTrain(now, datagram[..WireLayout.DatagramBytes], out Train train);
        transmit = new(train.To, train.Bytes) { IsOpened = train.IsOpened };
        return any;
    }

    private bool TryTakeLinkDatagram(Instant now, Span<byte> destination, out Train train)
    {
        bool any = _links.PollTransmit(now, destination, out Transmit transmit);
        train = new(transmit.To, transmit.Bytes, transmit.Bytes) { IsOpened = transmit.IsOpened };
        return any;
    }

    private void Touch(Instant now, ExitKey key)
    {
        if (_hops.Find(key) is not { } hop)
        {
            Drops.Count(RelayDrop.UnknownExit);
            return;
        }

        _hops.MarkDirty(hop);
        Pump(now);
    }

    /// <summary>Moves events and cells between the sub-machines until none has any. (NODE.PUMP)</summary>
    private void Pump(Instant now)
    {
        bool any = true;
        while (any)
        {
            any = PumpLinks(now) | PumpCircuits(now) | PumpHops(now);
        }
    }

    private bool PumpLinks(Instant now)
    {
        bool any = false;
        while (_links.PollEvent(out LinkEvent linkEvent))
        {
            any = true;
            if (linkEvent.Kind == LinkEventKind.Closed)
            {
                _circuits.HandleLinkClosed(now, linkEvent.Link);
            }

            _extender.HandleLink(now, linkEvent, _hops);
        }

        return any;
    }

    private bool PumpCircuits(Instant now)
    {
        bool any = false;
        while (_circuits.PollEvent(out RelayCircuitEvent circuitEvent))
        {
            any = true;
            HandleCircuitEvent(now, circuitEvent);
        }

        while (_circuits.PollMessage(out LinkId link, _cell))
        {
            any = true;
            Send(now, link, default, default, _cell);
        }

        while (_circuits.PollLinkUse(out LinkId used, out bool inUse))
        {
            _links.SetBusy(now, used, inUse);
        }

        return any;
    }

    private void HandleCircuitEvent(Instant now, in RelayCircuitEvent circuitEvent)
    {
        switch (circuitEvent.Kind)
        {
            case RelayCircuitEventKind.Created:
                _hops.Add(now, circuitEvent.Handle, _circuits.PayerOf(circuitEvent.Handle));
                break;
            case RelayCircuitEventKind.Destroyed:
                _extender.Forget(circuitEvent.Handle);
                _hops.Remove(circuitEvent.Handle);
                break;
            case RelayCircuitEventKind.Extended when _hops.Find(circuitEvent.Handle) is { } hop:
                hop.SendExtended(now, circuitEvent.Request, circuitEvent.CreatedMessage.Span);
                _hops.MarkDirty(hop);
                break;
            case RelayCircuitEventKind.ExtendFailed when _hops.Find(circuitEvent.Handle) is { } hop:
                hop.SendStatus(now, ControlMessageType.ExtendFailed, circuitEvent.Request, circuitEvent.Status);
                _hops.MarkDirty(hop);
                break;
            default:
                break;
        }
    }

    private bool PumpHops(Instant now)
    {
        bool any = false;
        while (_hops.TryTakeDirty(out RelayHop? hop))
        {
            any = true;
            hop!.Pump(now, _extender);
            while (!_circuits.IsPaced(hop.Handle) && hop.TryTakeBody(now, _body))
            {
                if (_circuits.TrySealBody(now, hop.Handle, _body, _cell, out CellRoute route))
                {
                    Send(now, route.Link, route.Circuit, route.Slot, _cell);
                }
            }

            if (hop.IsBroken)
            {
                _circuits.Destroy(now, hop.Handle);
                _extender.Forget(hop.Handle);
                _hops.Remove(hop.Handle);
            }
            else
            {
                _hops.Schedule(hop);
            }
        }

        return any;
    }

    private void Send(Instant now, LinkId link, CircuitId circuit, Slot slot, ReadOnlySpan<byte> cell, LinkId from = default)
    {
        if (_ring.IsFull)
        {
            Drops.Count(RelayDrop.TransmitFull);
            return;
        }

        if (_links.TrySeal(now, link, circuit, slot, cell, _ring.NextSlot(), out Transmit transmit))
        {
            _ring.Commit(transmit, from);
            return;
        }

        Drops.Count(RelayDrop.LinkNotOpen);
    }
}
