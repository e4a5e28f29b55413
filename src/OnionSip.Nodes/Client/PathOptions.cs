using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>What a path is for and what it is made of. (NODE.PATH, NODE.VOICE)</summary>
public sealed record PathOptions
{
    /// <summary>A circuit of its own for one call: every CREATE asks for a voice place.</summary>
    public bool IsVoice { get; init; }

    /// <summary>Exactly these relays, guard first, as for a call beside its account's path; null lets them be drawn.</summary>
    public IReadOnlyList<RelayId>? Relays { get; init; }

    /// <summary>When drawn: the guard to keep.</summary>
    public RelayId? Guard { get; init; }

    /// <summary>When drawn: the exit to keep, as for an account whose registration lives there.</summary>
    public RelayId? Exit { get; init; }

    /// <summary>Which hops of a voice path re-time; null means all.</summary>
    public IReadOnlyList<bool>? Retimes { get; init; }

    internal CircuitFlags FlagsAt(int hop) =>
        !IsVoice ? CircuitFlags.None
        : Retimes is not { } retimes || (hop < retimes.Count && retimes[hop]) ? CircuitFlags.Voice | CircuitFlags.Retime
        : CircuitFlags.Voice;
}
