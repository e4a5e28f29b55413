using System;
using System.Collections.Generic;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;

namespace OnionSip.Hosting.Relays;

/// <summary>The counters of all shards as one report. (HOST.STATS)</summary>
/// <remarks>Runs on the control thread and reads counters while shards count: a report is a little blurred, and no shard waits.</remarks>
internal static class RelayStats
{
    internal static void Write(RelayConfig config, IReadOnlyList<RelayHost> hosts, IReadOnlyList<EventLoop> loops, long handshakes)
    {
        if (config.StatsFile is { } file)
        {
            StatsWriter stats = new(config.IsTestNetwork);
            Add(stats, hosts);
            long refused = 0;
            foreach (EventLoop loop in loops)
            {
                refused += loop.RefusedPosts;
            }

            stats.Add("posts_refused", refused);
            stats.Add("handshakes.computed", handshakes);
            stats.WriteTo(file);
        }
    }

    private static void Add(StatsWriter stats, IReadOnlyList<RelayHost> hosts)
    {
        stats.Add("shards", hosts.Count);
        stats.Add("cells.forwarded", Sum(hosts, static host => host.Node.ForwardedCells));
        stats.Add("circuits", Sum(hosts, static host => host.Node.CircuitCount));
        stats.Add("voice.circuits", Sum(hosts, static host => host.Node.VoiceCircuitCount));
        stats.Add("voice.capacity", Sum(hosts, static host => host.VoiceCapacity));
        stats.Add("voice.sent", Sum(hosts, static host => host.Node.Voice.Sent));
        stats.Add("voice.filled", Sum(hosts, static host => host.Node.Voice.Filled));
        stats.Add("voice.reports", Sum(hosts, static host => host.Node.Voice.Reports));
        stats.Add("voice.shifts", Sum(hosts, static host => host.Node.Voice.Shifts));
        stats.Add("voice.skipped", Sum(hosts, static host => host.Node.Voice.Skipped));
        AddNetwork(stats, hosts);
        stats.Add("exit.connections", Sum(hosts, static host => host.Connections));
        stats.Add("exit.associations", Sum(hosts, static host => host.Associations.Count));
        stats.Add("exit.datagrams_sent", Sum(hosts, static host => host.Associations.DatagramsSent));
        stats.Add("exit.datagrams_received", Sum(hosts, static host => host.Associations.DatagramsReceived));
        stats.Add("resolver.asked", Sum(hosts, static host => host.ResolverAsked));
        stats.Add("resolver.timed_out", Sum(hosts, static host => host.ResolverTimedOut));
        AddDrops(stats, hosts);
        AddShards(stats, hosts);
        stats.AddCollections();
        stats.AddProcess();
    }

    private static void AddNetwork(StatsWriter stats, IReadOnlyList<RelayHost> hosts)
    {
        UdpCounters udp = new();
        LatencyHistogram late = new();
        LatencyHistogram excess = new();
        foreach (RelayHost host in hosts)
        {
            host.AddUdpTo(udp);
            late.Add(host.Links.Lateness);
            excess.Add(host.Links.Excess);
        }

        udp.AddTo(stats, "udp");
        stats.Add("udp.unroutable", Sum(hosts, static host => host.Links.Unroutable));
        late.AddTo(stats, "tick_late");
        excess.AddTo(stats, "excess");
    }

    private static void AddDrops(StatsWriter stats, IReadOnlyList<RelayHost> hosts)
    {
        stats.Add("drops.node", hosts, static host => host.Node.Drops);
        stats.Add("drops.link", hosts, static host => host.Node.LinkDrops);
        stats.Add("drops.circuit", hosts, static host => host.Node.CircuitDrops);
    }

    private static void AddShards(StatsWriter stats, IReadOnlyList<RelayHost> hosts)
    {
        for (int index = 0; hosts.Count > 1 && index < hosts.Count; index++)
        {
            UdpCounters udp = new();
            hosts[index].AddUdpTo(udp);
            string prefix = FormattableString.Invariant($"shard.{index}.");
            stats.Add(prefix + "cells_forwarded", hosts[index].Node.ForwardedCells);
            stats.Add(prefix + "circuits", hosts[index].Node.CircuitCount);
            stats.Add(prefix + "received", udp.Received);
            stats.Add(prefix + "sent", udp.Sent);
            stats.Add(prefix + "tick_late_p99_ns", hosts[index].Links.Lateness.PerMille(990));
        }
    }

    private static long Sum(IReadOnlyList<RelayHost> hosts, Func<RelayHost, long> count)
    {
        long sum = 0;
        foreach (RelayHost host in hosts)
        {
            sum += count(host);
        }

        return sum;
    }
}
