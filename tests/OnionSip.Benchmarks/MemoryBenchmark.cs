using System;
using System.Globalization;
using OnionSip.Benchmarks.Loads;

namespace OnionSip.Benchmarks;

/// <summary>Ten thousand circuits at rest in one relay: what each holds in memory.</summary>
internal sealed class MemoryBenchmark(RelayOptions options, FigureList figures)
{
    public void Run()
    {
        int circuits = options.IsQuick ? 2000 : 10_000;
        LoadOptions load = new() { Part = RelayPart.Middle, Calls = circuits, Peers = options.Peers, IsSignalling = true };
        using Rig rig = Rig.Start(load, "0", TimeSpan.FromSeconds(5), isSilent: true, takesFewer: true);
        double each = (rig.Relays[0].ResidentBytes() - rig.ResidentBefore) / (double)Math.Max(1, rig.Ready);
        figures.Add(new Figure("relay.bytes_per_circuit", each, "bytes")
        {
            Goal = "≤ 4096",
            Note = string.Create(CultureInfo.InvariantCulture, $"{rig.Ready} circuits with a next hop, resident, {rig.ResidentBefore / 1e6:0} MB before"),
        });
    }
}
