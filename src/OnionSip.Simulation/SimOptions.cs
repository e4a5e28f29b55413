using System;
using OnionSip.Machines;

namespace OnionSip.Simulation;

/// <summary>What one run is made of: drawn from its seed, so that the seed says everything. (SIM.OPTIONS)</summary>
public sealed record SimOptions
{
    public required ulong Seed { get; init; }

    public int Relays { get; init; } = 6;

    public int Clients { get; init; } = 2;

    /// <summary>One-way delay of a link without jitter, drawn per pair between these.</summary>
    public TimeSpan DelayMin { get; init; } = TimeSpan.FromMilliseconds(1);

    public TimeSpan DelayMax { get; init; } = TimeSpan.FromMilliseconds(60);

    /// <summary>Added to each datagram, uniform from 0; more than the spacing of datagrams reorders them.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Share of datagrams lost.</summary>
    public double Loss { get; init; }

    /// <summary>Share of datagrams delivered twice.</summary>
    public double Duplication { get; init; }

    /// <summary>Share of datagrams held back by up to 200 ms.</summary>
    public double Reordering { get; init; }

    /// <summary>Share of datagrams with one flipped bit.</summary>
    public double Corruption { get; init; }

    /// <summary>How often a pair of hosts is cut off from each other.</summary>
    public int Partitions { get; init; }

    /// <summary>How often a relay loses its memory and comes back after a while.</summary>
    public int Crashes { get; init; }

    /// <summary>Clients make calls of a few seconds over voice paths instead of keeping one signalling path.</summary>
    public bool Voice { get; init; }

    /// <summary>The faulty phase.</summary>
    public TimeSpan FaultyTime { get; init; } = TimeSpan.FromSeconds(12);

    /// <summary>The healing phase: without faults every client must be served again within it.</summary>
    public TimeSpan HealingTime { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>Every fault on, each to a degree drawn from the seed. (SIM.SWARM)</summary>
    public static SimOptions Swarm(ulong seed)
    {
        SeededEntropy entropy = new(seed ^ 0x5EED_0F_0A11_FA17UL);
        return new()
        {
            Seed = seed,
            Relays = 4 + entropy.NextInt32(4),
            Clients = 1 + entropy.NextInt32(3),
            DelayMax = TimeSpan.FromMilliseconds(2 + entropy.NextInt32(120)),
            Jitter = TimeSpan.FromMilliseconds(1 + entropy.NextInt32(40)),
            Loss = 0.001 * (1 + entropy.NextInt32(120)),
            Duplication = 0.001 * (1 + entropy.NextInt32(80)),
            Reordering = 0.001 * (1 + entropy.NextInt32(80)),
            Corruption = 0.001 * (1 + entropy.NextInt32(30)),
            Partitions = 1 + entropy.NextInt32(3),
            Crashes = 1 + entropy.NextInt32(2),
            Voice = entropy.NextInt32(2) == 0,
        };
    }
}
