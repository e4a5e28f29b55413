using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Directory;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Paths;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>
/// A client of the mesh: paths of three relays with streams, associations and questions at their exits. Knows no SIP. (NODE.CLIENT)
/// </summary>
/// <remarks>
/// Inputs:  datagrams of its UDP port, commands of its owner, time.
/// Outputs: after every input PollEvent and PollTransmit until both say no, then PollTimeout.
/// Bounds:  PathsMax paths; each path bounds its streams and flows. The only addresses it ever sends to are those of guards.
/// </remarks>
public sealed class ClientNode : IMachine<ClientEvent>, IDisposable
{
    /// <summary>nodes.suspects_max: so few that a guard which ends circuits cannot steer the choice far.</summary>
    public const int SuspectsMax = 4;

    private readonly ClientNodeOptions _options;
    private readonly Entropy _entropy;
    private readonly LinkTable _links;
    private readonly PathSelector _selector;
    private readonly TransmitRing _ring;
    private readonly Queue<ClientEvent> _events = new();
    private readonly SortedDictionary<int, ClientPath> _paths = [];
    private readonly Dictionary<RelayId, Instant> _failedUntil = [];
    private readonly Dictionary<RelayId, Instant> _suspectUntil = [];
    private readonly Dictionary<RelayId, Instant> _fullUntil = [];
    private readonly Queue<RelayId> _suspects = new();
    private readonly byte[] _cell = new byte[WireLayout.CellBytes];
    private readonly byte[] _body = new byte[WireLayout.BodyBytes];
    private NetworkDocument _document;
    private Instant _expiresAt;
    private int _nextPath = 1;

    public ClientNode(Instant now, WallTime wallNow, ClientNodeOptions options, NetworkDocument document, Entropy entropy)
    {
        _options = options;
        _entropy = entropy;
        _document = document;
        _expiresAt = document.ExpiresAt(now, wallNow);
        _ring = new(options.TransmitDatagrams);
        _links = new(now, new LinkOptions { NetworkId = document.NetworkId.ToArray(), StartWallTime = wallNow }, entropy);
        _selector = new(entropy);
        _selector.RestoreGuards(options.Guards);
    }

    public DropCounters<LinkDrop> LinkDrops => _links.Drops;

    /// <summary>The guards kept, preferred first: store them.</summary>
    public IReadOnlyList<RelayId> Guards => _selector.Guards;

    public int PathCount => _paths.Count;

    /// <summary>Voice paths that a relay had no room for. (NODE.REFUSED)</summary>
    public long VoiceRefusals { get; private set; }

    /// <summary>Datagrams that could not be queued or whose link was gone.</summary>
    public long LostTransmits { get; private set; }

    /// <summary>Takes a newer document of the same network. (NODE.DOCUMENT)</summary>
    public void SetDocument(Instant now, WallTime wallNow, NetworkDocument document)
    {
        _document = document;
        _expiresAt = document.ExpiresAt(now, wallNow);
    }

    public LinkDrop HandleDatagram(Instant now, in PeerAddress from, ReadOnlySpan<byte> datagram)
    {
        LinkDrop drop = _links.HandleDatagram(now, from, datagram, _cell, out ReceivedCell received);
        if (received.Kind == ReceivedKind.Message)
        {
            foreach (ClientPath path in _paths.Values)
            {
                if (path.Link == received.Link)
                {
                    path.Circuit?.HandleMessage(now, _cell);
                }
            }
        }
        else if (received.Kind == ReceivedKind.Cell)
        {
            HandleCell(now, received);
        }

        Pump(now);
        return drop;
    }

    /// <summary>Begins a path; PathReady or PathFailed follows. Null when the table is full. (NODE.PATH)</summary>
    /// <param name="exit">An exit to keep, as for an account whose registration lives there.</param>
    /// <param name="now">The time.</param>
    public PathId? OpenPath(Instant now, RelayId? exit = null) => OpenPath(now, new PathOptions { Exit = exit });

    /// <summary>The same, for a call or over given relays. (NODE.VOICE)</summary>
    public PathId? OpenPath(Instant now, PathOptions options)
    {
        if (_paths.Count >= _options.PathsMax)
        {
            return null;
        }

        PathId id = new(_nextPath++);
        if (now > _expiresAt)
        {
            _events.Enqueue(new(ClientEventKind.PathFailed, id, Reason: PathReason.NoNetwork));
            return id;
        }

        int guards = _selector.Guards.Count;
        RelayPath? relays = options.Relays is { } given ? Find(given) : Draw(now, options);
        if (_selector.Guards.Count != guards)
        {
            _events.Enqueue(new(ClientEventKind.GuardsChanged, id));
        }

        if (relays is null)
        {
            _events.Enqueue(new(ClientEventKind.PathFailed, id, Reason: PathReason.NoRelays));
            return id;
        }

        RelayDescriptor guard = relays.Guard;
        LinkTarget target = new(guard.Identity, guard.Addresses[0], LinkPublicKey.FromBytes(guard.LinkKey.Span));
        LinkId link = _links.Open(now, target);
        ClientPath path = new(id, relays, link, options, now + _options.BuildTimeout, _options.ProbeInterval, _events);
        _paths.Add(id.Value, path);
        if (_links.IsOpen(link))
        {
            Begin(now, path);
        }

        Pump(now);
        return id;
    }

