using System;

namespace OnionSip.Circuits;

/// <summary>What a client asks of one hop, in CREATE's flags byte; 0 is a signalling circuit. (CIRCUIT.VOICE)</summary>
[Flags]
public enum CircuitFlags : byte
{
    None = 0,

    /// <summary>The circuit carries one call at one cell a tick, and takes a voice place at this hop.</summary>
    Voice = 1,

    /// <summary>This hop re-times the circuit's cells; only with <see cref="Voice"/>.</summary>
    Retime = 2,
}
