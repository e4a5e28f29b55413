using System;

namespace OnionSip.Hosting.Loops;

/// <summary>A descriptor that became ready, by the token it was registered with.</summary>
internal readonly record struct ReadyDescriptor(long Token, Interest Interest);

/// <summary>Waits until one of many descriptors is ready. (HOST.LOOP)</summary>
/// <remarks>Level-triggered: what is not consumed is reported again. Errors and hang-ups are reported as both interests.</remarks>
internal abstract class Poller : IDisposable
{
    public static Poller Create() => OperatingSystem.IsLinux() && Environment.Is64BitProcess
        ? new EpollPoller()
        : OperatingSystem.IsWindows()
            ? throw new PlatformNotSupportedException("this build runs on Linux and other Unix systems; Windows is not supported yet")
            : new UnixPoller();

    /// <summary>A descriptor that is readable while any registered one is ready; -1 where there is none.</summary>
    public virtual int Descriptor => -1;

    /// <summary>Adds a descriptor.</summary>
    public abstract void Add(int descriptor, long token, Interest interest);

    public abstract void Change(int descriptor, long token, Interest interest);

    public abstract void Remove(int descriptor);

    /// <summary>Waits at most <paramref name="timeout"/>, forever when it is infinite; returns how many are ready.</summary>
    public abstract int Wait(TimeSpan timeout, Span<ReadyDescriptor> ready);

    public abstract void Dispose();
}