    /// <summary>Begins voice on a ready voice path: one cell a tick from now on. False when it is none, or has begun. (NODE.TICK)</summary>
    public bool StartVoice(Instant now, PathId id) => Path(id)?.TryStartVoice(now, _entropy, _options.LocksTicks) ?? false;

    /// <summary>The call is over: the rate goes on for a drawn time, then the path closes. (NODE.TAIL)</summary>
    public void EndVoice(Instant now, PathId id)
    {
        if (Path(id)?.Voice is { } voice)
        {
            voice.End(now);
        }
        else
        {
            ClosePath(now, id);
        }
    }

    /// <summary>When a path's next cell leaves; never when it has no voice.</summary>
    public Instant NextTick(PathId id) => Path(id)?.Voice?.NextTick ?? Instant.Never;

    /// <summary>What became of a voice path's slots so far; null when it has no voice. The last one comes with PathClosed.</summary>
    public PathVoiceReport? VoiceReport(PathId id) => Path(id)?.VoiceReport();

    public void ClosePath(Instant now, PathId id)
    {
        if (_paths.TryGetValue(id.Value, out ClientPath? path))
        {
            path.Fail(PathReason.Released, null);
            Pump(now);
        }
    }

    /// <summary>The relays of a path, guard first; empty when it is gone.</summary>
    public IReadOnlyList<RelayDescriptor> RelaysOf(PathId id) => Path(id)?.Relays.Hops ?? [];

    /// <summary>CONNECT at the exit; StreamConnected or StreamFailed follows. Null when the path is not ready or full.</summary>
    public StreamKey? OpenStream(Instant now, PathId id, WireHost host, ushort port)
    {
        StreamKey? key = Path(id) is { } path && path.TryOpenStream(now, host, port, out StreamId stream) ? new(id, stream) : null;
        Pump(now);
        return key;
    }

    /// <summary>Returns how many bytes were taken; StreamWritable follows when it was not all.</summary>
    public int WriteStream(Instant now, StreamKey key, ReadOnlySpan<byte> bytes)
    {
        int written = Path(key.Path)?.Write(key.Id, bytes) ?? 0;
        Pump(now);
        return written;
    }

    public int ReadStream(Instant now, StreamKey key, Span<byte> bytes)
    {
        int read = Path(key.Path)?.Read(now, key.Id, bytes) ?? 0;
        Pump(now);
        return read;
    }

    /// <summary>No more bytes will be written.</summary>
    public void FinishStream(Instant now, StreamKey key)
    {
        Path(key.Path)?.FinishStream(key.Id);
        Pump(now);
    }

    public void ResetStream(Instant now, StreamKey key)
    {
        Path(key.Path)?.ResetStream(key.Id);
        Pump(now);
    }

    /// <summary>ASSOCIATE at the exit; Associated or AssociateFailed follows. Null when the path is not ready or full.</summary>
    public FlowKey? Associate(Instant now, PathId id, bool isIPv6)
    {
        FlowKey? key = Path(id) is { } path && path.TryAssociate(now, isIPv6, out FlowId flow) ? new(id, flow) : null;
        Pump(now);
        return key;
    }

    /// <summary>The endpoints this association may send to from now on. (EXIT.CONSENT)</summary>
    public void Consent(Instant now, FlowKey key, ReadOnlySpan<PeerAddress> endpoints)
    {
        Path(key.Path)?.Consent(now, key.Id, endpoints);
        Pump(now);
    }

    public void ReleaseFlow(Instant now, FlowKey key)
    {
        Path(key.Path)?.Release(now, key.Id);
        Pump(now);
    }

    /// <summary>Sends one datagram from the exit; false when the association is gone or the queue is full.</summary>
    public bool SendDatagram(Instant now, FlowKey key, bool isRtcp, in PeerAddress destination, ReadOnlySpan<byte> datagram)
    {
        bool sent = Path(key.Path)?.SendDatagram(now, key.Id, isRtcp, destination, datagram) ?? false;
        Pump(now);
        return sent;
    }

