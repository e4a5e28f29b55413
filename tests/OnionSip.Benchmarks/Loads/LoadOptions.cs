namespace OnionSip.Benchmarks.Loads;

/// <summary>What the relay under test is to the calls.</summary>
internal enum RelayPart
{
    Middle,
    Guard,
    Exit,
}

/// <summary>The shape of a load.</summary>
internal sealed record LoadOptions
{
    /// <summary>What one processor can generate and open.</summary>
    public const int MostCalls = 10_000;

    public required RelayPart Part { get; init; }

    public int Calls { get; init; } = 1000;

    public int Peers { get; init; } = 20;

    /// <summary>Circuits without a voice place and without ticks.</summary>
    public bool IsSignalling { get; init; }

    /// <summary>All calls come from one client over one link, as those of one gateway do.</summary>
    public bool SharesClient { get; init; }

    /// <summary>The processor of the generator.</summary>
    public int Processor { get; init; } = 1;

    /// <summary>Relay processes that each call runs through, from the first on.</summary>
    public int PathProcesses { get; init; } = 1;
}
