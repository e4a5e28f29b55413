using System;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>
/// The voice of a path: one cell at each tick from its start to the end of its tail, and the account of all slots. (NODE.VOICE, NODE.TICK)
/// </summary>
/// <remarks>
/// States: running; ending (the call is over, the rate goes on for a drawn time); over.
/// Timers: the tick; the release of the associations; the end of the tail.
/// Bounds: two ledgers of <see cref="VoiceLedger.Slots"/> slots.
/// </remarks>
internal sealed class PathVoice
{
    /// <summary>nodes.voice_tail_min.</summary>
    public const int TailMinMilliseconds = 1_000;

    /// <summary>nodes.voice_tail_max.</summary>
    public const int TailMaxMilliseconds = 4_000;

    /// <summary>nodes.voice_release: goodbyes that wait for their ticks leave before the association is given back.</summary>
    public const int ReleaseMilliseconds = 500;

    /// <summary>A hop's lane sleeps long before and takes any slot then: more need not be left out. (CIRCUIT.SLIP)</summary>
    private const int SkippedSlotsMax = 1_024;

    private readonly ClientCircuit _circuit;
    private readonly Entropy _entropy;
    private readonly VoicePace _pace;
    private readonly VoiceLedger _forward;
    private readonly VoiceLedger _backward;
    private readonly ReportFrame?[] _reports;
    private long _backwardHighest;
    private bool _isDue;

    public PathVoice(Instant now, ClientCircuit circuit, Entropy entropy, bool locks)
    {
        _circuit = circuit;
        _entropy = entropy;
        _pace = new(now, entropy, locks);
        int hops = circuit.Hops.Count;
        _forward = new(hops);
        _backward = new(hops);
        _reports = new ReportFrame?[hops];
        _backwardHighest = Math.Max(circuit.BackwardCount, circuit.StartOf(circuit.LastHop, isForward: false) - 1);
        circuit.StartVoice();
    }

    public Instant NextTick => _pace.NextTick;

    /// <summary>When the associations are given back; never while the call is up.</summary>
    public Instant ReleaseAt { get; private set; } = Instant.Never;

    /// <summary>When the path is closed; never while the call is up.</summary>
    public Instant EndAt { get; private set; } = Instant.Never;

    public Instant Deadline => Instant.Min(NextTick, Instant.Min(ReleaseAt, EndAt));

    public VoicePace Pace => _pace;

    /// <summary>The call is over: the rate goes on for a time that shows nothing of it. (NODE.TAIL)</summary>
    public void End(Instant now)
    {
        if (EndAt.IsNever)
        {
            int tail = TailMinMilliseconds + _entropy.NextInt32(TailMaxMilliseconds - TailMinMilliseconds + 1);
            EndAt = now + TimeSpan.FromMilliseconds(tail);
            ReleaseAt = now + TimeSpan.FromMilliseconds(ReleaseMilliseconds);
        }
    }

    /// <summary>True once: the goodbyes had their ticks.</summary>
    public bool TakeRelease(Instant now)
    {
        bool isDue = ReleaseAt <= now;
        ReleaseAt = isDue ? Instant.Never : ReleaseAt;
        return isDue;
    }

    public void HandleTimeout(Instant now)
    {
        if (!_pace.TryTake(now, out int skipped))
        {
            return;
        }

        _isDue = true;
        if (skipped > 0)
        {
            _circuit.SkipSlots(Math.Min(skipped, SkippedSlotsMax));
        }
    }

    /// <summary>True once for each tick: a cell leaves now, whatever is in it.</summary>
    public bool TakeDue()
    {
        bool isDue = _isDue;
        _isDue = false;
        if (isDue)
        {
            _forward.Begin(_circuit.ForwardCount);
        }

        return isDue;
    }

    /// <summary>A backward slot came; <paramref name="from"/> is null when no hop made what was in it.</summary>
    public void NoteBackward(Instant now, HopIndex? from)
    {
        long count = _circuit.LastCellCount;
        _pace.NoteBackward(now, count);
        if (count <= _backwardHighest - VoiceLedger.Slots)
        {
            return;
        }

        for (long missing = Math.Max(_backwardHighest + 1, count - VoiceLedger.Slots + 1); missing <= count; missing++)
        {
            _backward.Begin(missing);
        }

        _backwardHighest = Math.Max(_backwardHighest, count);
        bool isExit = from?.Value == _reports.Length - 1;
        _backward.Settle(count, isExit ? SlotFate.Reached : SlotFate.Unreadable);
        if (from is { } hop && !isExit)
        {
            // A report stands in the place of a cell: its hop filled that slot, and says so by its own layer.
            _backward.Fill(count, hop.Value);
        }
    }

    /// <summary>Takes a hop's latest report, once. (CIRCUIT.REPORT)</summary>
    public void TakeReport(int hop, ReportFrame report)
    {
        if (_reports[hop] == report)
        {
            return;
        }

        _reports[hop] = report;
        long start = _circuit.StartOf(new(hop), isForward: true);
        long newest = VoiceLedger.CountOf(report.Forward, start, _circuit.ForwardCount - 1);
        bool isLast = hop == _reports.Length - 1;
        for (int age = 0; age < 64; age++)
        {
            bool isSet = ((report.Forward.Bits >> age) & 1) != 0;
            if (isLast)
            {
                _forward.Settle(newest - age, isSet ? SlotFate.Reached : SlotFate.Unreadable);
            }
            else if (isSet)
            {
                _forward.Fill(newest - age, hop);
            }
        }

        if (report.Backward is { } backward && !isLast)
        {
            TakeBackward(hop, backward);
        }
    }

    public PathVoiceReport Report(long datagramsDropped)
    {
        VoiceTotals forward = _forward.Total();
        VoiceTotals backward = _backward.Total();
        HopFills[] hops = new HopFills[_reports.Length];
        for (int hop = 0; hop < hops.Length; hop++)
        {
            hops[hop] = new(forward.Filled[hop], backward.Filled[hop]);
        }

        return new()
        {
            ForwardSent = forward.All,
            ForwardReached = forward.Reached,
            ForwardUndeclared = forward.Undeclared,
            ForwardUnreported = forward.Open,
            TicksSkipped = _pace.Skipped,
            BackwardReached = backward.Reached,
            BackwardMissing = backward.Open,
            BackwardUndeclared = backward.Undeclared,
            Hops = hops,
            DatagramsDropped = datagramsDropped,
            ClockSteps = _pace.Steps,
        };
    }

    private void TakeBackward(int hop, SlotBitmap bitmap)
    {
        long newest = VoiceLedger.CountOf(bitmap, _circuit.StartOf(new(hop), isForward: false), _backwardHighest);
        for (int age = 0; age < 64; age++)
        {
            if (((bitmap.Bits >> age) & 1) != 0)
            {
                _backward.Fill(newest - age, hop);
            }
        }
    }
}