    /// <summary>Takes one datagram that reached the exit.</summary>
    public bool TryReceiveDatagram(
        PathId id, out FlowKey key, out bool isRtcp, out PeerAddress source, Span<byte> datagram, out int bytes)
    {
        (key, isRtcp, source, bytes) = (default, false, default, 0);
        if (Path(id) is not { } path || !path.TryReceiveDatagram(out FlowId flow, out isRtcp, out source, datagram, out bytes))
        {
            return false;
        }

        key = new(id, flow);
        return true;
    }

    /// <summary>RESOLVE at the exit; Resolved or ResolveFailed follows.</summary>
    public QueryKey? Resolve(Instant now, PathId id, ResolveKind kind, ReadOnlySpan<byte> name)
    {
        QueryKey? key = Path(id) is { } path && path.TryResolve(now, kind, name, out ushort request) ? new(id, request) : null;
        Pump(now);
        return key;
    }

    public bool TryTakeAnswers(QueryKey key, out IReadOnlyList<DnsAnswer> answers)
    {
        List<DnsAnswer>? taken = null;
        bool any = Path(key.Path)?.TryTakeAnswers(key.Request, out taken) ?? false;
        answers = taken ?? [];
        return any;
    }

    /// <summary>Closes every path and link; poll once more, then stop.</summary>
    public void Shutdown(Instant now)
    {
        foreach (ClientPath path in _paths.Values)
        {
            path.Fail(PathReason.Released, null);
        }

        Pump(now);
        _links.CloseAll(now);
    }

    public void HandleTimeout(Instant now)
    {
        _links.HandleTimeout(now);
        foreach (ClientPath path in _paths.Values)
        {
            path.HandleTimeout(now);
        }

        Pump(now);
    }

    public bool PollTransmit(Instant now, Span<byte> destination, out Transmit transmit) =>
        _ring.TryTake(destination, out transmit) || _links.PollTransmit(now, destination, out transmit);

    public bool PollEvent(out ClientEvent nodeEvent) => _events.TryDequeue(out nodeEvent);

    public Instant PollTimeout()
    {
        Instant next = _links.PollTimeout();
        foreach (ClientPath path in _paths.Values)
        {
            next = Instant.Min(next, path.PollTimeout());
        }

        return next;
    }

    public void Dispose()
    {
        foreach (ClientPath path in _paths.Values)
        {
            path.Dispose();
        }

        _links.Dispose();
    }

    private ClientPath? Path(PathId id) => _paths.GetValueOrDefault(id.Value);

    private ClientPath? Find(LinkId link, CircuitId circuit)
    {
        foreach (ClientPath path in _paths.Values)
        {
            if (path.Link == link && path.Circuit?.Id == circuit)
            {
                return path;
            }
        }

        return null;
    }

    private void HandleCell(Instant now, in ReceivedCell received)
    {
        if (Find(received.Link, received.Circuit) is not { } path)
        {
            LinkMessage.WriteDestroy(_cell, received.Circuit);
            Send(now, received.Link, default, default);
            return;
        }

        CircuitDrop drop = path.Circuit!.HandleCell(now, received.Slot, _cell, out HopIndex hop);
        if (drop == CircuitDrop.None)
        {
            path.HandleBody(now, hop, _cell.AsSpan(WireLayout.OwnerMarkBytes));
        }
        else if (drop == CircuitDrop.MissingCell)
        {
            path.Voice?.NoteBackward(now, null);
        }
    }

    /// <summary>For a call the exit wanted, then any; signalling uses relays that failed rather than none. (NODE.REFUSED)</summary>
    private RelayPath? Draw(Instant now, PathOptions options)
    {
        RelayPath? drawn = Draw(now, options, options.Exit);
        return drawn is null && options.IsVoice && options.Exit is not null ? Draw(now, options, null) : drawn;
    }

    private RelayPath? Draw(Instant now, PathOptions options, RelayId? exit) =>
        _selector.Select(
            _document, relay => !HasFailed(now, relay) && !IsFull(now, relay, options) && !IsSuspect(now, relay), exit, options.Guard)
        ?? _selector.Select(_document, relay => !HasFailed(now, relay) && !IsFull(now, relay, options), exit, options.Guard)
        ?? _selector.Select(_document, relay => !IsFull(now, relay, options), exit, options.Guard);

    private RelayPath? Find(IReadOnlyList<RelayId> relays) =>
        relays.Count == 3 && _document.Find(relays[0]) is { } guard && _document.Find(relays[1]) is { } middle
            && _document.Find(relays[2]) is { } exit
            ? new(guard, middle, exit)
            : null;

