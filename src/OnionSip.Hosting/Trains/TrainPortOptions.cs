namespace OnionSip.Hosting.Trains;

/// <summary>How one link socket is made. (HOST.TRAINS)</summary>
internal sealed record TrainPortOptions
{
    internal TrainIo Io { get; init; }

    /// <summary>Asked of the system for each direction; 0 leaves what it gives.</summary>
    internal int BufferBytes { get; init; }

    /// <summary>The address is shared with the sockets of other shards.</summary>
    internal bool IsShared { get; init; }
}
