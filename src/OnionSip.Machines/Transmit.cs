namespace OnionSip.Machines;

/// <summary>What a machine wants sent: <paramref name="Bytes"/> of the caller's buffer to <paramref name="To"/>. (MACHINE.DRAIN)</summary>
public readonly record struct Transmit(PeerAddress To, int Bytes)
{
    /// <summary>Of a link that this node opened. A host whose announced socket is shared sends it by a socket of its own.</summary>
    public bool IsOpened { get; init; }
}
