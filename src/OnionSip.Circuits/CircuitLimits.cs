namespace OnionSip.Circuits;

/// <summary>Limits and times of circuits; each cites its row in specs/parameters.md. (CIRCUIT.LIMITS)</summary>
public static class CircuitLimits
{
    /// <summary>Slots one key serves. Parameter circuit.epoch_slots.</summary>
    public const int EpochSlots = 4096;

    /// <summary>Slots behind and with the highest that may still come. Parameter circuit.window_slots.</summary>
    public const int WindowSlots = 1024;

    /// <summary>How far past the highest slot one may jump. Parameter circuit.ahead_slots.</summary>
    public const int AheadSlots = 4096;

    /// <summary>Empty backward slots between one last hop and the next. Parameter circuit.handover_gap_slots.</summary>
    public const int HandOverGapSlots = 1024;

    /// <summary>Cells a hop may originate while its CREATE is unanswered. Parameter circuit.extending_cells.</summary>
    public const int ExtendingCells = 512;

    /// <summary>
    /// Cells a hop may still originate once its circuit was extended. Parameter circuit.handover_cells.
    /// </summary>
    public const int HandOverCells = 256;

    /// <summary>Parameter circuit.max_hops.</summary>
    public const int MaxHops = 8;

    /// <summary>EXTEND requests one hop takes in the life of a circuit. Parameter circuit.extend_attempts.</summary>
    public const int ExtendAttempts = 4;

    /// <summary>Times a CREATE is sent. Parameter circuit.create_tries.</summary>
    public const int CreateTries = 4;

    /// <summary>Wait after the first sending, doubled after each. Parameter circuit.create_retry.</summary>
    public const int CreateRetryMilliseconds = 400;

    /// <summary>Parameter circuit.extend_timeout.</summary>
    public const int ExtendTimeoutMilliseconds = 15_000;

    /// <summary>Parameter circuit.reassembly_timeout.</summary>
    public const int ReassemblyTimeoutMilliseconds = 3_000;

    /// <summary>How long a relay can repeat its CREATED. Parameter circuit.created_kept.</summary>
    public const int CreatedKeptMilliseconds = 10_000;

    /// <summary>A relay forgets a circuit without forward cells. Parameter circuit.idle.</summary>
    public const int IdleMilliseconds = 600_000;

    /// <summary>A client sends its last hop a cell at least this often. Parameter circuit.keep_alive.</summary>
    public const int KeepAliveMilliseconds = 60_000;

    /// <summary>Parameter circuit.max_circuits.</summary>
    public const int MaxCircuits = 16_384;

    /// <summary>Parameter circuit.max_circuits_per_link.</summary>
    public const int MaxCircuitsPerLink = 4_096;

    /// <summary>Parameter circuit.max_reassemblies.</summary>
    public const int MaxReassemblies = 4_096;

    /// <summary>Parameter circuit.max_reassemblies_per_link.</summary>
    public const int MaxReassembliesPerLink = 32;

    /// <summary>Parameter circuit.handshakes_per_second.</summary>
    public const int HandshakesPerSecond = 2_000;

    /// <summary>Parameter circuit.handshake_burst.</summary>
    public const int HandshakeBurst = 100;

    /// <summary>Handshakes under way at a time. Parameter circuit.max_work.</summary>
    public const int MaxWork = 16;

    /// <summary>CREATE messages that wait for a handshake. Parameter circuit.max_waiting.</summary>
    public const int MaxWaiting = 1_024;

    /// <summary>Turns of a relay's link for each of a prefix. Parameter circuit.relay_weight.</summary>
    public const int RelayWeight = 8;

    /// <summary>Parameter circuit.relay_creates_per_second.</summary>
    public const int RelayCreatesPerSecond = 1_000;

    /// <summary>Parameter circuit.relay_create_burst.</summary>
    public const int RelayCreateBurst = 256;

    /// <summary>Parameter circuit.relay_max_waiting.</summary>
    public const int RelayMaxWaiting = 256;

