namespace OnionSip.Links;

/// <summary>What <see cref="LinkTable.TryOpen"/> made of a datagram. (MACHINE.TRAIN)</summary>
public enum OpenedKind : byte
{
    /// <summary>Not sealed for an open link: nothing was done, HandleDatagram takes it.</summary>
    Untouched = 0,

    /// <summary>Refused and counted.</summary>
    Dropped,

    /// <summary>A cell of a circuit.</summary>
    Cell,

    /// <summary>A link message, for <see cref="LinkTable.FinishMessage"/>.</summary>
    Message,
}
