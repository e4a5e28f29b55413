using System;

namespace OnionSip.Machines;

/// <summary>Where the driver puts what a machine gives out.</summary>
public interface IMachineSink<TEvent>
{
    void Transmit(PeerAddress to, ReadOnlySpan<byte> datagram);

    void Event(in TEvent nodeEvent);
}
