using System;

namespace OnionSip.Circuits;

/// <summary>How many voice circuits a relay takes and how it hides how many it has. (CIRCUIT.ADMISSION)</summary>
public sealed record VoiceOptions
{
    /// <summary>circuit.voice_capacity: measured or configured by the host; never more than this.</summary>
    public int Capacity { get; init; } = CircuitLimits.VoiceCapacity;

    /// <summary>circuit.voice_band: over so many hundredths of the capacity the chance of refusal goes from 0 to 1.</summary>
    public int BandPercent { get; init; } = CircuitLimits.VoiceBandPercent;

    /// <summary>circuit.voice_spread: the ramp's place is drawn from so many hundredths of the capacity.</summary>
    public int SpreadPercent { get; init; } = CircuitLimits.VoiceSpreadPercent;

    /// <summary>circuit.voice_redraw_min</summary>
    public TimeSpan RedrawMin { get; init; } = TimeSpan.FromMilliseconds(CircuitLimits.VoiceRedrawMinMilliseconds);

    /// <summary>circuit.voice_redraw_max</summary>
    public TimeSpan RedrawMax { get; init; } = TimeSpan.FromMilliseconds(CircuitLimits.VoiceRedrawMaxMilliseconds);

    /// <summary>circuit.voice_wander: the threshold's steps are at most so many hundredths of the capacity.</summary>
    public int WanderPercent { get; init; } = CircuitLimits.VoiceWanderPercent;

    /// <summary>circuit.voice_wander_min</summary>
    public TimeSpan WanderMin { get; init; } = TimeSpan.FromMilliseconds(CircuitLimits.VoiceWanderMinMilliseconds);

    /// <summary>circuit.voice_wander_max</summary>
    public TimeSpan WanderMax { get; init; } = TimeSpan.FromMilliseconds(CircuitLimits.VoiceWanderMaxMilliseconds);

    /// <summary>circuit.voice_window: how long a place may stay without its cells; zero: for ever, as a control in tests.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMilliseconds(CircuitLimits.VoiceWindowMilliseconds);
}
