using System;
using OnionSip.Machines;

namespace OnionSip.Circuits;

/// <summary>
/// When a CREATE is sent again: after 400 ms, then each wait twice the last; four sendings, then none.
/// (CIRCUIT.CREATE)
/// </summary>
internal struct RetrySchedule(Instant now)
{
    private int _sent = 1;

    internal Instant Deadline { get; private set; } = now + TimeSpan.FromMilliseconds(
        CircuitLimits.CreateRetryMilliseconds);

    /// <summary>Called when the deadline came: true to send again, false to give up.</summary>
    internal bool TryAgain(Instant now)
    {
        if (_sent >= CircuitLimits.CreateTries)
        {
            Deadline = Instant.Never;
            return false;
        }

        Deadline = now + TimeSpan.FromMilliseconds(CircuitLimits.CreateRetryMilliseconds << _sent);
        _sent++;
        return true;
    }
}
