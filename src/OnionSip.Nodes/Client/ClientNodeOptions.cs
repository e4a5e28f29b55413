using System;
using System.Collections.Generic;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>How a client builds and keeps its paths. (NODE.CLIENT)</summary>
public sealed record ClientNodeOptions
{
    /// <summary>Guards of an earlier run, preferred first.</summary>
    public IReadOnlyList<RelayId> Guards { get; init; } = [];

    /// <summary>nodes.paths_max</summary>
    public int PathsMax { get; init; } = 256;

    /// <summary>nodes.path_build: all hops together, then the path has failed.</summary>
    public TimeSpan BuildTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// nodes.path_probe: a ready path that sent nothing for so long sends an empty cell, so that a lost DESTROY is said again.
    /// </summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>nodes.relay_failure: how long a relay that failed is left out.</summary>
    public TimeSpan RelayFailureMemory { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>nodes.relay_full: how long a relay that had no room for a call is left out for calls.</summary>
    public TimeSpan RelayFullMemory { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The ticks of voice follow the rate of the guard's clock. Off only to show what it is for. (NODE.LOCK)</summary>
    public bool LocksTicks { get; init; } = true;

    /// <summary>nodes.transmit_datagrams</summary>
    public int TransmitDatagrams { get; init; } = 2048;
}
