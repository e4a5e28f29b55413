using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The clock of one relay's voice cells: which link's lanes are due. (CIRCUIT.TICK, CIRCUIT.SLIP)</summary>
/// <remarks>
/// Shape:  boundaries a millisecond apart from a random origin; boundary b is tick b / 20 of the links of phase b mod 20.
/// Bounds: a link for each that carries voice; nothing is allocated at a tick.
/// </remarks>
internal sealed class TickWheel
{
    private const long BoundaryTicks = TimeSpan.TicksPerMillisecond * TickLimits.PeriodMilliseconds / TickLimits.Phases;
    private const int DrawBytes = 1024;

    private readonly Entropy _entropy;
    private readonly Instant _origin;
    private readonly Dictionary<LinkId, TickLink> _links = [];
    private readonly List<TickLink>[] _phases = new List<TickLink>[TickLimits.Phases];
    private readonly Queue<TickLink> _due = new();
    private readonly byte[] _drawn = new byte[DrawBytes];
    private int _drawnUsed = DrawBytes;
    private int _awake;
    private long _next;

    internal TickWheel(Instant now, Entropy entropy)
    {
        _entropy = entropy;
        _origin = new(now.Ticks - entropy.NextInt32((int)BoundaryTicks));
        for (int phase = 0; phase < TickLimits.Phases; phase++)
        {
            _phases[phase] = [];
        }
    }

    internal int Awake => _awake;

    /// <summary>The link whose lanes are being served, null when none is due.</summary>
    internal TickLink? Due => _due.TryPeek(out TickLink? link) ? link : null;

    /// <summary>When the tick being served was due.</summary>
    internal Instant DueAt(TickLink link) => TimeOf((link.Tick * TickLimits.Phases) + link.Phase);

    /// <summary>Puts a sleeping lane to a link: this index leaves at the first tick that is the margin away.</summary>
    internal void Wake(Instant now, VoiceLane lane, LinkId id, long index)
    {
        TickLink link = LinkOf(id);
        if (_awake == 0)
        {
            _next = BoundaryAt(now) + 1;
        }

        long earliest = BoundaryAt(now + TimeSpan.FromMilliseconds(TickLimits.MarginMilliseconds)) + 1;
        long tick = (earliest - link.Phase + TickLimits.Phases - 1) / TickLimits.Phases;
        lane.Wake(index, tick);
        if (link.Awake == 0)
        {
            _phases[link.Phase].Add(link);
        }

        link.Add(lane);
        _awake++;
    }

    internal void Sleep(VoiceLane lane)
    {
        if (lane.Link is not { } link)
        {
            return;
        }

        link.Remove(lane);
        _awake--;
        if (link.Awake == 0)
        {
            _ = _phases[link.Phase].Remove(link);
        }
    }

    /// <summary>The link is gone and no lane keeps its ticks: its phase is forgotten.</summary>
    internal void Forget(LinkId id)
    {
        if (_links.TryGetValue(id, out TickLink? link) && link.Awake == 0)
        {
            _links.Remove(id);
        }
    }

    internal Instant PollTimeout()
    {
        if (_due.Count > 0)
        {
            return Instant.Zero;
        }

        for (long boundary = _next; _awake > 0 && boundary < _next + TickLimits.Phases; boundary++)
        {
            if (_phases[PhaseOf(boundary)].Count > 0)
            {
                return TimeOf(boundary);
            }
        }

        return Instant.Never;
    }

    /// <summary>Makes the links due whose tick has come. A tick that a whole period has passed over is left out. (CIRCUIT.SLIP)</summary>
    internal void HandleTimeout(Instant now)
    {
        if (_awake == 0)
        {
            return;
        }

        long current = BoundaryAt(now);
        for (_next = Math.Max(_next, current - TickLimits.Phases + 1); _next <= current; _next++)
        {
            foreach (TickLink link in _phases[PhaseOf(_next)])
            {
                Begin(link, _next / TickLimits.Phases);
            }
        }
    }

    /// <summary>The link's tick is served.</summary>
    internal void EndDue()
    {
        _due.Dequeue().IsDue = false;
    }

    private void Begin(TickLink link, long tick)
    {
        link.Tick = tick;
        link.Position = 0;
        Shuffle(link);
        if (!link.IsDue)
        {
            link.IsDue = true;
            _due.Enqueue(link);
        }
    }

    /// <summary>A new order at each tick, so that a place in the train says nothing of a circuit.</summary>
    private void Shuffle(TickLink link)
    {
        link.Compact();
        for (int last = link.Places - 1; last > 0; last--)
        {
            link.Swap(last, Draw(last + 1));
        }
    }

    /// <summary>A number below <paramref name="bound"/>, even to 2^-16 or better: enough to hide an order.</summary>
    private int Draw(int bound)
    {
        if (_drawnUsed == DrawBytes)
        {
            _entropy.Fill(_drawn);
            _drawnUsed = 0;
        }

        uint drawn = MemoryMarshal.Read<uint>(_drawn.AsSpan(_drawnUsed));
        _drawnUsed += sizeof(uint);
        return (int)(((ulong)drawn * (uint)bound) >> 32);
    }

    private TickLink LinkOf(LinkId id)
    {
        if (!_links.TryGetValue(id, out TickLink? link))
        {
            link = new(id, _entropy.NextInt32(TickLimits.Phases));
            _links.Add(id, link);
        }

        return link;
    }

    private long BoundaryAt(Instant now) => (now.Ticks - _origin.Ticks) / BoundaryTicks;

    private Instant TimeOf(long boundary) => new(_origin.Ticks + (boundary * BoundaryTicks));

    private static int PhaseOf(long boundary) => (int)(boundary % TickLimits.Phases);
}
