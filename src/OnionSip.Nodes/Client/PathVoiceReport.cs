using System.Collections.Generic;

namespace OnionSip.Nodes;

/// <summary>What one hop says it filled because nothing came in time. (CIRCUIT.REPORT)</summary>
public readonly record struct HopFills(long Forward, long Backward);

/// <summary>What became of the slots of a voice path; nothing in it names anybody. (NODE.VOICE-REPORT)</summary>
public sealed record PathVoiceReport
{
    /// <summary>Forward slots that left this client.</summary>
    public long ForwardSent { get; init; }

    /// <summary>Of these, slots that the exit got and could read.</summary>
    public long ForwardReached { get; init; }

    /// <summary>Slots that did not reach the exit and that no hop says it filled.</summary>
    public long ForwardUndeclared { get; init; }

    /// <summary>Slots that no report of the exit covers, or not yet.</summary>
    public long ForwardUnreported { get; init; }

    /// <summary>Ticks that this client was too late for.</summary>
    public long TicksSkipped { get; init; }

    /// <summary>Backward slots that came and could be read as the exit's.</summary>
    public long BackwardReached { get; init; }

    /// <summary>Backward slots of which nothing came.</summary>
    public long BackwardMissing { get; init; }

    /// <summary>Backward slots that came, were no hop's, and that no hop says it filled.</summary>
    public long BackwardUndeclared { get; init; }

    /// <summary>For each hop, guard first: what it filled.</summary>
    public IReadOnlyList<HopFills> Hops { get; init; } = [];

    /// <summary>Datagrams that waited for a tick and gave way to newer ones.</summary>
    public long DatagramsDropped { get; init; }

    /// <summary>Times the guard's slots moved by more than a clock does.</summary>
    public long ClockSteps { get; init; }
}
