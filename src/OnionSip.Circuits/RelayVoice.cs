using System;
using System.Collections.Generic;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The lanes of a relay's voice circuits and what leaves at their ticks. (CIRCUIT.TICK, CIRCUIT.FILL, CIRCUIT.REPORT)</summary>
/// <remarks>
/// Shape:  cells go in by <see cref="Hold"/>, come out of <see cref="TryTakeDue"/> link by link while any is due.
/// Bounds: two lanes a circuit; rings are used again, nothing is allocated for a cell.
/// </remarks>
internal sealed class RelayVoice
{
    /// <summary>Lanes whose state is fetched together, one such group ahead.</summary>
    private const int HintLanes = 16;
    private const int CircuitHintBytes = 256;

    private readonly TickWheel _wheel;
    private readonly Entropy _entropy;
    private readonly Stack<byte[]> _rings = new();
    private readonly byte[] _body = new byte[WireLayout.BodyBytes];
    private long _sent;
    private long _filled;
    private long _reports;
    private long _shifts;
    private long _skipped;

    internal RelayVoice(Instant now, Entropy entropy)
    {
        _wheel = new TickWheel(now, entropy);
        _entropy = entropy;
    }

    internal VoiceCounters Counters => new(_sent, _filled, _reports, _shifts, _skipped);

    internal int AwakeLanes => _wheel.Awake;

    /// <summary>How long cells were held: from their coming to their tick.</summary>
    internal DurationCounts HeldTimes { get; } = new();

    /// <summary>A forward cell of this index was accepted; true when what passes is held from now on. (CIRCUIT.TICK)</summary>
    internal static bool StartsOrHolds(RelayCircuit circuit, long index)
    {
        circuit.IsVoiceStarted |= circuit.IsRetimed && index >= TickLimits.VoiceFirstIndex;
        return circuit.IsVoiceStarted;
    }

    /// <summary>Holds a cell that passes through until its tick. Drops: SlotLate, SlotEarly. (CIRCUIT.TICK)</summary>
    internal CircuitDrop Hold(Instant now, RelayCircuit circuit, LayerDirection direction, long index, ReadOnlySpan<byte> cell)
    {
        VoiceLane lane = PassingLane(circuit, direction);
        if (!lane.IsAwake)
        {
            if (index < lane.Next)
            {
                return CircuitDrop.SlotLate;
            }

            LinkId link = direction == LayerDirection.Forward ? circuit.NextLink : circuit.ClientLink;
            _wheel.Wake(now, lane, link, index);
        }

        return lane.Hold(now, index, cell);
    }

    /// <summary>A forward cell reached the last hop: it makes backward cells from the next tick on. (CIRCUIT.TICK)</summary>
    internal void WakeSource(Instant now, RelayCircuit circuit)
    {
        VoiceLane lane = circuit.BackwardLane ??= new VoiceLane(circuit, LayerDirection.Backward, ring: null);
        if (!lane.IsAwake)
        {
            _wheel.Wake(now, lane, circuit.ClientLink, circuit.Backward.Window.Highest + 1);
        }
    }

    /// <summary>The circuit is closing.</summary>
    internal void Release(RelayCircuit circuit)
    {
        Release(circuit.ForwardLane);
        Release(circuit.BackwardLane);
        circuit.ForwardLane = null;
        circuit.BackwardLane = null;
    }

    internal void ForgetLink(LinkId link) => _wheel.Forget(link);

    internal Instant PollTimeout() => _wheel.PollTimeout();

    internal void HandleTimeout(Instant now) => _wheel.HandleTimeout(now);

    /// <summary>The link that the next due cell leaves by, and when its tick was; false when none is due.</summary>
    internal bool TryPeekDue(out LinkId link, out Instant dueAt)
    {
        while (_wheel.Due is { } due)
        {
            if (due.Position < due.Lanes.Count)
            {
                link = due.Id;
                dueAt = _wheel.DueAt(due);
                return true;
            }

            _wheel.EndDue();
        }

        link = default;
        dueAt = default;
        return false;
    }

    /// <summary>
    /// Takes the next cell of this link whose tick has come, ready to be sealed, or the turn of a source. False when none is left.
    /// </summary>
    internal bool TryTakeDue(Instant now, LinkId id, DropCounters<CircuitDrop> drops, Span<byte> cell, out CellRoute route)
    {
        route = default;
        if (_wheel.Due is not { } link || link.Id != id)
        {
            return false;
        }

        while (link.Position < link.Lanes.Count)
        {
            if (link.Position % HintLanes == 0)
            {
                Hint(link, link.Position == 0 ? 0 : link.Position + HintLanes, link.Position + (2 * HintLanes));
            }

            VoiceLane lane = link.Lanes[link.Position];
            LaneTurn turn = TurnOf(lane, link.Tick, drops);
            if (turn == LaneTurn.Nothing)
            {
                link.Position++;
            }
            else if (lane.MustSleep || IsSilent(now, lane))
            {
                _wheel.Sleep(lane);
            }
            else
            {
                link.Position++;
                route = Serve(now, lane, turn, cell);
                return true;
            }
        }

        _wheel.EndDue();
        return false;
    }

