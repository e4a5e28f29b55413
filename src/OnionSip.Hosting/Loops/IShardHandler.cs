using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>What a loop needs beyond the machine's polls: its owner's ear and the owner's own services. (HOST.LOOP)</summary>
public interface IShardHandler<TEvent>
{
    /// <summary>Acts on one event; may give the machine commands.</summary>
    void HandleEvent(Instant now, in TEvent nodeEvent);

    /// <summary>The earliest deadline of the host's own services; <see cref="Instant.Never"/> when there is none.</summary>
    Instant NextDeadline { get; }

    /// <summary>Runs the services whose deadline has come.</summary>
    void HandleDeadline(Instant now);

    /// <summary>Called after each drain: services may have work that waited for it. True when the machine was given commands.</summary>
    bool HandleDrained(Instant now);
}
