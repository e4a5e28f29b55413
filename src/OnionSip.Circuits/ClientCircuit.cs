using System;
using System.Collections.Generic;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>
/// One circuit of a client, from its guard to its last hop. Does not choose relays or frame bodies. (CIRCUIT.STATE)
/// </summary>
/// <remarks>
/// Shape:   Creating, then Open; Extending while an EXTEND is out; Closed at the end. After every input poll
///          messages and events.
/// Bounds:  <see cref="CircuitLimits.MaxHops"/> hops; one extension at a time.
/// Drops:   <see cref="CircuitDrop"/>, each counted (never throws on peer input, never answers a cell).
/// Throws:  InvalidOperationException for commands the state does not allow: caller mistakes.
/// Secrets: the layer keys of each hop and the open handshake, erased when the circuit closes.
/// </remarks>
public sealed class ClientCircuit : IDisposable
{
    private static readonly TimeSpan s_extendTimeout = TimeSpan.FromMilliseconds(
        CircuitLimits.ExtendTimeoutMilliseconds);
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromMilliseconds(CircuitLimits.KeepAliveMilliseconds);

    private readonly Entropy _entropy;
    private readonly LayerCipherFactory _ciphers;
    private readonly byte[] _networkId;
    private readonly byte[] _create;
    private readonly FragmentJoiner _created = new();
    private readonly List<ClientHop> _hops = [];
    private readonly List<HopTarget> _targets = [];
    private readonly LinkMessageQueue _messages = new(CircuitLimits.CreateTries + 1);
    private readonly Queue<ClientCircuitEvent> _events = new();
    private readonly DropCounters<CircuitDrop> _drops = new();
    private readonly SlotWindow _backward = new();
    private PendingHop? _pending;
    private RetrySchedule _retry;
    private Instant _extendDeadline = Instant.Never;
    private Instant _paddingAt = Instant.Never;
    private Instant _lastForward;
    private long _forwardNext;
    private long _lastToLast = -1;
    private int _extendAttempts;

    public ClientCircuit(Instant now, CircuitId id, in HopTarget guard, ReadOnlySpan<byte> networkId, Entropy entropy)
        : this(now, id, in guard, networkId, entropy, Hctr2CipherFactory.Instance)
    {
    }

    /// <summary>The seam of the tagging control: another cipher in place of HCTR2.</summary>
    internal ClientCircuit(
        Instant now,
        CircuitId id,
        in HopTarget guard,
        ReadOnlySpan<byte> networkId,
        Entropy entropy,
        LayerCipherFactory ciphers)
    {
        ArgumentNullException.ThrowIfNull(entropy);
        Id = id;
        _entropy = entropy;
        _ciphers = ciphers;
        _networkId = networkId.ToArray();
        _create = new byte[CreateLayout.CreateBytes];
        _lastForward = now;
        HopNumbering numbering = new(entropy.NextUInt32(), entropy.NextUInt32(), 0, 0);
        PendingHop pending = new(in guard, in numbering, networkId, entropy);
        if (!pending.Initiator.TryWriteCreate(numbering.ForwardBase, numbering.BackwardBase, _create))
        {
            pending.Dispose();
            State = ClientCircuitState.Closed;
            Announce(ClientCircuitEventKind.Failed);
            return;
        }

        _pending = pending;
        _retry = new RetrySchedule(now);
        _messages.TryAdd(default, LinkCommand.Create, id, _create);
    }

    public CircuitId Id { get; }

    public ClientCircuitState State { get; private set; }

    /// <summary>The hops that answered, guard first.</summary>
    public IReadOnlyList<HopTarget> Hops => _targets;

    public HopIndex LastHop => new(_targets.Count - 1);

    public DropCounters<CircuitDrop> Drops => _drops;

    /// <summary>
    /// True when the last hop should be sent a cell, empty if need be, so that its window and patience last.
    /// (CIRCUIT.IDLE)
    /// </summary>
    public bool IsPaddingDue(Instant now) =>
        IsUsable && (SlotsPastLastHop >= CircuitLimits.PaddingDueSlots || now - _lastForward >= s_keepAlive);

    /// <summary>The count that the next forward cell takes.</summary>
    public long ForwardCount => _forwardNext;

    /// <summary>The highest count of a backward cell that was accepted; -1 before the first.</summary>
    public long BackwardCount => _backward.Highest;

    /// <summary>The count of the cell that <see cref="HandleCell"/> last accepted, readable or not.</summary>
    public long LastCellCount { get; private set; } = -1;

