using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>What to do with a cell.</summary>
public enum CellRouteKind : byte
{
    None = 0,

    /// <summary>Send it, as it now stands, over a link.</summary>
    Forward,

    /// <summary>This relay owns it: the body starts at byte 16.</summary>
    Deliver,

    /// <summary>It waits for its tick. (CIRCUIT.TICK)</summary>
    Held,

    /// <summary>This relay's own slot has come: write a body from byte 16 on and seal it. (CIRCUIT.TICK)</summary>
    Originate,
}

/// <summary>
/// Where a cell goes: a link, circuit and slot, or the circuit of this relay that owns it. (CIRCUIT.LAYER)
/// </summary>
public readonly record struct CellRoute(
    CellRouteKind Kind, LinkId Link, CircuitId Circuit, Slot Slot, CircuitHandle Handle);
