using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Circuits;

/// <summary>The places a relay has for voice circuits, and who gets one. (CIRCUIT.ADMISSION)</summary>
/// <remarks>
/// Shape:  with n places taken a newcomer is refused with a chance that goes from 0 to 1 while n crosses a band. Where the band lies is
///         drawn again every few minutes, and it wanders meanwhile. A payer that has more than its share meets a band that ends where the
///         others' begins.
/// Bounds: the capacity; nobody who has a place loses it to a newcomer.
/// </remarks>
internal sealed class VoicePlaces
{
    private readonly VoiceOptions _options;
    private readonly Entropy _entropy;
    private readonly Queue<(CircuitHandle Handle, Instant At, bool IsFirst)> _checks = new();
    private int _threshold;
    private Instant _redrawAt;
    private Instant _stepAt;
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

    internal int Threshold => _threshold;

    /// <summary>Weights of all payers that hold a place.</summary>
    internal long Weights => _weights;

    private int Band => Percent(_options.BandPercent);

    private int Spread => Percent(_options.SpreadPercent);

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

        Wander(now);

        // Drawn for every newcomer, so that what is drawn later does not depend on how full the relay is.
        double drawn = _entropy.NextUInt32() / (uint.MaxValue + 1.0);
        if (!payer.TryTakeVoice(now) || Count >= Capacity || drawn < RefusalChance(payer))
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

    internal double ShareOf(LinkPayer payer)
    {
        long weights = _weights + (payer.VoicePlaces == 0 ? payer.Share.Weight : 0);
        return (double)Capacity * payer.Share.Weight / weights;
    }

    /// <summary>
    /// Rises smoothly from 0 to 1 across the band: flat at both ends, where one call more would otherwise show most in few tries.
    /// </summary>
    private double RefusalChance(LinkPayer payer)
    {
        int start = payer.VoicePlaces < ShareOf(payer) ? _threshold : _threshold - Band;
        if (Band == 0)
        {
            return Count >= start ? 1 : 0;
        }

        double part = Math.Clamp((Count - start) / (double)Band, 0, 1);
        return part * part * (3 - (2 * part));
    }

    private void Redraw(Instant now)
    {
        _threshold = Capacity - Band - _entropy.NextInt32(Spread + 1);
        _redrawAt = now + Between(_options.RedrawMin, _options.RedrawMax);
        _stepAt = now + Between(_options.WanderMin, _options.WanderMax);
    }

    /// <summary>Moves the threshold a little every few seconds, so that a step of one call looks like one of its own.</summary>
    private void Wander(Instant now)
    {
        int width = Percent(_options.WanderPercent);
        while (_stepAt <= now)
        {
            int highest = Capacity - Band;
            int moved = _threshold + _entropy.NextInt32((2 * width) + 1) - width;
            _threshold = moved > highest ? highest - Math.Min(moved - highest, Spread)
                : moved < highest - Spread ? highest - Spread + Math.Min(highest - Spread - moved, Spread)
                : moved;
            _stepAt += Between(_options.WanderMin, _options.WanderMax);
        }
    }

    private int Percent(int percent) => (int)((long)Capacity * percent / 100);

    private TimeSpan Between(TimeSpan min, TimeSpan max)
    {
        long spread = (max - min).Ticks / TimeSpan.TicksPerMillisecond;
        return spread <= 0 ? min : min + TimeSpan.FromMilliseconds(_entropy.NextInt32((int)Math.Min(int.MaxValue, spread)));
    }
}
