using System;
using System.Collections.Generic;
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
    private static readonly TimeSpan s_sweep = TimeSpan.FromMilliseconds(CircuitLimits.IdleMilliseconds / 10);
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(CircuitLimits.IdleMilliseconds);
    private static readonly TimeSpan s_createdKept = TimeSpan.FromMilliseconds(CircuitLimits.CreatedKeptMilliseconds);

    private readonly RelayCircuitOptions _options;
    private readonly Entropy _entropy;
    private readonly DropCounters<CircuitDrop> _drops = new();
    private readonly RelayCircuitStore _store;
    private readonly CreateReassembly _reassembly;
    private readonly CreateResponder _responder;
    private readonly LinkMessageQueue _messages;
    private readonly Queue<RelayCircuitEvent> _events = new();
    private readonly PriorityQueue<CircuitTimer, long> _timers = new();
    private TokenBucket _handshakes;
    private Instant _sweepAt;

    public RelayCircuitTable(Instant now, RelayCircuitOptions options, Entropy entropy)
        : this(now, options, entropy, Hctr2CipherFactory.Instance)
    {
    }

    /// <summary>The seam of the tagging control: another cipher in place of HCTR2.</summary>
    internal RelayCircuitTable(Instant now, RelayCircuitOptions options, Entropy entropy, LayerCipherFactory ciphers)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(entropy);
        _options = options;
        _entropy = entropy;
        _store = new RelayCircuitStore(options.MaxCircuits, ciphers, entropy);
        _reassembly = new CreateReassembly(options.MaxReassemblies, options.MaxReassembliesPerLink, _drops, entropy);
        _responder = new CreateResponder(options, entropy);
        _messages = new LinkMessageQueue(options.MaxCircuits * 4);
        _handshakes = new TokenBucket(now, options.HandshakesPerSecond, options.HandshakeBurst);
        _sweepAt = now + s_sweep;
    }

    private enum TimerKind : byte
    {
        ForgetCreated,
        ExtendRetry,
    }

    public DropCounters<CircuitDrop> Drops => _drops;

    public int Count => _store.Count;

    /// <summary>Unfinished CREATE messages.</summary>
    public int ReassemblyCount => _reassembly.Count;

    public int CircuitsOn(LinkId link) => _store.CountOn(link);

    internal RelayCircuitStore Store => _store;

    /// <summary>Takes a link message: CREATE, CREATED or DESTROY. (CIRCUIT.CREATE, CIRCUIT.DESTROY)</summary>
    public CircuitDrop HandleMessage(Instant now, LinkId link, bool weInitiatedLink, ReadOnlySpan<byte> message)
    {
        if (message.Length != WireLayout.CellBytes)
        {
            return _drops.Count(CircuitDrop.BadLength);
        }

        CircuitDrop refused = (LinkCommand)message[0] switch
        {
            LinkCommand.Create => HandleCreate(now, link, weInitiatedLink, message),
            LinkCommand.Created => HandleCreated(link, message),
            LinkCommand.Destroy => HandleDestroy(link, message),
            _ => CircuitDrop.NotACircuitMessage,
        };
        return refused == CircuitDrop.None ? refused : _drops.Count(refused);
    }

    /// <summary>Takes a cell of a circuit: takes or puts a layer in place and says where it goes. (CIRCUIT.LAYER)</summary>
    /// <remarks>A garbled cell takes the same way as a good one, except that nobody finds it to be his.</remarks>
    public CircuitDrop HandleCell(Instant now, LinkId link, CircuitId circuit, Slot slot, Span<byte> cell, out CellRoute route)
    {
        route = default;
        if (cell.Length != WireLayout.CellBytes)
        {
            return _drops.Count(CircuitDrop.BadLength);
        }

        RelayCircuit? found = _store.Find(link, circuit, out bool isClientSide);
        if (found is null)
        {
            return _drops.Count(CircuitDrop.UnknownCircuit);
        }

        CircuitDrop refused = isClientSide
            ? HandleForward(now, found, slot, cell, out route)
            : HandleBackward(found, slot, cell, out route);
        return refused == CircuitDrop.None ? refused : _drops.Count(refused);
    }

    /// <summary>Originates a backward cell: mark, body, zeros, this hop's layer. False when this hop is not the last any more. (CIRCUIT.HANDOVER)</summary>
    /// <exception cref="ArgumentException">The body or the cell has an impossible length.</exception>
    public bool TrySealBody(Instant now, CircuitHandle handle, ReadOnlySpan<byte> body, Span<byte> cell, out CellRoute route)
    {
        OwnedCell.Require(body, cell);
        route = default;
        RelayCircuit? circuit = _store.Find(handle);
        if (circuit is null || circuit.CellsLeft == 0)
        {
            return false;
        }

        if (circuit.State == RelayCircuitState.Extended)
        {
            circuit.CellsLeft--;
        }

        OwnedCell.Write(body, cell);
        Slot slot = circuit.Backward.EncryptNext(cell);
        route = new(CellRouteKind.Forward, circuit.ClientLink, circuit.ClientCircuit, slot, handle);
        return true;
    }

    /// <summary>Sends CREATE to a next hop over a link that is authenticated as the relay the client named. (CIRCUIT.EXTEND)</summary>
    /// <returns>None when it is on its way and an event will follow; otherwise the status for EXTEND-FAILED.</returns>
    public ControlStatus Extend(
        Instant now,
        CircuitHandle handle,
        ushort request,
        LinkId next,
        bool weInitiatedLink,
        uint forwardOffset,
        uint backwardOffset,
        ReadOnlySpan<byte> createMessage)
    {
        RelayCircuit? circuit = _store.Find(handle);
        if (circuit is null)
        {
            return ControlStatus.Closed;
        }

        if (circuit.State != RelayCircuitState.Last || next == circuit.ClientLink || createMessage.Length != CreateLayout.CreateBytes)
        {
            return ControlStatus.BadRequest;
        }

        if (circuit.ExtendAttempts >= CircuitLimits.ExtendAttempts)
        {
            return ControlStatus.Refused;
        }

        circuit.ExtendAttempts++;
        byte[] create = createMessage.ToArray();
        if (_store.CountOn(next) >= _options.MaxCircuitsPerLink
            || !CircuitIdChoice.TryDraw(next, weInitiatedLink, _store, _entropy, out CircuitId id)
            || !_messages.TryAdd(next, LinkCommand.Create, id, create))
        {
            return ControlStatus.Busy;
        }

        circuit.ForwardOffset = forwardOffset;
        circuit.BackwardOffset = backwardOffset;
        circuit.Extension = new RelayExtension(now, request, create);
        circuit.State = RelayCircuitState.Extending;
        _store.AttachNext(circuit, next, id);
        Schedule(circuit, TimerKind.ExtendRetry, circuit.Extension.Deadline);
        return ControlStatus.None;
    }

    /// <summary>Ends a circuit and tells both neighbours; there is no event for it. (CIRCUIT.DESTROY)</summary>
    public void Destroy(Instant now, CircuitHandle handle)
    {
        RelayCircuit? circuit = _store.Find(handle);
        if (circuit is not null)
        {
            EndNext(circuit);
            SendDestroy(circuit.ClientLink, circuit.ClientCircuit);
            _store.Close(circuit);
        }
    }

    /// <summary>Ends every circuit of a link that is gone, and tells their other neighbours. (CIRCUIT.DESTROY)</summary>
    public void HandleLinkClosed(Instant now, LinkId link)
    {
        _reassembly.RemoveLink(link);
        _messages.RemoveLink(link);
        for (int index = 0; index < _store.Capacity && _store.CountOn(link) > 0; index++)
        {
            if (_store.At(index) is { } circuit)
            {
                EndOn(circuit, link);
            }
        }
    }

    /// <summary>Writes one link message; false when there is none.</summary>
    public bool PollMessage(out LinkId link, Span<byte> message) => _messages.Poll(out link, message);

    public bool PollEvent(out RelayCircuitEvent circuitEvent) => _events.TryDequeue(out circuitEvent);

    public Instant PollTimeout()
    {
        Instant timer = _timers.TryPeek(out _, out long ticks) ? new Instant(ticks) : Instant.Never;
        return Instant.Min(Instant.Min(timer, _reassembly.Next), _store.Count > 0 ? _sweepAt : Instant.Never);
    }

    public void HandleTimeout(Instant now)
    {
        _reassembly.HandleTimeout(now);
        while (_timers.TryPeek(out CircuitTimer timer, out long ticks) && ticks <= now.Ticks)
        {
            _timers.Dequeue();
            if (_store.Find(timer.Handle) is { } circuit)
            {
                HandleTimer(now, circuit, timer.Kind);
            }
        }

        if (_sweepAt <= now)
        {
            _sweepAt = now + s_sweep;
            SweepIdle(now);
        }
    }

    private static CircuitDrop HandleForward(Instant now, RelayCircuit circuit, Slot slot, Span<byte> cell, out CellRoute route)
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

        route = new(CellRouteKind.Forward, circuit.NextLink, circuit.NextCircuit, slot + circuit.ForwardOffset, circuit.Handle);
        return CircuitDrop.None;
    }

    private static CircuitDrop HandleBackward(RelayCircuit circuit, Slot slot, Span<byte> cell, out CellRoute route)
    {
        route = default;
        if (circuit.State != RelayCircuitState.Extended)
        {
            return CircuitDrop.NotOpen;
        }

        Slot clientSlot = slot + circuit.BackwardOffset;
        CircuitDrop refused = circuit.Backward.TryEncrypt(clientSlot, cell);
        if (refused != CircuitDrop.None)
        {
            return refused;
        }

        circuit.CellsLeft = 0;
        route = new(CellRouteKind.Forward, circuit.ClientLink, circuit.ClientCircuit, clientSlot, circuit.Handle);
        return CircuitDrop.None;
    }

    private CircuitDrop HandleCreate(Instant now, LinkId link, bool weInitiatedLink, ReadOnlySpan<byte> message)
    {
        CircuitDrop refused = FragmentFit.Parse(message, out LinkFragment fragment);
        if (refused != CircuitDrop.None)
        {
            return refused;
        }

        if (!CircuitIdChoice.IsPeers(fragment.Circuit, weInitiatedLink))
        {
            return CircuitDrop.BadCircuitId;
        }

        if (_store.Find(link, fragment.Circuit, out _) is { } live)
        {
            return Repeat(live, message, in fragment);
        }

        refused = _reassembly.Add(now, link, in fragment, out byte[]? create);
        if (create is null)
        {
            return refused;
        }

        refused = Accept(now, link, fragment.Circuit, create);
        if (refused is not (CircuitDrop.None or CircuitDrop.HandshakeRate))
        {
            SendDestroy(link, fragment.Circuit);
        }

        return refused;
    }

    private CircuitDrop Repeat(RelayCircuit live, ReadOnlySpan<byte> message, in LinkFragment fragment)
    {
        if (live.TryRepeat(message, in fragment, out CircuitDrop refused)
            && !_messages.TryAdd(live.ClientLink, LinkCommand.Created, live.ClientCircuit, live.CreatedMessage))
        {
            return CircuitDrop.QueueFull;
        }

        return refused;
    }

    private CircuitDrop Accept(Instant now, LinkId link, CircuitId id, byte[] create)
    {
        if (_store.IsFull)
        {
            return CircuitDrop.TooManyCircuits;
        }

        if (_store.CountOn(link) >= _options.MaxCircuitsPerLink)
        {
            return CircuitDrop.TooManyCircuitsOnLink;
        }

        if (!_handshakes.TryTake(now))
        {
            return CircuitDrop.HandshakeRate;
        }

        CircuitKeys keys = new(stackalloc byte[CircuitKeys.Bytes]);
        byte[] created = new byte[CreateLayout.CreatedBytes];
        CircuitDrop refused = _responder.Answer(create, created, in keys, out uint forwardBase, out uint backwardBase);
        if (refused == CircuitDrop.None)
        {
            RelayCircuit circuit = _store.Open(now, link, id, create, created);
            circuit.Forward.Start(forwardBase, keys.Forward);
            circuit.Backward.Start(backwardBase, keys.Backward);
            Schedule(circuit, TimerKind.ForgetCreated, now + s_createdKept);
            Announce(RelayCircuitEventKind.Created, circuit.Handle);
            refused = _messages.TryAdd(link, LinkCommand.Created, id, created) ? CircuitDrop.None : CircuitDrop.QueueFull;
        }

        keys.Erase();
        return refused;
    }

    private CircuitDrop HandleCreated(LinkId link, ReadOnlySpan<byte> message)
    {
        CircuitDrop refused = FragmentFit.Parse(message, out LinkFragment fragment);
        if (refused != CircuitDrop.None)
        {
            return refused;
        }

        RelayCircuit? circuit = _store.Find(link, fragment.Circuit, out bool isClientSide);
        if (circuit?.Extension is not { } extension || isClientSide)
        {
            return CircuitDrop.UnexpectedCreated;
        }

        refused = FragmentFit.Join(extension.Created, in fragment, CreateLayout.CreatedBytes, out bool isComplete);
        if (isComplete)
        {
            circuit.State = RelayCircuitState.Extended;
            circuit.Extension = null;
            circuit.CellsLeft = CircuitLimits.HandOverCells;
            byte[] created = extension.Created.Message.ToArray();
            _events.Enqueue(new(RelayCircuitEventKind.Extended, circuit.Handle, extension.Request, ControlStatus.None, created));
        }

        return refused;
    }

    private CircuitDrop HandleDestroy(LinkId link, ReadOnlySpan<byte> message)
    {
        if (LinkMessage.ParseDestroy(message, out CircuitId circuitId) != WireParse.None)
        {
            return CircuitDrop.BadMessage;
        }

        if (_store.Find(link, circuitId, out bool isClientSide) is not { } circuit)
        {
            return _reassembly.Remove(link, circuitId) ? CircuitDrop.None : CircuitDrop.UnknownCircuit;
        }

        if (isClientSide)
        {
            EndNext(circuit);
            End(circuit);
        }
        else
        {
            EndFromNext(circuit, ControlStatus.Refused);
        }

        return CircuitDrop.None;
    }

    private void EndOn(RelayCircuit circuit, LinkId link)
    {
        if (circuit.ClientLink == link)
        {
            EndNext(circuit);
            End(circuit);
        }
        else if (circuit.HasNext && circuit.NextLink == link)
        {
            EndFromNext(circuit, ControlStatus.Unreachable);
        }
    }

    /// <summary>The next hop is gone: a waiting extension fails, a finished one takes the circuit with it.</summary>
    private void EndFromNext(RelayCircuit circuit, ControlStatus status)
    {
        if (circuit.State == RelayCircuitState.Extending)
        {
            FailExtension(circuit, status);
            return;
        }

        SendDestroy(circuit.ClientLink, circuit.ClientCircuit);
        End(circuit);
    }

    private void FailExtension(RelayCircuit circuit, ControlStatus status)
    {
        ushort request = circuit.Extension!.Request;
        _store.DetachNext(circuit);
        circuit.Extension = null;
        circuit.State = RelayCircuitState.Last;
        _events.Enqueue(new(RelayCircuitEventKind.ExtendFailed, circuit.Handle, request, status, default));
    }

    private void EndNext(RelayCircuit circuit)
    {
        if (circuit.HasNext)
        {
            SendDestroy(circuit.NextLink, circuit.NextCircuit);
        }
    }

    private void End(RelayCircuit circuit)
    {
        Announce(RelayCircuitEventKind.Destroyed, circuit.Handle);
        _store.Close(circuit);
    }

    private void SendDestroy(LinkId link, CircuitId circuit)
    {
        if (!_messages.TryAddDestroy(link, circuit))
        {
            _drops.Count(CircuitDrop.QueueFull);
        }
    }

    private void Announce(RelayCircuitEventKind kind, CircuitHandle handle) =>
        _events.Enqueue(new(kind, handle, 0, ControlStatus.None, default));

    private void Schedule(RelayCircuit circuit, TimerKind kind, Instant deadline) =>
        _timers.Enqueue(new CircuitTimer(circuit.Handle, kind), deadline.Ticks);

    private void HandleTimer(Instant now, RelayCircuit circuit, TimerKind kind)
    {
        if (kind == TimerKind.ForgetCreated)
        {
            circuit.ForgetCreated();
        }
        else if (circuit.Extension is { } extension && extension.Deadline <= now)
        {
            RetryExtension(now, circuit, extension);
        }
    }

    private void RetryExtension(Instant now, RelayCircuit circuit, RelayExtension extension)
    {
        if (extension.TryAgain(now))
        {
            if (!_messages.TryAdd(circuit.NextLink, LinkCommand.Create, circuit.NextCircuit, extension.Create))
            {
                _drops.Count(CircuitDrop.QueueFull);
            }

            Schedule(circuit, TimerKind.ExtendRetry, extension.Deadline);
            return;
        }

        _drops.Count(CircuitDrop.CreateTimeout);
        EndNext(circuit);
        FailExtension(circuit, ControlStatus.Unreachable);
    }

    private void SweepIdle(Instant now)
    {
        for (int index = 0; index < _store.Capacity; index++)
        {
            if (_store.At(index) is { } circuit && now - circuit.LastForward >= s_idle)
            {
                _drops.Count(CircuitDrop.IdleTimeout);
                EndNext(circuit);
                SendDestroy(circuit.ClientLink, circuit.ClientCircuit);
                End(circuit);
            }
        }
    }

    private readonly record struct CircuitTimer(CircuitHandle Handle, TimerKind Kind);
}
