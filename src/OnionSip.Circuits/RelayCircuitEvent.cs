using System;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>What happened to a circuit at a relay.</summary>
public enum RelayCircuitEventKind : byte
{
    None = 0,

    /// <summary>A client made a circuit that ends here for now.</summary>
    Created,

    /// <summary>An extension worked: the CREATED message goes to the client in EXTENDED.</summary>
    Extended,

    /// <summary>An extension did not work; the circuit still ends here.</summary>
    ExtendFailed,

    /// <summary>The circuit is gone, by a neighbour's doing or for want of use.</summary>
    Destroyed,
}

/// <summary>An event of one circuit; fields that do not apply are zero. (CIRCUIT.EXTEND, CIRCUIT.DESTROY)</summary>
public readonly record struct RelayCircuitEvent(
    RelayCircuitEventKind Kind,
    CircuitHandle Handle,
    ushort Request,
    ControlStatus Status,
    ReadOnlyMemory<byte> CreatedMessage);
