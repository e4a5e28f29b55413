namespace OnionSip.Streams;

/// <summary>What one end of a hop's streams and flows may hold. (STREAM.LIMITS, FLOW.LIMITS)</summary>
/// <remarks>Both ends must use the same buffer sizes: they are the credit a stream starts with.</remarks>
public sealed record StreamMuxOptions
{
    /// <summary>The client's end; it sends requests on stream 0 and takes answers, a hop the other way round.</summary>
    public required bool IsClient { get; init; }

    public int MaxStreams { get; init; } = StreamLimits.MaxStreams;

    public int MaxFlows { get; init; } = StreamLimits.MaxFlows;

    public int StreamBufferBytes { get; init; } = StreamLimits.StreamBufferBytes;

    public int ControlBufferBytes { get; init; } = StreamLimits.ControlBufferBytes;
}