    /// <summary>The guard ended the circuit instead of answering CREATE: it has no room.</summary>
    public bool WasRefused { get; private set; }

    internal IReadOnlyList<ClientHop> HopKeys => _hops;

    private bool IsUsable => State is ClientCircuitState.Open or ClientCircuitState.Extending;

    /// <summary>
    /// Takes a link message under this circuit's id: CREATED or DESTROY. (CIRCUIT.CREATE, CIRCUIT.DESTROY)
    /// </summary>
    public CircuitDrop HandleMessage(Instant now, ReadOnlySpan<byte> message)
    {
        if (message.Length != WireLayout.CellBytes)
        {
            return _drops.Count(CircuitDrop.BadLength);
        }

        CircuitDrop refused = (LinkCommand)message[0] switch
        {
            LinkCommand.Created => HandleCreated(now, message),
            LinkCommand.Destroy => HandleDestroy(message),
            _ => CircuitDrop.NotACircuitMessage,
        };
        return refused == CircuitDrop.None ? refused : _drops.Count(refused);
    }

    /// <summary>
    /// Takes the layers off a backward cell until a hop turns out to have made it; the body is at byte 16.
    /// (CIRCUIT.LAYER)
    /// </summary>
    /// <remarks>Drops: BadLength, NotOpen, SlotReplayed, SlotTooOld, SlotTooFar, MissingCell.</remarks>
    public CircuitDrop HandleCell(Instant now, Slot slot, Span<byte> cell, out HopIndex from)
    {
        from = default;
        CircuitDrop refused = cell.Length != WireLayout.CellBytes ? CircuitDrop.BadLength
            : IsUsable ? OpenCell(slot, cell, out from)
            : CircuitDrop.NotOpen;
        return refused == CircuitDrop.None ? refused : _drops.Count(refused);
    }

    /// <summary>Makes a forward cell for one hop in the next slot. (CIRCUIT.LAYER)</summary>
    /// <returns>
    /// False when the circuit is not open, has no such hop, or owes its last hop a cell first. (CIRCUIT.IDLE)
    /// </returns>
    public bool TrySealBody(Instant now, HopIndex to, ReadOnlySpan<byte> body, Span<byte> cell, out Slot slot)
    {
        OwnedCell.Require(body, cell);
        slot = default;
        bool isLast = to.Value == _hops.Count - 1;
        if (!IsUsable || to.Value < 0 || to.Value >= _hops.Count || (!isLast && MustPad) || IsExtendingTooLong)
        {
            return false;
        }

        long count = _forwardNext++;
        if (isLast)
        {
            _lastToLast = count;
            _lastForward = now;
        }

        OwnedCell.Write(body, cell);
        for (int hop = to.Value; hop >= 0; hop--)
        {
            _hops[hop].Encrypt(count, cell);
        }

        slot = _hops[0].Numbering.ForwardSlot(count);
        return true;
    }

    /// <summary>
    /// Writes an EXTEND, from its type byte on, for stream 0 of the last hop; returns its length. (CIRCUIT.EXTEND)
    /// </summary>
    /// <returns>0 when the hop's key is of no use or the circuit cannot be longer; nothing has changed then.</returns>
    /// <exception cref="InvalidOperationException">The circuit is not Open.</exception>
    public int BeginExtend(Instant now, ushort request, in HopTarget next, Span<byte> extendMessage)
    {
        if (State != ClientCircuitState.Open)
        {
            throw new InvalidOperationException("only an open circuit can be extended");
        }

        if (_hops.Count >= CircuitLimits.MaxHops || _extendAttempts >= CircuitLimits.ExtendAttempts)
        {
            return 0;
        }

        uint forwardOffset = _entropy.NextUInt32();
        uint backwardOffset = _entropy.NextUInt32();
        HopNumbering numbering = NextNumbering(forwardOffset, backwardOffset);
        PendingHop pending = new(in next, in numbering, _networkId, _entropy);
        byte[] create = new byte[CreateLayout.CreateBytes];
        if (!pending.Initiator.TryWriteCreate(numbering.ForwardBase, numbering.BackwardBase, create))
        {
            pending.Dispose();
            return 0;
        }

        _pending = pending;
        _extendAttempts++;
        _extendDeadline = now + s_extendTimeout;
        State = ClientCircuitState.Extending;
        return ExtendMessage.Write(extendMessage, request, next.Relay, forwardOffset, backwardOffset, create);
    }

