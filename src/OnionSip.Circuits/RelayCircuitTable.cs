using System;
using System.Diagnostics.CodeAnalysis;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>All circuits of one relay. Does not frame bodies, name relays or own links. (CIRCUIT.STATE)</summary>
/// <remarks>
/// Shape:   after every input poll messages and events until both say no, then ask for the timeout.
/// Bounds:  <see cref="RelayCircuitOptions"/>; nothing is allocated for a forwarded cell.
/// Drops:   <see cref="CircuitDrop"/>, each counted (never throws on peer input, never answers a cell).
/// Secrets: the layer keys of each circuit, erased when it goes.
/// </remarks>
public sealed class RelayCircuitTable : IDisposable
{
    /// <summary>circuit.hinted_cells: how many cells <see cref="Hint"/> takes at once.</summary>
    public const int HintedCells = 64;

    private readonly CellHints _hints = new();
    private readonly DropCounters<CircuitDrop> _drops = new();
    private readonly RelayCircuitStore _store;
    private readonly CircuitSetup _setup;

    public RelayCircuitTable(Instant now, RelayCircuitOptions options, Entropy entropy)
        : this(now, options, entropy, Hctr2CipherFactory.Instance)
    {
    }

    /// <summary>The seam of the tagging control: another cipher in place of HCTR2.</summary>
    internal RelayCircuitTable(Instant now, RelayCircuitOptions options, Entropy entropy, LayerCipherFactory ciphers)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(entropy);
        _store = new RelayCircuitStore(now, options.MaxCircuits, ciphers, entropy);
        _setup = new CircuitSetup(now, options, _store, _drops, entropy);
    }

    public DropCounters<CircuitDrop> Drops => _drops;

    public int Count => _store.Count;

    /// <summary>Unfinished CREATE messages.</summary>
    public int ReassemblyCount => _setup.ReassemblyCount;

    /// <summary>What the lanes did since the start. (CIRCUIT.TICK)</summary>
    public VoiceCounters Voice => _store.Voice.Counters;

    /// <summary>Lanes that keep ticks now: nought when nothing leaves by the clock.</summary>
    public int AwakeLanes => _store.Voice.AwakeLanes;

    /// <summary>How long cells waited for their tick.</summary>
    public DurationCounts HeldTimes => _store.Voice.HeldTimes;

    public int CircuitsOn(LinkId link) => _store.CountOn(link);

    /// <summary>Who is charged for a circuit: a number for each relay's link and each prefix; 0 when it is gone. (CIRCUIT.SHARES)</summary>
    public long PayerOf(CircuitHandle handle) => _store.Find(handle)?.Payer?.Number ?? 0;

    /// <summary>Voice places that are taken. (CIRCUIT.ADMISSION)</summary>
    public int VoiceCount => _setup.Admission.Voice.Count;

    /// <summary>CREATE messages that wait for their handshake or are worked on. (NODE.WORK)</summary>
    public int WaitingCount => _setup.Admission.Waiting;

    internal RelayCircuitStore Store => _store;

    internal CircuitAdmission Admission => _setup.Admission;

    /// <summary>Sets how many voice circuits there may be; those that run stay. (CIRCUIT.ADMISSION)</summary>
    public void SetVoiceCapacity(Instant now, int capacity) => _setup.Admission.Voice.SetCapacity(now, capacity);

    /// <summary>Takes a link message: CREATE, CREATED or DESTROY. (CIRCUIT.CREATE, CIRCUIT.DESTROY)</summary>
    public CircuitDrop HandleMessage(Instant now, LinkId link, bool weInitiatedLink, ReadOnlySpan<byte> message)
    {
        CircuitDrop refused = _setup.HandleMessage(now, link, weInitiatedLink, message);
        return refused == CircuitDrop.None ? refused : _drops.Count(refused);
    }

    /// <summary>Takes a handshake to be run elsewhere; false when there is none for now. (NODE.WORK)</summary>
    public bool PollWork(Instant now, [NotNullWhen(true)] out NodeWork? work)
    {
        bool any = _setup.PollWork(now, out CreateWork? create);
        work = create;
        return any;
    }

    /// <summary>Takes back a handshake that was run; false when it is not a circuit's. (NODE.WORK)</summary>
    public bool HandleWork(Instant now, NodeWork work)
    {
        if (work is not CreateWork create)
        {
            return false;
        }

        CircuitDrop refused = _setup.HandleWork(now, create);
        if (refused != CircuitDrop.None)
        {
            _drops.Count(refused);
        }

        return true;
    }

    /// <summary>Asks for the place where this circuit is looked for. (MACHINE.TRAIN)</summary>
    public void HintIndex(LinkId link, CircuitId circuit) => _store.HintIndex(link, circuit);

    /// <summary>Asks for the state of these circuits, at most <see cref="HintedCells"/>; changes nothing. (MACHINE.TRAIN)</summary>
    public void Hint(ReadOnlySpan<(LinkId Link, CircuitId Circuit, Slot Slot)> cells) => _hints.Run(_store, cells);

    /// <summary>
    /// Takes a cell of a circuit: takes or puts a layer in place and says where it goes. (CIRCUIT.LAYER,
    /// CIRCUIT.GARBLED)
    /// </summary>
    /// <remarks>A garbled cell takes the same way as a good one, except that nobody finds it to be his.</remarks>
    public CircuitDrop HandleCell(
        Instant now, LinkId link, CircuitId circuit, Slot slot, Span<byte> cell, out CellRoute route)
    {
        route = default;
        if (cell.Length != WireLayout.CellBytes)
        {
            return _drops.Count(CircuitDrop.BadLength);
        }

        RelayCircuit? found = _store.Find(link, circuit, out bool isClientSide);
        if (found is null)
        {
            _setup.SendDestroy(link, circuit);
            return _drops.Count(CircuitDrop.UnknownCircuit);
        }

        CircuitDrop refused = isClientSide
            ? HandleForward(now, found, slot, cell, out route)
            : HandleBackward(now, found, slot, cell, out route);
        return refused == CircuitDrop.None ? refused : _drops.Count(refused);
    }

    /// <summary>
    /// Originates a backward cell: mark, body, zeros, this hop's layer. False when this hop may not for now, or
    /// ever. (CIRCUIT.HANDOVER)
    /// </summary>
    /// <exception cref="ArgumentException">The body or the cell has an impossible length.</exception>
    public bool TrySealBody(
        Instant now, CircuitHandle handle, ReadOnlySpan<byte> body, Span<byte> cell, out CellRoute route)
    {
        OwnedCell.Require(body, cell);
        route = default;
        RelayCircuit? circuit = _store.Find(handle);
        if (circuit is null || circuit.CellsLeft == 0)
        {
            return false;
        }

        if (circuit.State != RelayCircuitState.Last)
        {
            circuit.CellsLeft--;
        }

        OwnedCell.Write(body, cell);
        Slot slot = circuit.Backward.EncryptNext(cell);
        route = new(CellRouteKind.Forward, circuit.ClientLink, circuit.ClientCircuit, slot, handle);
        return true;
    }

    /// <summary>True when this hop's own cells leave at ticks and not before. (CIRCUIT.TICK)</summary>
    public bool IsPaced(CircuitHandle handle) => _store.Find(handle) is { IsVoiceStarted: true };

    /// <summary>The link of the next due voice cell and the time of its tick; false when none is due. (CIRCUIT.TICK)</summary>
    public bool TryPeekDue(out LinkId link, out Instant dueAt) => _store.Voice.TryPeekDue(out link, out dueAt);

    /// <summary>
    /// Takes the next voice cell whose tick has come: Forward, ready for its link, or Originate, for which a body is written from byte 16
    /// on and <see cref="SealOwn"/> called. False when none is left over this link. (CIRCUIT.TICK)
    /// </summary>
    public bool TryTakeDue(Instant now, LinkId link, Span<byte> cell, out CellRoute route) =>
        _store.Voice.TryTakeDue(now, link, _drops, cell, out route);

    /// <summary>Seals the cell of an Originate; its body stands from byte 16 on. (CIRCUIT.TICK)</summary>
    public CellRoute SealOwn(CircuitHandle handle, Span<byte> cell) => RelayVoice.SealOwn(_store.Find(handle)!, cell);

    /// <summary>At the last hop's turn: what reached it, every so many turns. (CIRCUIT.REPORT)</summary>
    public bool TryReport(CircuitHandle handle, out ReportFrame report)
    {
        report = default;
        if (_store.Find(handle) is not { BackwardLane: { IsSource: true } lane } circuit || lane.Next % TickLimits.LastHopReportTicks != 0)
        {
            return false;
        }

        report = new(circuit.Good.Bitmap, null);
        return true;
    }

    /// <summary>
    /// Sends CREATE to a next hop over a link that is authenticated as the relay the client named. (CIRCUIT.EXTEND)
    /// </summary>
    /// <returns>None when it is on its way and an event will follow; otherwise the status for EXTEND-FAILED.</returns>
    public ControlStatus Extend(
        Instant now,
        CircuitHandle handle,
        ushort request,
        LinkId next,
        bool weInitiatedLink,
        uint forwardOffset,
        uint backwardOffset,
        ReadOnlySpan<byte> createMessage) =>
        _setup.Extend(
            now, handle, request, next, weInitiatedLink, new SlotOffsets(forwardOffset, backwardOffset), createMessage);

    /// <summary>Ends a circuit and tells both neighbours; there is no event for it. (CIRCUIT.DESTROY)</summary>
    public void Destroy(Instant now, CircuitHandle handle) => _setup.Destroy(handle);

    /// <summary>
    /// Ends every circuit of a link that is gone, and tells their other neighbours. (CIRCUIT.DESTROY)
    /// </summary>
    public void HandleLinkClosed(Instant now, LinkId link)
    {
        _setup.HandleLinkClosed(link);
        _store.Voice.ForgetLink(link);
    }

    /// <summary>Writes one link message; false when there is none.</summary>
    public bool PollMessage(out LinkId link, Span<byte> message) => _setup.PollMessage(out link, message);

    /// <summary>
    /// A link whose use changed: whether it carries circuits now. Bounded by the circuits there are; poll after every input.
    /// </summary>
    public bool PollLinkUse(out LinkId link, out bool inUse)
    {
        bool any = _store.PollLinkUse(out link);
        inUse = any && _store.CountOn(link) > 0;
        return any;
    }

    public bool PollEvent(out RelayCircuitEvent circuitEvent) => _setup.PollEvent(out circuitEvent);

    public Instant PollTimeout() => Instant.Min(_setup.PollTimeout(), _store.Voice.PollTimeout());

    public void HandleTimeout(Instant now)
    {
        _store.Voice.HandleTimeout(now);
        _setup.HandleTimeout(now);
    }

    /// <summary>Erases the keys of every circuit, and what waits. Work that is under way must be erased by who has it.</summary>
    public void Dispose()
    {
        _setup.Admission.Clear();
        _store.Dispose();
    }

    private CircuitDrop HandleForward(
        Instant now, RelayCircuit circuit, Slot slot, Span<byte> cell, out CellRoute route)
    {
        route = default;
        if (!circuit.ForwardMeter.TryTake(now, circuit.Rate))
        {
            return CircuitDrop.OverRate;
        }

        CircuitDrop refused = circuit.Forward.TryDecrypt(slot, cell, out long index);
        if (refused != CircuitDrop.None)
        {
            return refused;
        }

        circuit.LastForward = now;
        bool isHeld = RelayVoice.StartsOrHolds(circuit, index);
        bool isLast = circuit.State != RelayCircuitState.Extended;
        if (isHeld && isLast)
        {
            _store.Voice.WakeSource(now, circuit);
        }

        if (OwnedCell.HasMark(cell))
        {
            circuit.Good.Note(index);

            // Only the client can make such a cell, so it has CREATED and will not ask again.
            circuit.ForgetCreated();
            route = new(CellRouteKind.Deliver, circuit.ClientLink, circuit.ClientCircuit, slot, circuit.Handle);
            return CircuitDrop.None;
        }

        if (isLast)
        {
            return CircuitDrop.MissingCell;
        }

        if (isHeld)
        {
            route = new(CellRouteKind.Held, default, default, default, circuit.Handle);
            return _store.Voice.Hold(now, circuit, LayerDirection.Forward, index, cell);
        }

        Slot nextSlot = slot + circuit.Offsets.Forward;
        route = new(CellRouteKind.Forward, circuit.NextLink, circuit.NextCircuit, nextSlot, circuit.Handle);
        return CircuitDrop.None;
    }

    private CircuitDrop HandleBackward(
        Instant now, RelayCircuit circuit, Slot slot, Span<byte> cell, out CellRoute route)
    {
        route = default;
        if (circuit.State != RelayCircuitState.Extended)
        {
            return CircuitDrop.NotOpen;
        }

        if (!circuit.BackwardMeter.TryTake(now, circuit.Rate))
        {
            return CircuitDrop.OverRate;
        }

        Slot clientSlot = slot + circuit.Offsets.Backward;
        CircuitDrop refused = circuit.Backward.TryEncrypt(clientSlot, cell, out long index);
        if (refused != CircuitDrop.None)
        {
            return refused;
        }

        circuit.CellsLeft = 0;
        if (circuit.IsVoiceStarted)
        {
            route = new(CellRouteKind.Held, default, default, default, circuit.Handle);
            return _store.Voice.Hold(now, circuit, LayerDirection.Backward, index, cell);
        }

        route = new(CellRouteKind.Forward, circuit.ClientLink, circuit.ClientCircuit, clientSlot, circuit.Handle);
        return CircuitDrop.None;
    }
}
