namespace OnionSip.Circuits;

/// <summary>What one payer may take: a relay's link, or the client links of one prefix together. (CIRCUIT.SHARES)</summary>
public sealed record LinkShare
{
    /// <summary>Turns it gets against the others.</summary>
    public required int Weight { get; init; }

    public required int CreatesPerSecond { get; init; }

    public required int CreateBurst { get; init; }

    /// <summary>CREATE messages that wait for their handshake.</summary>
    public required int MaxWaiting { get; init; }

    public required int MaxCircuits { get; init; }

    /// <summary>Voice circuits asked for, let in or not; looked at for payers only.</summary>
    public required int VoicePerSecond { get; init; }

    public required int VoiceBurst { get; init; }

    /// <summary>The share of a link to a relay. (CIRCUIT.SHARES)</summary>
    public static LinkShare Relay => new()
    {
        Weight = CircuitLimits.RelayWeight,
        CreatesPerSecond = CircuitLimits.RelayCreatesPerSecond,
        CreateBurst = CircuitLimits.RelayCreateBurst,
        MaxWaiting = CircuitLimits.RelayMaxWaiting,
        MaxCircuits = CircuitLimits.MaxCircuits,
        VoicePerSecond = CircuitLimits.RelayVoicePerSecond,
        VoiceBurst = CircuitLimits.RelayVoiceBurst,
    };

    /// <summary>The share of all clients of one prefix. (CIRCUIT.SHARES)</summary>
    public static LinkShare Prefix => new()
    {
        Weight = 1,
        CreatesPerSecond = CircuitLimits.PrefixCreatesPerSecond,
        CreateBurst = CircuitLimits.PrefixCreateBurst,
        MaxWaiting = CircuitLimits.PrefixMaxWaiting,
        MaxCircuits = CircuitLimits.PrefixMaxCircuits,
        VoicePerSecond = CircuitLimits.PrefixVoicePerSecond,
        VoiceBurst = CircuitLimits.PrefixVoiceBurst,
    };

    /// <summary>The share of one client's link, within that of its prefix. (CIRCUIT.SHARES)</summary>
    public static LinkShare Client => new()
    {
        Weight = 1,
        CreatesPerSecond = CircuitLimits.ClientCreatesPerSecond,
        CreateBurst = CircuitLimits.ClientCreateBurst,
        MaxWaiting = CircuitLimits.ClientMaxWaiting,
        MaxCircuits = CircuitLimits.ClientMaxCircuits,
        VoicePerSecond = CircuitLimits.PrefixVoicePerSecond,
        VoiceBurst = CircuitLimits.PrefixVoiceBurst,
    };
}
