using System;
using System.Globalization;
using OnionSip.Simulation;

namespace OnionSip.Scenarios;

/// <summary>What all seeds of a swarm did together. (SIM.REPORT)</summary>
internal sealed class SwarmTotals
{
    private int _runs;
    private long _sent;
    private long _lost;
    private long _duplicated;
    private long _corrupted;
    private long _crashes;
    private long _partitions;
    private long _pathsReady;
    private int _circuitsMax;

    public long PathsLost { get; private set; }

    public long Datagrams { get; private set; }

    public long StreamBytes { get; private set; }

    public long Calls { get; private set; }

    public long VoiceSlotsReached { get; private set; }

    private long VoiceSlots { get; set; }

    public void Add(SimFigures figures)
    {
        _runs++;
        _sent += figures.Sent;
        _lost += figures.Lost;
        _duplicated += figures.Duplicated;
        _corrupted += figures.Corrupted;
        _crashes += figures.Crashes;
        _partitions += figures.Partitions;
        _pathsReady += figures.PathsReady;
        PathsLost += figures.PathsLost;
        Datagrams += figures.Datagrams;
        StreamBytes += figures.StreamBytes;
        Calls += figures.Calls;
        VoiceSlots += figures.VoiceSlots;
        VoiceSlotsReached += figures.VoiceSlotsReached;
        _circuitsMax = Math.Max(_circuitsMax, figures.CircuitsMax);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{_runs} seeds: {_sent} datagrams sent, {_lost} lost, {_duplicated} doubled, {_corrupted} corrupted, {_crashes} crashes, "
        + $"{_partitions} partitions; {_pathsReady} paths built, {PathsLost} lost; {StreamBytes} stream bytes and {Datagrams} datagrams echoed; "
        + $"{Calls} calls, {VoiceSlots} slots, of which the exits reported {VoiceSlotsReached}; at most {_circuitsMax} circuits at a relay");
}
