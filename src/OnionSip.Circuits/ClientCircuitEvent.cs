using System;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Where a client's circuit stands. (CIRCUIT.STATE)</summary>
public enum ClientCircuitState : byte
{
    /// <summary>CREATE to the guard is unanswered.</summary>
    Creating = 0,

    /// <summary>Cells flow to every hop.</summary>
    Open,

    /// <summary>Open, and an EXTEND is unanswered.</summary>
    Extending,

    /// <summary>Gone; all keys are erased.</summary>
    Closed,
}

/// <summary>What happened to a client's circuit.</summary>
public enum ClientCircuitEventKind : byte
{
    None = 0,

    /// <summary>A hop answered: its index and the digest of its network document.</summary>
    HopAdded,

    /// <summary>The circuit could not be made or extended in time, or a hop answered wrongly; it is closed.</summary>
    Failed,

    /// <summary>The other side ended it.</summary>
    Closed,

    /// <summary>
    /// The last hop has been sent nothing for a while: send it a cell, empty if need be. (CIRCUIT.IDLE)
    /// </summary>
    PaddingDue,
}

/// <summary>An event of a client's circuit. (CIRCUIT.CREATE, CIRCUIT.DESTROY)</summary>
public readonly record struct ClientCircuitEvent(
    ClientCircuitEventKind Kind, HopIndex Hop, ReadOnlyMemory<byte> DocumentDigest);
