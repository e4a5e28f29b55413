using System;
using OnionSip.Machines;

namespace OnionSip.Hosting.Shards;

/// <summary>Estimates how many voice circuits a shard's thread can carry, from what those that run cost. (HOST.CAPACITY)</summary>
/// <remarks>Timers: one measurement in <see cref="PeriodSeconds"/> while the owner asks for it. Bounds: 1 to the configured capacity.</remarks>
public sealed class CapacityMeter
{
    public const int PeriodSeconds = 10;

    /// <summary>With fewer voice circuits nothing is measured.</summary>
    public const int CircuitsMin = 100;

    /// <summary>Of the thread's time, what voice may use.</summary>
    public const int BusyPercent = 85;
    private const int LanesPerCall = 2;
    private const double NewShare = 0.25;
    private const double Step = 0.05;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(PeriodSeconds);

    private readonly int _configured;
    private Instant _measuredAt;
    private TimeSpan? _usedBefore;
    private double _estimate;

    public CapacityMeter(Instant start, int configured)
    {
        _measuredAt = start;
        _configured = configured;
        _estimate = configured;
        Capacity = configured;
    }

    /// <summary>What the node was told.</summary>
    public int Capacity { get; private set; }

    public Instant NextDeadline => _measuredAt + s_period;

    /// <summary>Takes one measurement; the new capacity when the node should hear of it.</summary>
    /// <param name="used">Processor time of the thread since its start.</param>
    /// <param name="awakeLanes">Directions of voice circuits that cells leave in.</param>
    public int? Measure(Instant now, TimeSpan used, int awakeLanes)
    {
        TimeSpan passed = now - _measuredAt;
        TimeSpan? before = _usedBefore;
        (_measuredAt, _usedBefore) = (now, used);

        // A span that nobody looked at is no measurement: most of it may have been silence.
        if (before is null || passed > 2 * s_period || used <= before || awakeLanes < CircuitsMin)
        {
            return null;
        }

        double busy = (used - before.Value) / passed;
        double estimate = (double)awakeLanes / LanesPerCall * BusyPercent / 100 / busy;
        _estimate += NewShare * (Math.Min(estimate, _configured) - _estimate);
        int capacity = Math.Clamp((int)_estimate, 1, _configured);
        if (Math.Abs(capacity - Capacity) < Step * Capacity)
        {
            return null;
        }

        Capacity = capacity;
        return capacity;
    }
}