    /// <summary>Takes the CREATED message of an EXTENDED; a wrong one closes the circuit. (CIRCUIT.EXTEND)</summary>
    public CircuitDrop CompleteExtend(Instant now, ReadOnlySpan<byte> createdMessage)
    {
        if (State != ClientCircuitState.Extending)
        {
            return _drops.Count(CircuitDrop.UnexpectedCreated);
        }

        _extendDeadline = Instant.Never;
        CircuitDrop refused = AddHop(now, createdMessage);
        return refused == CircuitDrop.None ? refused : _drops.Count(refused);
    }

    /// <summary>The last hop could not extend: the circuit is open as before. (CIRCUIT.EXTEND)</summary>
    public void FailExtend()
    {
        if (State == ClientCircuitState.Extending)
        {
            DropPending();
            _extendDeadline = Instant.Never;
            State = ClientCircuitState.Open;
        }
    }

    /// <summary>Ends the circuit and tells the guard; there is no event for it. (CIRCUIT.DESTROY)</summary>
    public void Close(Instant now)
    {
        if (State != ClientCircuitState.Closed)
        {
            Erase();
            _messages.RemoveLink(default);
            _messages.TryAddDestroy(default, Id);
        }
    }

    /// <summary>Begins voice: the next cell takes the first index by which every hop knows it. (CIRCUIT.TICK)</summary>
    /// <exception cref="InvalidOperationException">The circuit is not Open.</exception>
    public void StartVoice()
    {
        if (State != ClientCircuitState.Open)
        {
            throw new InvalidOperationException("only an open circuit begins voice");
        }

        _forwardNext = Math.Max(_forwardNext, _hops[^1].Numbering.ForwardStart + TickLimits.VoiceFirstIndex);
        _lastToLast = _forwardNext - 1;
    }

    /// <summary>Leaves slots unused because their ticks have passed. (CIRCUIT.SLIP)</summary>
    public void SkipSlots(int slots)
    {
        _forwardNext += slots;
        _lastToLast += slots;
    }

    /// <summary>The count at which a hop's numbering begins: its index is the count less this. (CIRCUIT.SLOT)</summary>
    public long StartOf(HopIndex hop, bool isForward)
    {
        HopNumbering numbering = _hops[hop.Value].Numbering;
        return isForward ? numbering.ForwardStart : numbering.BackwardStart;
    }

    /// <summary>Writes one link message for the guard; false when there is none.</summary>
    public bool PollMessage(Span<byte> message) => _messages.Poll(out _, message);

    public bool PollEvent(out ClientCircuitEvent circuitEvent) => _events.TryDequeue(out circuitEvent);

    public Instant PollTimeout() => State switch
    {
        ClientCircuitState.Creating => _retry.Deadline,
        ClientCircuitState.Open => _paddingAt,
        ClientCircuitState.Extending => Instant.Min(_extendDeadline, _paddingAt),
        _ => Instant.Never,
    };

    public void HandleTimeout(Instant now)
    {
        if (PollTimeout() > now)
        {
            return;
        }

        if (_paddingAt <= now)
        {
            HandlePadding(now);
            return;
        }

        if (State == ClientCircuitState.Creating && _retry.TryAgain(now))
        {
            _messages.TryAdd(default, LinkCommand.Create, Id, _create);
            return;
        }

        _drops.Count(CircuitDrop.CreateTimeout);
        Fail(now);
    }

    public void Dispose()
    {
        Erase();
        _hops.ForEach(static hop => hop.Dispose());
    }

    /// <summary>Slots in a row that the last hop sees nothing of.</summary>
    private long SlotsPastLastHop => _forwardNext - 1 - _lastToLast;

    private bool MustPad => SlotsPastLastHop >= CircuitLimits.PaddingMustSlots;

    /// <summary>The hop being added would be left behind by more than it can jump.</summary>
    private bool IsExtendingTooLong =>
        State == ClientCircuitState.Extending
        && _forwardNext - _pending!.Numbering.ForwardStart >= CircuitLimits.PaddingMustSlots;

    /// <summary>
    /// The numbering a new hop is given: its first forward slot is the next one, its first backward slot lies past
    /// the gap. (CIRCUIT.HANDOVER)
    /// </summary>
    private HopNumbering NextNumbering(uint forwardOffset, uint backwardOffset)
    {
        HopNumbering last = _hops[^1].Numbering;
        long forwardStart = _forwardNext;
        long backwardStart = Math.Max(_backward.Highest + 1, last.BackwardStart) + CircuitLimits.HandOverGapSlots;
        Slot forwardBase = last.ForwardSlot(forwardStart) + forwardOffset;
        Slot backwardBase = last.BackwardSlot(backwardStart) - backwardOffset;
        return new(forwardBase.Value, backwardBase.Value, forwardStart, backwardStart);
    }

