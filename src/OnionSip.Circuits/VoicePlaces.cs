using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Circuits;

/// <summary>The places a relay has for voice circuits, and who gets one. (CIRCUIT.ADMISSION)</summary>
/// <remarks>
/// Shape:  with n places taken a newcomer is refused with a chance that goes from 0 to 1 while n crosses a band. Where the band lies is
///         drawn again every few minutes. A payer that has more than its share meets a band that ends where the others' begins.
/// Bounds: the capacity; nobody who has a place loses it to a newcomer.
/// </remarks>
internal sealed class VoicePlaces
{
    private readonly VoiceOptions _options;
    private readonly Entropy _entropy;
    private readonly Queue<(CircuitHandle Handle, Instant At, bool IsFirst)> _checks = new();
    private double _threshold;
    private Instant _redrawAt;
    private long _weights;

    internal VoicePlaces(Instant now, VoiceOptions options, Entropy entropy)
    {
        _options = options;
        _entropy = entropy;
        Capacity = options.Capacity;
        Redraw(now);
    }

    internal int Count { get; private set; }

    /// <summary>Places in all. May be set to less than are taken: then none is given until they are gone.</summary>
    internal int Capacity { get; private set; }

    /// <summary>When a place must next show its cells.</summary>
    internal Instant Next => _checks.TryPeek(out (CircuitHandle Handle, Instant At, bool IsFirst) check) ? check.At : Instant.Never;

    /// <summary>Cells a place must have had in a window.</summary>
    internal int CellsDue => (int)(_options.Window.Ticks / TimeSpan.TicksPerMicrosecond / CircuitLimits.VoiceCellMicroseconds / 2);

    private double Band => Capacity * (_options.BandPercent / 100.0);

    private double Spread => Capacity * (_options.SpreadPercent / 100.0);

    internal void SetCapacity(Instant now, int capacity)
    {
        Capacity = capacity;
        Redraw(now);
    }

    /// <summary>Decides about a newcomer and, if it is let in, gives it a place.</summary>
    internal bool TryTake(Instant now, LinkPayer payer)
    {
        if (_redrawAt <= now)
        {
            Redraw(now);
        }

        // Drawn for every newcomer, so that what is drawn later does not depend on how full the relay is.
        double drawn = _entropy.NextUInt32() / (uint.MaxValue + 1.0);
        if (Count >= Capacity || drawn < RefusalChance(payer))
        {
            return false;
        }

        Count++;
        _weights += payer.VoicePlaces == 0 ? payer.Share.Weight : 0;
        payer.VoicePlaces++;
        return true;
    }

    internal void Release(LinkPayer payer)
    {
        Count--;
        payer.VoicePlaces--;
        _weights -= payer.VoicePlaces == 0 ? payer.Share.Weight : 0;
    }

    /// <summary>Asks for the circuit's cells a window from now; the first window is free, for the circuit to be made longer in.</summary>
    internal void Watch(Instant now, CircuitHandle handle, bool isFirst)
    {
        if (_options.Window > TimeSpan.Zero)
        {
            _checks.Enqueue((handle, now + _options.Window, isFirst));
        }
    }

    /// <summary>A circuit whose window is over.</summary>
    internal bool TryTakeCheck(Instant now, out CircuitHandle handle, out bool isFirst)
    {
        handle = default;
        isFirst = false;
        if (Next > now)
        {
            return false;
        }

        (handle, _, isFirst) = _checks.Dequeue();
        return true;
    }

    private double RefusalChance(LinkPayer payer)
    {
        long weights = _weights + (payer.VoicePlaces == 0 ? payer.Share.Weight : 0);
        double share = (double)Capacity * payer.Share.Weight / weights;
        double start = payer.VoicePlaces < share ? _threshold : _threshold - Band;
        return Band == 0 ? (Count >= start ? 1 : 0) : Math.Clamp((Count - start) / Band, 0, 1);
    }

    private void Redraw(Instant now)
    {
        double drawn = _entropy.NextUInt32() / (uint.MaxValue + 1.0);
        _threshold = Capacity - Band - (drawn * Spread);
        long spread = Math.Max(0, (_options.RedrawMax - _options.RedrawMin).Ticks / TimeSpan.TicksPerMillisecond);
        int extra = spread == 0 ? 0 : _entropy.NextInt32((int)Math.Min(int.MaxValue, spread));
        _redrawAt = now + _options.RedrawMin + TimeSpan.FromMilliseconds(extra);
    }
}
