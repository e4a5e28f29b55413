using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>An extension that waits for CREATED. (CIRCUIT.EXTEND)</summary>
internal sealed class RelayExtension(Instant now, ushort request, byte[] create)
{
    private RetrySchedule _retry = new(now);

    internal ushort Request { get; } = request;

    internal byte[] Create { get; } = create;

    internal FragmentJoiner Created { get; } = new();

    internal Instant Deadline => _retry.Deadline;

    internal bool TryAgain(Instant now) => _retry.TryAgain(now);
}
