using System;

namespace OnionSip.Machines;

/// <summary>What the hosting loop and the simulator need of a node. (MACHINE.DRAIN)</summary>
/// <remarks>
/// After every input the driver polls until both polls say no, then asks for the next deadline.
/// Times never go backwards from one call to the next.
/// </remarks>
public interface IMachine<TEvent>
{
    /// <summary>Writes one outgoing datagram; false when there is none.</summary>
    bool PollTransmit(Instant now, Span<byte> destination, out Transmit transmit);

    /// <summary>Takes one event; false when there is none.</summary>
    bool PollEvent(out TEvent nodeEvent);

    /// <summary>When <see cref="HandleTimeout"/> must next be called; <see cref="Instant.Never"/> when idle.</summary>
    Instant PollTimeout();

    void HandleTimeout(Instant now);
}
