using System;
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
public sealed class RelayCircuitTable
{
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
        _store = new RelayCircuitStore(options.MaxCircuits, ciphers, entropy);
        _setup = new CircuitSetup(now, options, _store, _drops, entropy);
    }

    public DropCounters<CircuitDrop> Drops => _drops;

    public int Count => _store.Count;

    /// <summary>Unfinished CREATE messages.</summary>
    public int ReassemblyCount => _setup.ReassemblyCount;

    public int CircuitsOn(LinkId link) => _store.CountOn(link);

    internal RelayCircuitStore Store => _store;

    /// <summary>Takes a link message: CREATE, CREATED or DESTROY. (CIRCUIT.CREATE, CIRCUIT.DESTROY)</summary>
    public CircuitDrop HandleMessage(Instant now, LinkId link, bool weInitiatedLink, ReadOnlySpan<byte> message)
    {
        CircuitDrop refused = _setup.HandleMessage(now, link, weInitiatedLink, message);
        return refused == CircuitDrop.None ? refused : _drops.Count(refused);
    }

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
            : HandleBackward(found, slot, cell, out route);
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
    public void HandleLinkClosed(Instant now, LinkId link) => _setup.HandleLinkClosed(link);

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

    public Instant PollTimeout() => _setup.PollTimeout();

    public void HandleTimeout(Instant now) => _setup.HandleTimeout(now);

    private static CircuitDrop HandleForward(
        Instant now, RelayCircuit circuit, Slot slot, Span<byte> cell, out CellRoute route)
    {
        route = default;
        CircuitDrop refused = circuit.Forward.TryDecrypt(slot, cell);
        if (refused != CircuitDrop.None)
        {
            return refused;
        }

        circuit.LastForward = now;
        if (OwnedCell.HasMark(cell))
        {
            // Only the client can make such a cell, so it has CREATED and will not ask again.
            circuit.ForgetCreated();
            route = new(CellRouteKind.Deliver, circuit.ClientLink, circuit.ClientCircuit, slot, circuit.Handle);
            return CircuitDrop.None;
        }

        if (circuit.State != RelayCircuitState.Extended)
        {
            return CircuitDrop.MissingCell;
        }

        Slot nextSlot = slot + circuit.Offsets.Forward;
        route = new(CellRouteKind.Forward, circuit.NextLink, circuit.NextCircuit, nextSlot, circuit.Handle);
        return CircuitDrop.None;
    }

    private static CircuitDrop HandleBackward(RelayCircuit circuit, Slot slot, Span<byte> cell, out CellRoute route)
    {
        route = default;
        if (circuit.State != RelayCircuitState.Extended)
        {
            return CircuitDrop.NotOpen;
        }

        Slot clientSlot = slot + circuit.Offsets.Backward;
        CircuitDrop refused = circuit.Backward.TryEncrypt(clientSlot, cell);
        if (refused != CircuitDrop.None)
        {
            return refused;
        }

        circuit.CellsLeft = 0;
        route = new(CellRouteKind.Forward, circuit.ClientLink, circuit.ClientCircuit, clientSlot, circuit.Handle);
        return CircuitDrop.None;
    }
}
