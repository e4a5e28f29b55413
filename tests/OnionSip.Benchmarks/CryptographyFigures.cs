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

        foreach ((string name, double value, string unit) in AeadBenchmark.Run())
        {
            bool isMean = name == "crypto.aead_cell_ns";
            figures.Add(new Figure(name, value, unit) { Goal = isMean ? "≤ 180" : "", Note = isMean ? "mean of seal and open" : "" });
        }
    }
}