    /// <summary>Parameter circuit.prefix_creates_per_second.</summary>
    public const int PrefixCreatesPerSecond = 100;

    /// <summary>Parameter circuit.prefix_create_burst.</summary>
    public const int PrefixCreateBurst = 256;

    /// <summary>Parameter circuit.prefix_max_waiting.</summary>
    public const int PrefixMaxWaiting = 128;

    /// <summary>Circuits of all client links of a prefix. Parameter circuit.prefix_max_circuits.</summary>
    public const int PrefixMaxCircuits = 2_048;

    /// <summary>Parameter circuit.client_creates_per_second.</summary>
    public const int ClientCreatesPerSecond = 20;

    /// <summary>Parameter circuit.client_create_burst.</summary>
    public const int ClientCreateBurst = 128;

    /// <summary>Parameter circuit.client_max_waiting.</summary>
    public const int ClientMaxWaiting = 32;

    /// <summary>Circuits of one client's link. Parameter circuit.client_max_circuits.</summary>
    public const int ClientMaxCircuits = 512;

    /// <summary>Voice circuits. Parameter circuit.voice_capacity.</summary>
    public const int VoiceCapacity = 4_096;

    /// <summary>Parameter circuit.voice_band.</summary>
    public const int VoiceBandPercent = 5;

    /// <summary>Parameter circuit.voice_spread.</summary>
    public const int VoiceSpreadPercent = 15;

    /// <summary>Parameter circuit.voice_redraw_min.</summary>
    public const int VoiceRedrawMinMilliseconds = 120_000;

    /// <summary>Parameter circuit.voice_redraw_max.</summary>
    public const int VoiceRedrawMaxMilliseconds = 600_000;

    /// <summary>Parameter circuit.voice_wander.</summary>
    public const int VoiceWanderPercent = 1;

    /// <summary>Parameter circuit.voice_wander_min.</summary>
    public const int VoiceWanderMinMilliseconds = 5_000;

    /// <summary>Parameter circuit.voice_wander_max.</summary>
    public const int VoiceWanderMaxMilliseconds = 15_000;

    /// <summary>Voice circuits a relay's link may ask for. Parameter circuit.relay_voice_per_second.</summary>
    public const int RelayVoicePerSecond = 20;

    /// <summary>Parameter circuit.relay_voice_burst.</summary>
    public const int RelayVoiceBurst = 256;

    /// <summary>Voice circuits a prefix may ask for. Parameter circuit.prefix_voice_per_second.</summary>
    public const int PrefixVoicePerSecond = 5;

    /// <summary>Parameter circuit.prefix_voice_burst.</summary>
    public const int PrefixVoiceBurst = 64;

    /// <summary>Parameter circuit.voice_window.</summary>
    public const int VoiceWindowMilliseconds = 10_000;

    /// <summary>A cell each 20 ms and one in a hundred more, for clocks that differ. Parameter circuit.voice_cell.</summary>
    public const int VoiceCellMicroseconds = 19_800;

    /// <summary>Parameter circuit.voice_burst.</summary>
    public const int VoiceBurst = 8;

    /// <summary>Cells beyond the rate once, for EXTEND and what the call needs. Parameter circuit.voice_set_up.</summary>
    public const int VoiceSetUpCells = 128;

    /// <summary>50 cells a second: no more than one call. Parameter circuit.signalling_cell.</summary>
    public const int SignallingCellMicroseconds = 20_000;

    /// <summary>Parameter circuit.signalling_burst.</summary>
    public const int SignallingBurst = 256;

    /// <summary>
    /// A client that has sent this many cells to nearer hops only owes its last hop one. Parameter
    /// circuit.padding_due_slots.
    /// </summary>
    public const int PaddingDueSlots = 1024;

    /// <summary>Beyond this many the client sends none to nearer hops. Parameter circuit.padding_must_slots.</summary>
    public const int PaddingMustSlots = 3072;
}
