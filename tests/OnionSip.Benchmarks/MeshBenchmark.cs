using System;
using System.Collections.Generic;
using System.Diagnostics;

namespace OnionSip.Benchmarks;

/// <summary>Three relays on threads of their own with real UDP sockets on loopback, and a client: circuits built, cells forwarded.</summary>
internal static class MeshBenchmark
{
    private const int Circuits = 40;
    private const int Bursts = 150;
    private const int CellsPerBurst = 20;

    public static IEnumerable<(string Name, double Value, string Unit)> Run()
    {
        using LoopbackMesh mesh = new();
        double cold = mesh.BuildCircuit();
        List<double> builds = [];
        for (int count = 0; count < Circuits; count++)
        {
            builds.Add(mesh.BuildCircuit());
        }

        builds.Sort();
        yield return ("circuit.build_cold_ms", cold, "ms");
        yield return ("circuit.build_ms", builds[builds.Count / 2], "ms");
        mesh.Associate();
        mesh.SendBursts(Bursts / 3, CellsPerBurst);
        ForwardCost before = mesh.Cost();
        long start = Stopwatch.GetTimestamp();
        mesh.SendBursts(Bursts, CellsPerBurst);
        ForwardCost cost = mesh.Cost().Since(before);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        yield return ("relay.forward_ns_cpu", cost.NanosecondsPerCell, "ns");
        double peer = UdpForwarder.NanosecondsPerDatagram(Bursts, CellsPerBurst);
        yield return ("udp.forward_ns_cpu", peer, "ns");
        yield return ("relay.forward_to_udp_ratio", cost.NanosecondsPerCell / peer, "ratio");
        yield return ("relay.forward_cells", cost.Cells, "cells");
        yield return ("relay.forward_cells_per_s", cost.Cells / elapsed.TotalSeconds, "cells/s");
    }
}
