using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace OnionSip.Hosting.Loops;

/// <summary>Turns the system's signals into posts to a loop. (HOST.SIGNALS)</summary>
/// <remarks>SIGTERM and SIGINT stop, SIGUSR1 writes counters, SIGHUP reads the network file again.</remarks>
public sealed class StopSignals : IDisposable
{
    // Not among the framework's names; the framework takes the system's own number.
    private static readonly PosixSignal s_userSignal = (PosixSignal)(OperatingSystem.IsMacOS() ? 30 : 10);

    private readonly List<PosixSignalRegistration> _registrations = [];

    public StopSignals(EventLoop loop, Action stop, Action writeStats, Action reload)
    {
        Add(PosixSignal.SIGTERM, loop, stop);
        Add(PosixSignal.SIGINT, loop, stop);
        if (!OperatingSystem.IsWindows())
        {
            Add(PosixSignal.SIGHUP, loop, reload);
            Add(s_userSignal, loop, writeStats);
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Add(PosixSignal signal, EventLoop loop, Action action) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            _ = loop.Post(action);
        }));
}
