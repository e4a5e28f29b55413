namespace OnionSip.Hosting.Trains;

/// <summary>How link datagrams pass the system's border. (HOST.TRAINS)</summary>
public enum TrainIo : byte
{
    /// <summary>Many datagrams in one call where the system can, otherwise as <see cref="Portable"/>.</summary>
    Native = 0,

    /// <summary>The framework's socket, one datagram in one call; the same datagrams.</summary>
    Portable,
}
