using System;
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

    private readonly TickWheel _wheel;
    private readonly Entropy _entropy;
    private readonly LaneRings _rings = new();
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
            if (due.Position < due.Places)
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

        while (link.Position < link.Places)
        {
            if (link.Position % HintLanes == 0)
            {
                Hint(link, link.Position);
            }

            if (link.At(link.Position) is not { } lane)
            {
                link.Position++;
                continue;
            }

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

    /// <summary>Fetches lanes two groups ahead and the cells of those one group ahead. (MACHINE.TRAIN)</summary>
    private static void Hint(TickLink link, int position)
    {
        int lanes = position == 0 ? 0 : position + (2 * HintLanes);
        for (int place = lanes; place < Math.Min(position + (3 * HintLanes), link.Places); place++)
        {
            if (link.EntryAt(place) is { } lane)
            {
                CacheHint.Object(lane, VoiceLane.HintBytes);
            }
        }

        int cells = position == 0 ? 0 : position + HintLanes;
        for (int place = cells; place < Math.Min(position + (2 * HintLanes), link.Places); place++)
        {
            if (link.At(place) is { } lane)
            {
                lane.Hint(unchecked((uint)lane.Next));
            }
        }
    }

    private LaneTurn TurnOf(VoiceLane lane, long tick, DropCounters<CircuitDrop> drops)
    {
        int skipped = lane.SkipTo(tick);
        if (skipped > 0)
        {
            _skipped += skipped;
            drops.Count(CircuitDrop.TickSkipped);
            NoteNews(lane.Circuit);
        }

        return lane.TurnAt(tick);
    }

    private static bool IsSilent(Instant now, VoiceLane lane) => lane.IsSource
        && (lane.Circuit.State == RelayCircuitState.Extended || now - lane.Circuit.LastForward > TickLimits.VoiceSilence);

    private CellRoute Serve(Instant now, VoiceLane lane, LaneTurn turn, Span<byte> cell)
    {
        _sent++;
        if (lane.IsSource)
        {
            RelayCircuit circuit = lane.Circuit;
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

        return new(CellRouteKind.Forward, lane.Link!.Id, lane.OutCircuit, lane.OutSlotOf(index), default);
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
        NoteNews(lane.Circuit);
    }

    private static void NoteNews(RelayCircuit circuit)
    {
        if (circuit.BackwardLane is { } backward)
        {
            backward.HasNews = true;
        }
    }

    /// <summary>
    /// Uses a backward slot that has to be filled, or after a long wait any, to tell the client of fills. (CIRCUIT.REPORT)
    /// </summary>
    private bool TryReport(Instant now, VoiceLane lane, LaneTurn turn, long index, Span<byte> cell)
    {
        if (lane.Direction == LayerDirection.Forward || (turn == LaneTurn.Held && !lane.HasNews))
        {
            return false;
        }

        RelayCircuit circuit = lane.Circuit;
        VoiceLane? forward = circuit.ForwardLane;
        bool mayUse = turn == LaneTurn.Missing
            ? circuit.Backward.Window.Check(index) == CircuitDrop.None
            : lane.UnreportedTurns >= TickLimits.ReportTicks || forward?.UnreportedTurns >= TickLimits.ReportTicks;

        // A neighbour that jumped ahead since the cell was held may have had the key of its epoch erased.
        if (!mayUse || !circuit.Backward.Window.Reaches(index))
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
        lane.HasNews = false;
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
        uint clientBase = (isForward ? circuit.Forward : circuit.Backward).SlotOf(0).Value;
        lane = new VoiceLane(circuit, direction, _rings.Take())
        {
            OutCircuit = isForward ? circuit.NextCircuit : circuit.ClientCircuit,
            OutBase = isForward ? unchecked(clientBase + circuit.Offsets.Forward) : clientBase,

            // What was filled forward before anything came back waits to be told.
            HasNews = !isForward && circuit.ForwardLane is { UnreportedTurns: >= 0 },
        };
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
        if (!lane.IsSource)
        {
            _rings.Return(lane.Ring);
        }
    }
}
