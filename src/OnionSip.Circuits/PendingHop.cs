using System;
using OnionSip.Machines;

namespace OnionSip.Circuits;

/// <summary>A hop that was asked and has not answered.</summary>
internal sealed class PendingHop(
    in HopTarget target, in HopNumbering numbering, ReadOnlySpan<byte> networkId, Entropy entropy)
    : IDisposable
{
    internal HopTarget Target { get; } = target;

    internal HopNumbering Numbering { get; } = numbering;

    internal CreateInitiator Initiator { get; } = new(in target, networkId, entropy);

    public void Dispose() => Initiator.Dispose();
}
