using System;

namespace OnionSip.Circuits;

/// <summary>Sizes and times of re-timing. (CIRCUIT.TICK)</summary>
public static class TickLimits
{
    /// <summary>circuit.tick_period: one cell each way in this time.</summary>
    public const int PeriodMilliseconds = 20;

    /// <summary>circuit.tick_phases: a millisecond each.</summary>
    public const int Phases = 20;

    /// <summary>circuit.voice_first_index: forward indexes before it are for building and leave at once.</summary>
    public const int VoiceFirstIndex = 1024;

    /// <summary>circuit.lane_cells: how many a lane holds, and how far ahead of the next to leave one may be.</summary>
    public const int LaneCells = 8;

    /// <summary>circuit.tick_margin: the first cell of a lane leaves no sooner than this.</summary>
    public const int MarginMilliseconds = 2;

    /// <summary>circuit.fills_max: fills in a row before the lane sleeps.</summary>
    public const int FillsMax = 10;

    /// <summary>circuit.voice_silence: the last hop stops making cells after this without a forward one.</summary>
    public const int VoiceSilenceMilliseconds = 500;

    /// <summary>circuit.shift_block_ticks: late cells are looked for block by block.</summary>
    public const int ShiftBlockTicks = 8;

    /// <summary>circuit.shift_up_blocks: so many of the last four blocks with a late cell make the lane wait one tick more.</summary>
    public const int ShiftUpBlocks = 3;

    /// <summary>circuit.shift_down_ticks: ticks over which the shortest wait is taken.</summary>
    public const int ShiftDownTicks = 256;

    /// <summary>circuit.shift_down_held: when every cell was held longer, the lane waits one tick less.</summary>
    public const int ShiftDownHeldMilliseconds = 25;

    /// <summary>circuit.report_ticks: an unreported fill waits no longer for a slot of its own; less than a bitmap holds.</summary>
    public const int ReportTicks = 48;

    /// <summary>circuit.last_hop_report_ticks</summary>
    public const int LastHopReportTicks = 64;

    internal static readonly TimeSpan VoiceSilence = TimeSpan.FromMilliseconds(VoiceSilenceMilliseconds);
}
