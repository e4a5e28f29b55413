namespace OnionSip.Machines;

/// <summary>Datagrams of one size for one peer, back to back. (MACHINE.TRAIN)</summary>
/// <param name="SegmentBytes">The length of each but the last, which may be shorter.</param>
/// <param name="Bytes">All of them together.</param>
public readonly record struct Train(PeerAddress To, int SegmentBytes, int Bytes)
{
    /// <summary>machines.train_segments: what a kernel takes in one call since UDP segmentation exists.</summary>
    public const int SegmentsMax = 64;

    /// <summary>As for <see cref="Transmit.IsOpened"/>; the same for all of a train.</summary>
    public bool IsOpened { get; init; }
}
