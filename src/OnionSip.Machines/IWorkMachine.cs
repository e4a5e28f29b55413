using System.Diagnostics.CodeAnalysis;

namespace OnionSip.Machines;

/// <summary>A machine that hands out computations. (NODE.WORK)</summary>
/// <remarks>
/// Shape:  after every input, and after each <see cref="HandleWork"/>, poll until it says no. Results may come back in any order, or not
///         at all.
/// Bounds: as many at a time as the machine says; the rest waits inside it.
/// </remarks>
public interface IWorkMachine
{
    /// <summary>Takes one computation to run; false when there is none for now.</summary>
    bool PollWork(Instant now, [NotNullWhen(true)] out NodeWork? work);

    /// <summary>Takes back a computation that was run. One whose subject is gone meanwhile is erased and counted.</summary>
    void HandleWork(Instant now, NodeWork work);
}
