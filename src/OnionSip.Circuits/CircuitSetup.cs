using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>
/// How circuits of a relay come and go: CREATE, CREATED, extension, DESTROY, their timers and what they send.
/// (CIRCUIT.STATE)
/// </summary>
/// <remarks>
/// Timers:  CREATE retries of extensions, the time a CREATED is kept, reassembly timeouts, the idle sweep.
/// Bounds:  a message queue of four for each circuit; one event for each change.
/// Drops:   every reason of <see cref="CircuitDrop"/> that is about link messages and time.
/// </remarks>
internal sealed class CircuitSetup
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromMilliseconds(CircuitLimits.IdleMilliseconds / 10);
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(CircuitLimits.IdleMilliseconds);
    private static readonly TimeSpan s_createdKept = TimeSpan.FromMilliseconds(CircuitLimits.CreatedKeptMilliseconds);

    private readonly RelayCircuitOptions _options;
    private readonly Entropy _entropy;
    private readonly DropCounters<CircuitDrop> _drops;
    private readonly RelayCircuitStore _store;
    private readonly CreateReassembly _reassembly;
    private readonly CircuitAdmission _admission;
    private readonly LinkMessageQueue _messages;
    private readonly Queue<RelayCircuitEvent> _events = new();
    private readonly PriorityQueue<CircuitTimer, long> _timers = new();
    private Instant _sweepAt;

    internal CircuitSetup(
        Instant now,
        RelayCircuitOptions options,
        RelayCircuitStore store,
        DropCounters<CircuitDrop> drops,
        Entropy entropy)
    {
        _options = options;
        _entropy = entropy;
        _drops = drops;
        _store = store;
        _reassembly = new CreateReassembly(options.MaxReassemblies, options.MaxReassembliesPerLink, drops, entropy);
        _messages = new LinkMessageQueue(options.MaxCircuits * 4);
        _admission = new CircuitAdmission(now, options, store, _messages, drops, entropy);
        _sweepAt = now + s_sweep;
    }

    private enum TimerKind : byte
    {
        ForgetCreated,
        ExtendRetry,
    }

    internal int ReassemblyCount => _reassembly.Count;

    internal CircuitAdmission Admission => _admission;

    /// <summary>Takes a link message; the caller counts the refusal.</summary>
    internal CircuitDrop HandleMessage(Instant now, LinkId link, bool weInitiatedLink, ReadOnlySpan<byte> message)
    {
        if (message.Length != WireLayout.CellBytes)
        {
            return CircuitDrop.BadLength;
        }

        return (LinkCommand)message[0] switch
        {
            LinkCommand.Create => HandleCreate(now, link, weInitiatedLink, message),
            LinkCommand.Created => HandleCreated(link, message),
            LinkCommand.Destroy => HandleDestroy(link, message),
            _ => CircuitDrop.NotACircuitMessage,
        };
    }

    internal ControlStatus Extend(
        Instant now,
        CircuitHandle handle,
        ushort request,
        LinkId next,
        bool weInitiatedLink,
        in SlotOffsets offsets,
        ReadOnlySpan<byte> createMessage)
    {
        RelayCircuit? circuit = _store.Find(handle);
        if (circuit is null)
        {
            return ControlStatus.Closed;
        }

        if (circuit.State != RelayCircuitState.Last
            || next == circuit.ClientLink
            || createMessage.Length != CreateLayout.CreateBytes)
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

        circuit.Offsets = offsets;
        circuit.Extension = new RelayExtension(now, request, create);
        circuit.State = RelayCircuitState.Extending;
        circuit.CellsLeft = CircuitLimits.ExtendingCells;
        _store.AttachNext(circuit, next, id);
        Schedule(circuit, TimerKind.ExtendRetry, circuit.Extension.Deadline);
        return ControlStatus.None;
    }

    internal void Destroy(CircuitHandle handle)
    {
        RelayCircuit? circuit = _store.Find(handle);
        if (circuit is not null)
        {
            EndNext(circuit);
            SendDestroy(circuit.ClientLink, circuit.ClientCircuit);
            Close(circuit);
        }
    }

    /// <summary>Takes the handshake of one CREATE, if one may begin now. (NODE.WORK)</summary>
    internal bool PollWork(Instant now, [NotNullWhen(true)] out CreateWork? work)
    {
        work = null;
        return _options.HandsOutWork && _admission.TryTake(now, out work);
    }

    /// <summary>Takes back a handshake; the caller counts the refusal. (NODE.WORK)</summary>
    internal CircuitDrop HandleWork(Instant now, CreateWork work)
    {
        CircuitDrop refused = _admission.TryOpen(now, work, out RelayCircuit? circuit);
        if (circuit is not null)
        {
            Schedule(circuit, TimerKind.ForgetCreated, now + s_createdKept);
            Announce(RelayCircuitEventKind.Created, circuit.Handle);
            _messages.TryAdd(work.Link, LinkCommand.Created, work.Circuit, work.Created);
        }
        else if (refused != CircuitDrop.StaleWork)
        {
            Refuse(work.Link, work.Circuit, refused);
        }

        return refused;
    }

    internal void HandleLinkClosed(LinkId link)
    {
        _reassembly.RemoveLink(link);
        _messages.RemoveLink(link);
        _admission.CloseLink(link);
        for (int index = 0; index < _store.Capacity && _store.CountOn(link) > 0; index++)
        {
            if (_store.At(index) is { } circuit)
            {
                EndOn(circuit, link);
            }
        }
    }

    internal bool PollMessage(out LinkId link, Span<byte> message) => _messages.Poll(out link, message);

    internal bool PollEvent(out RelayCircuitEvent circuitEvent) => _events.TryDequeue(out circuitEvent);

    internal Instant PollTimeout()
    {
        Instant timer = _timers.TryPeek(out _, out long ticks) ? new Instant(ticks) : Instant.Never;
        Instant sweep = _store.Count > 0 ? _sweepAt : Instant.Never;
        return Instant.Min(Instant.Min(timer, _reassembly.Next), Instant.Min(_admission.Next, sweep));
    }

    internal void HandleTimeout(Instant now)
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

        while (_admission.TryTakeLapsed(now, out RelayCircuit? lapsed))
        {
            GiveUp(lapsed, CircuitDrop.VoiceLapsed);
        }

        _admission.HandleTimeout(now);
        _ = RunWaiting(now, default, default);
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

        if (_admission.FindWaiting(link, fragment.Circuit) is { } waiting)
        {
            return waiting.Compare(message, in fragment);
        }

        refused = _reassembly.Add(now, link, in fragment, out byte[]? create);
        if (create is null)
        {
            return refused;
        }

        refused = _admission.TryQueue(now, link, fragment.Circuit, create);
        if (refused == CircuitDrop.None)
        {
            return RunWaiting(now, link, fragment.Circuit);
        }

        Refuse(link, fragment.Circuit, refused);
        return refused;
    }

    /// <summary>Does what waits on the spot where nobody takes it; gives the verdict on one, and counts the others'. (NODE.WORK)</summary>
    private CircuitDrop RunWaiting(Instant now, LinkId link, CircuitId circuit)
    {
        CircuitDrop verdict = CircuitDrop.None;
        while (!_options.HandsOutWork && _admission.TryTake(now, out CreateWork? work))
        {
            work.Run();
            CircuitDrop refused = HandleWork(now, work);
            if (work.Link == link && work.Circuit == circuit)
            {
                verdict = refused;
            }
            else if (refused != CircuitDrop.None)
            {
                _drops.Count(refused);
            }
        }

        return verdict;
    }

    /// <summary>What comes again is not answered; the rest is, so that the other side can look elsewhere. (CIRCUIT.CREATE)</summary>
    private void Refuse(LinkId link, CircuitId circuit, CircuitDrop refused)
    {
        if (refused is not (CircuitDrop.HandshakeRate or CircuitDrop.QueueFull))
        {
            SendDestroy(link, circuit);
        }
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
            _events.Enqueue(
                new(RelayCircuitEventKind.Extended, circuit.Handle, extension.Request, ControlStatus.None, created));
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
            bool known = _admission.Remove(link, circuitId) | _reassembly.Remove(link, circuitId);
            return known ? CircuitDrop.None : CircuitDrop.UnknownCircuit;
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
        circuit.CellsLeft = int.MaxValue;
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
        Close(circuit);
    }

    private void Close(RelayCircuit circuit)
    {
        _admission.Release(circuit);
        _store.Close(circuit);
    }

    /// <summary>Says, or says again, that there is no such circuit. (CIRCUIT.DESTROY)</summary>
    internal void SendDestroy(LinkId link, CircuitId circuit)
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
                GiveUp(circuit, CircuitDrop.IdleTimeout);
            }
        }
    }

    private void GiveUp(RelayCircuit circuit, CircuitDrop reason)
    {
        _drops.Count(reason);
        EndNext(circuit);
        SendDestroy(circuit.ClientLink, circuit.ClientCircuit);
        End(circuit);
    }

    private readonly record struct CircuitTimer(CircuitHandle Handle, TimerKind Kind);
}
