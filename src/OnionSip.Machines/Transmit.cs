namespace OnionSip.Machines;

/// <summary>What a machine wants sent: <paramref name="Bytes"/> of the caller's buffer to <paramref name="To"/>. (MACHINE.DRAIN)</summary>
public readonly record struct Transmit(PeerAddress To, int Bytes);
