using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>What a datagram held for the caller. (WIRE.SEALED)</summary>
public enum ReceivedKind : byte
{
    /// <summary>Nothing: it was refused or was for the link itself.</summary>
    None = 0,

    /// <summary>A cell of a circuit.</summary>
    Cell = 1,

    /// <summary>CREATE, CREATED or DESTROY. (WIRE.LINK-MESSAGE)</summary>
    Message = 2,
}

/// <summary>Where a received cell belongs; its 248 bytes are in the caller's buffer. (WIRE.SEALED)</summary>
public readonly record struct ReceivedCell(ReceivedKind Kind, LinkId Link, CircuitId Circuit, Slot Slot);