    /// <summary>Asks for a cell when the last hop has heard nothing for the keep-alive time. (CIRCUIT.IDLE)</summary>
    private void HandlePadding(Instant now)
    {
        bool isDue = now - _lastForward >= s_keepAlive;
        _paddingAt = (isDue ? now : _lastForward) + s_keepAlive;
        if (isDue)
        {
            Announce(ClientCircuitEventKind.PaddingDue);
        }
    }

    private CircuitDrop OpenCell(Slot slot, Span<byte> cell, out HopIndex from)
    {
        from = default;
        long count = _backward.IndexOf(unchecked(slot.Value - _hops[0].Numbering.BackwardBase));
        CircuitDrop refused = _backward.Check(count);
        if (refused != CircuitDrop.None)
        {
            return refused;
        }

        _backward.Accept(count);
        LastCellCount = count;
        for (int hop = 0; hop < _hops.Count && _hops[hop].TryDecrypt(count, _backward.Highest, cell); hop++)
        {
            if (OwnedCell.HasMark(cell))
            {
                from = new HopIndex(hop);
                return CircuitDrop.None;
            }
        }

        return CircuitDrop.MissingCell;
    }

    private CircuitDrop HandleCreated(Instant now, ReadOnlySpan<byte> message)
    {
        CircuitDrop refused = FragmentFit.Parse(message, out LinkFragment fragment);
        if (refused != CircuitDrop.None)
        {
            return refused;
        }

        if (fragment.Circuit != Id)
        {
            return CircuitDrop.UnknownCircuit;
        }

        if (State != ClientCircuitState.Creating)
        {
            return CircuitDrop.UnexpectedCreated;
        }

        refused = FragmentFit.Join(_created, in fragment, CreateLayout.CreatedBytes, out bool isComplete);
        return isComplete ? AddHop(now, _created.Message) : refused;
    }

    private CircuitDrop HandleDestroy(ReadOnlySpan<byte> message)
    {
        if (LinkMessage.ParseDestroy(message, out CircuitId circuit) != WireParse.None)
        {
            return CircuitDrop.BadMessage;
        }

        if (circuit != Id || State == ClientCircuitState.Closed)
        {
            return CircuitDrop.UnknownCircuit;
        }

        bool wasCreating = State == ClientCircuitState.Creating;
        WasRefused = wasCreating;
        Erase();
        _messages.RemoveLink(default);
        Announce(wasCreating ? ClientCircuitEventKind.Failed : ClientCircuitEventKind.Closed);
        return CircuitDrop.None;
    }

    private CircuitDrop AddHop(Instant now, ReadOnlySpan<byte> created)
    {
        CircuitKeys keys = new(stackalloc byte[CircuitKeys.Bytes]);
        byte[] digest = new byte[CreateLayout.DigestBytes];
        PendingHop pending = _pending!;
        CircuitDrop refused = pending.Initiator.Finish(created, in keys, digest);
        if (refused != CircuitDrop.None)
        {
            Fail(now);
            return refused;
        }

        _hops.Add(new ClientHop(pending.Target, pending.Numbering, in keys, _ciphers));
        _targets.Add(pending.Target);
        keys.Erase();
        DropPending();
        _messages.RemoveLink(default);
        _lastToLast = _hops[^1].Numbering.ForwardStart - 1;
        _lastForward = now;
        _paddingAt = now + s_keepAlive;
        _extendAttempts = 0;
        State = ClientCircuitState.Open;
        _events.Enqueue(new(ClientCircuitEventKind.HopAdded, LastHop, digest));
        return CircuitDrop.None;
    }

    private void Fail(Instant now)
    {
        Close(now);
        Announce(ClientCircuitEventKind.Failed);
    }

    private void Erase()
    {
        _hops.ForEach(static hop => hop.Erase());
        DropPending();
        _extendDeadline = Instant.Never;
        _paddingAt = Instant.Never;
        State = ClientCircuitState.Closed;
    }

    private void DropPending()
    {
        _pending?.Dispose();
        _pending = null;
    }

    private void Announce(ClientCircuitEventKind kind) => _events.Enqueue(new(kind, default, default));
}
