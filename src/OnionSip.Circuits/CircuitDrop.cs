namespace OnionSip.Circuits;

/// <summary>Why a circuit machine refused what it was given; shared by relays and clients. (CIRCUIT.DROPS)</summary>
public enum CircuitDrop : byte
{
    None = 0,

    /// <summary>A link message or cell is not 248 bytes.</summary>
    BadLength,

    /// <summary>A link message that is not about circuits.</summary>
    NotACircuitMessage,

    /// <summary>No circuit of that id on that link.</summary>
    UnknownCircuit,

    /// <summary>A circuit id of the wrong half, or 0.</summary>
    BadCircuitId,

    /// <summary>A link message whose fields cannot be: counts, lengths, filling.</summary>
    BadMessage,

    /// <summary>A fragment that is here already.</summary>
    RepeatedFragment,

    /// <summary>A fragment of another CREATE under the id of a live circuit, or of the same one too late.</summary>
    CircuitInUse,

    /// <summary>This link has too many unfinished CREATE messages.</summary>
    LinkReassemblyFull,

    /// <summary>All links together have too many unfinished CREATE messages.</summary>
    ReassemblyFull,

    /// <summary>An unfinished CREATE message was given up.</summary>
    ReassemblyTimeout,

    /// <summary>The relay has as many circuits as it may.</summary>
    TooManyCircuits,

    /// <summary>The link has as many circuits as it may.</summary>
    TooManyCircuitsOnLink,

    /// <summary>More handshakes in this second than the relay does.</summary>
    HandshakeRate,

    /// <summary>
    /// A handshake message that does not verify: damaged, for another relay, or from another network.
    /// </summary>
    HandshakeFailed,

    /// <summary>A handshake payload of another version or with unknown flags.</summary>
    BadPayload,

    /// <summary>CREATED for a circuit that asked for none.</summary>
    UnexpectedCreated,

    /// <summary>A cell for a circuit that is not complete, or closed.</summary>
    NotOpen,

    /// <summary>The slot was used before.</summary>
    SlotReplayed,

    /// <summary>The slot is further behind than the window reaches.</summary>
    SlotTooOld,

    /// <summary>The slot is further ahead than the window may jump.</summary>
    SlotTooFar,

    /// <summary>The slot's tick has passed. (CIRCUIT.TICK)</summary>
    SlotLate,

    /// <summary>The slot's tick is further off than a lane holds cells. (CIRCUIT.TICK)</summary>
    SlotEarly,

    /// <summary>A lane gave up slots since their ticks were a period late. (CIRCUIT.SLIP)</summary>
    TickSkipped,

    /// <summary>Nobody on this side owns the cell: garbled, or not a cell at all.</summary>
    MissingCell,

    /// <summary>The queue of outgoing link messages was full and a message was not sent.</summary>
    QueueFull,

    /// <summary>No forward cell for so long that the circuit was given up.</summary>
    IdleTimeout,

    /// <summary>CREATE was sent as often as allowed and nothing came back.</summary>
    CreateTimeout,

    /// <summary>All client links of the prefix together have as many circuits as they may.</summary>
    TooManyCircuitsOfPrefix,

    /// <summary>A handshake came back whose CREATE nobody waits for any more.</summary>
    StaleWork,

    /// <summary>No place for one more call.</summary>
    VoiceRefused,

    /// <summary>A voice circuit without half its cells was ended.</summary>
    VoiceLapsed,

    /// <summary>A cell beyond the circuit's rate.</summary>
    OverRate,
}