    /// <summary>A relay that refused a call lately is left out for calls alone; a guard never is. (NODE.REFUSED)</summary>
    private bool IsFull(Instant now, RelayId relay, PathOptions options) =>
        options.IsVoice && relay != options.Guard && _fullUntil.TryGetValue(relay, out Instant until) && until > now;

    private bool HasFailed(Instant now, RelayId relay) => _failedUntil.TryGetValue(relay, out Instant until) && until > now;

    private bool IsSuspect(Instant now, RelayId relay) => _suspectUntil.TryGetValue(relay, out Instant until) && until > now;

    private void Begin(Instant now, ClientPath path)
    {
        RelayDescriptor guard = path.Relays.Guard;
        HopTarget target = new(guard.Identity, OnionPublicKey.FromBytes(guard.OnionKey.Span), path.Options.FlagsAt(0));
        CircuitId id = CircuitIdChoice.Draw(weInitiatedLink: true, _entropy);
        path.Begin(new(now, id, target, _document.NetworkId.Span, _entropy));
        _links.SetBusy(now, path.Link, true);
    }

    /// <summary>Moves events and cells between links and paths until none has any. (NODE.PUMP)</summary>
    private void Pump(Instant now)
    {
        while (_links.PollEvent(out LinkEvent linkEvent))
        {
            HandleLink(now, linkEvent);
        }

        List<ClientPath>? ended = null;
        foreach (ClientPath path in _paths.Values)
        {
            path.Pump(now);
            if (path.Fault != PathReason.None)
            {
                (ended ??= []).Add(path);
            }

            Send(now, path);
        }

        foreach (ClientPath path in ended ?? [])
        {
            End(now, path);
        }
    }

    private void HandleLink(Instant now, in LinkEvent linkEvent)
    {
        foreach (ClientPath path in _paths.Values)
        {
            if (path.Link != linkEvent.Link)
            {
                continue;
            }

            if (linkEvent.Kind == LinkEventKind.Opened)
            {
                Begin(now, path);
            }
            else
            {
                PathReason reason = linkEvent.Reason == LinkCloseReason.Unreachable ? PathReason.GuardUnreachable : PathReason.LinkLost;
                path.Fail(reason, path.Relays.Guard.Identity);
            }
        }
    }

    private void Send(Instant now, ClientPath path)
    {
        if (path.Circuit is not { } circuit)
        {
            return;
        }

        while (circuit.PollMessage(_cell))
        {
            Send(now, path.Link, default, default);
        }

        while (path.Fault == PathReason.None && path.TryTakeBody(now, _body, out HopIndex to))
        {
            if (circuit.TrySealBody(now, to, _body, _cell, out Slot slot))
            {
                Send(now, path.Link, circuit.Id, slot);
            }
        }
    }

    private void Send(Instant now, LinkId link, CircuitId circuit, Slot slot)
    {
        if (!_ring.IsFull && _links.TrySeal(now, link, circuit, slot, _cell, _ring.NextSlot(), out Transmit transmit))
        {
            _ring.Commit(transmit);
            return;
        }

        LostTransmits++;
    }

    private void End(Instant now, ClientPath path)
    {
        path.Close(now);
        Send(now, path);
        _paths.Remove(path.Id.Value);
        if (path.Fault == PathReason.Refused)
        {
            VoiceRefusals++;
            _fullUntil[path.Blamed!.Value] = now + _options.RelayFullMemory;
        }
        else if (path.Blamed is { } blamed)
        {
            _failedUntil[blamed] = now + _options.RelayFailureMemory;
        }
        else if (path.IsReady && path.Fault == PathReason.Destroyed)
        {
            Suspect(now, path.Relays.Middle.Identity);
            Suspect(now, path.Relays.Exit.Identity);
        }

        ClientEventKind kind = path.IsReady ? ClientEventKind.PathClosed : ClientEventKind.PathFailed;
        _events.Enqueue(new(kind, path.Id, Reason: path.Fault, Voice: path.VoiceReport()));
        path.Dispose();
        _links.SetBusy(now, path.Link, UsesLink(path.Link));
    }

    /// <summary>One of the relays behind the guard ended a path in use: leave it out for a while. (PATH.SUSPECT)</summary>
    private void Suspect(Instant now, RelayId relay)
    {
        if (!_suspectUntil.ContainsKey(relay))
        {
            if (_suspects.Count == SuspectsMax)
            {
                _suspectUntil.Remove(_suspects.Dequeue());
            }

            _suspects.Enqueue(relay);
        }

        _suspectUntil[relay] = now + _options.RelayFailureMemory;
    }

    private bool UsesLink(LinkId link)
    {
        foreach (ClientPath path in _paths.Values)
        {
            if (path.Link == link)
            {
                return true;
            }
        }

        return false;
    }
}
