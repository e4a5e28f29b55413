using System;

namespace OnionSip.Benchmarks;

/// <summary>The rows of the cell's ciphers and of the handshake, from the benchmarks of their own.</summary>
internal static class CryptographyFigures
{
    public static void Add(FigureList figures)
    {
        foreach ((string name, double value, string unit) in HandshakeBenchmark.Run())
        {
            figures.Add(new Figure(name, value, unit) { Goal = name == "crypto.handshakes_per_s" ? "≥ 6000" : "" });
        }

        foreach ((string name, double value, string unit) in Hctr2Benchmark.Run())
        {
            figures.Add(new Figure(name, value, unit) { Goal = name == "crypto.hctr2_cell_ns" ? "≤ 100" : "" });
        }

        double seal = double.NaN;
        double open = double.NaN;
        foreach ((string name, double value, string unit) in AeadBenchmark.Run())
        {
            seal = name == "crypto.aead_cell_ns" ? value : seal;
            open = name == "crypto.aead_cell_open_ns" ? value : open;
            figures.Add(new Figure(name == "crypto.aead_cell_ns" ? "crypto.aead_cell_seal_ns" : name, value, unit));
        }

        figures.Add(new Figure("crypto.aead_cell_ns", (seal + open) / 2, "ns") { Goal = "≤ 180", Note = "mean of seal and open" });
    }
}