    /// <summary>Seals the cell of a source's turn: its body stands from byte 16 on. (CIRCUIT.TICK)</summary>
    internal static CellRoute SealOwn(RelayCircuit circuit, Span<byte> cell)
    {
        VoiceLane lane = circuit.BackwardLane!;
        cell[..WireLayout.OwnerMarkBytes].Clear();
        Slot slot = circuit.Backward.EncryptAt(lane.Next, cell);
        lane.NoteMade();
        return new(CellRouteKind.Forward, circuit.ClientLink, circuit.ClientCircuit, slot, circuit.Handle);
    }

    /// <summary>Fetches what the lanes of some places need for their turn. (MACHINE.TRAIN)</summary>
    private static void Hint(TickLink link, int from, int until)
    {
        until = Math.Min(until, link.Lanes.Count);
        for (int place = from; place < until; place++)
        {
            VoiceLane lane = link.Lanes[place];
            lane.Hint(lane.Next);
            CacheHint.Object(lane.Circuit, CircuitHintBytes);
        }

        for (int place = from; place < until; place++)
        {
            RelayCircuit circuit = link.Lanes[place].Circuit;
            CacheHint.Object(link.Lanes[place].Direction == LayerDirection.Forward ? circuit.Forward : circuit.Backward);
        }
    }

    private LaneTurn TurnOf(VoiceLane lane, long tick, DropCounters<CircuitDrop> drops)
    {
        int skipped = lane.SkipTo(tick);
        if (skipped > 0)
        {
            _skipped += skipped;
            drops.Count(CircuitDrop.TickSkipped);
        }

        return lane.TurnAt(tick);
    }

    private static bool IsSilent(Instant now, VoiceLane lane) => lane.IsSource
        && (lane.Circuit.State == RelayCircuitState.Extended || now - lane.Circuit.LastForward > TickLimits.VoiceSilence);

    private CellRoute Serve(Instant now, VoiceLane lane, LaneTurn turn, Span<byte> cell)
    {
        RelayCircuit circuit = lane.Circuit;
        _sent++;
        if (lane.IsSource)
        {
            return new(CellRouteKind.Originate, circuit.ClientLink, circuit.ClientCircuit, default, circuit.Handle);
        }

        long index = lane.Next;
        if (!TryReport(now, lane, turn, index, cell))
        {
            Pass(now, lane, turn, cell);
        }

        if (lane.TryShift())
        {
            _shifts++;
        }

        bool isForward = lane.Direction == LayerDirection.Forward;
        Slot slot = isForward ? circuit.Forward.SlotOf(index) + circuit.Offsets.Forward : circuit.Backward.SlotOf(index);
        return new(
            CellRouteKind.Forward,
            isForward ? circuit.NextLink : circuit.ClientLink,
            isForward ? circuit.NextCircuit : circuit.ClientCircuit,
            slot,
            circuit.Handle);
    }

    private void Pass(Instant now, VoiceLane lane, LaneTurn turn, Span<byte> cell)
    {
        if (turn == LaneTurn.Held)
        {
            HeldTimes.Add(lane.Take(now, cell));
            return;
        }

        _filled++;
        _entropy.Fill(cell);
        lane.NoteFilled();
    }

    /// <summary>
    /// Uses a backward slot that has to be filled, or after a long wait any, to tell the client of fills. (CIRCUIT.REPORT)
    /// </summary>
    private bool TryReport(Instant now, VoiceLane lane, LaneTurn turn, long index, Span<byte> cell)
    {
        RelayCircuit circuit = lane.Circuit;
        VoiceLane? forward = circuit.ForwardLane;
        bool hasNews = lane.UnreportedTurns >= 0 || forward?.UnreportedTurns >= 0 || turn == LaneTurn.Missing;
        bool mayUse = turn == LaneTurn.Missing
            ? circuit.Backward.Window.Check(index) == CircuitDrop.None
            : lane.UnreportedTurns >= TickLimits.ReportTicks || forward?.UnreportedTurns >= TickLimits.ReportTicks;
        if (lane.Direction == LayerDirection.Forward || !hasNews || !mayUse)
        {
            return false;
        }

        Give(now, lane, turn);
        FrameWriter writer = new(_body);
        _ = writer.TryWriteReport(new(forward?.Fills ?? default, lane.Fills));
        writer.Complete();
        OwnedCell.Write(_body, cell);
        _ = circuit.Backward.EncryptAt(index, cell);
        lane.NoteReported();
        forward?.NoteReported();
        _reports++;
        return true;
    }

    private void Give(Instant now, VoiceLane lane, LaneTurn turn)
    {
        if (turn == LaneTurn.Held)
        {
            _ = lane.Drop(now);
            return;
        }

        _filled++;
        lane.NoteFilled();
    }

    private VoiceLane PassingLane(RelayCircuit circuit, LayerDirection direction)
    {
        bool isForward = direction == LayerDirection.Forward;
        VoiceLane? lane = isForward ? circuit.ForwardLane : circuit.BackwardLane;
        if (lane is { IsSource: false })
        {
            return lane;
        }

        Release(lane);
        lane = new VoiceLane(circuit, direction, _rings.TryPop(out byte[]? ring) ? ring : new byte[VoiceLane.RingBytes]);
        if (isForward)
        {
            circuit.ForwardLane = lane;
        }
        else
        {
            circuit.BackwardLane = lane;
        }

        return lane;
    }

    private void Release(VoiceLane? lane)
    {
        if (lane is null)
        {
            return;
        }

        _wheel.Sleep(lane);
        if (lane.Ring is { } ring)
        {
            // Ciphertext that others made or saw: nothing secret to erase.
            _rings.Push(ring);
        }
    }
}
