namespace OnionSip.Circuits;

/// <summary>What the lanes of one relay did since its start. (CIRCUIT.TICK)</summary>
/// <param name="Sent">Voice cells that left at their tick, own ones among them.</param>
/// <param name="Filled">Slots filled because nothing had come.</param>
/// <param name="Reports">Fills and cells that gave way to a report.</param>
/// <param name="Shifts">Times a lane moved by a tick.</param>
/// <param name="Skipped">Slots dropped since their tick was a period late.</param>
public readonly record struct VoiceCounters(long Sent, long Filled, long Reports, long Shifts, long Skipped);
