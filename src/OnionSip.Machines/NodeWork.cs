namespace OnionSip.Machines;

/// <summary>A computation that a machine hands out instead of doing it itself: a handshake. (NODE.WORK)</summary>
/// <remarks>
/// Shape:   the machine makes it, the host runs it once on any thread, the machine takes it back. It works on buffers of its own and on
///          keys that do not change; it asks no clock, does no IO and shares nothing.
/// Secrets: each kind says which; <see cref="Erase"/> zeroes them and everything computed.
/// </remarks>
public abstract class NodeWork
{
    /// <summary>Does the computation: once, on any thread, while nobody else touches the object.</summary>
    public abstract void Run();

    /// <summary>Zeroes what is secret; for work that is not going back to its machine, and not while it runs.</summary>
    public abstract void Erase();
}
