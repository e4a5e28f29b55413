using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using OnionSip.Crypto;

namespace OnionSip.Benchmarks;

/// <summary>Runs every benchmark and prints name, value and unit; <c>--json FILE</c> writes them as an array. (see script/bench)</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is [FloorBenchmark.ForwardWord])
        {
            return FloorBenchmark.Forward();
        }

        if (arguments is ["relay" or "soak", .. string[] words])
        {
            SodiumLibrary.EnsureLoaded();
            using Loads.MachineLock? machine = Loads.MachineLock.Take(TimeSpan.FromMinutes(20));
            return machine is null ? 1 : arguments[0] == "relay" ? RelayBenchmark.Run(words) : SoakBenchmark.Run(words);
        }

        string? file = null;
        string only = "";
        for (int index = 0; index < arguments.Length; index++)
        {
            switch (arguments[index])
            {
                case "--json" when index + 1 < arguments.Length:
                    file = arguments[++index];
                    break;
                case "--only" when index + 1 < arguments.Length:
                    only = arguments[++index];
                    break;
                default:
                    Console.Error.WriteLine($"unknown argument {arguments[index]}; this program takes --json FILE and --only PREFIX");
                    return 2;
            }
        }

        SodiumLibrary.EnsureLoaded();
        List<(string Name, double Value, string Unit)> results = [];
        foreach ((string prefix, Func<IEnumerable<(string Name, double Value, string Unit)>> run) in Benchmarks())
        {
            if (prefix.StartsWith(only, StringComparison.Ordinal))
            {
                foreach ((string Name, double Value, string Unit) result in run())
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Name,-36} {result.Value,14:0.###} {result.Unit}"));
                    results.Add(result);
                }
            }
        }

        if (file is not null)
        {
            Write(file, results);
        }

        return 0;
    }

    private static IEnumerable<(string Prefix, Func<IEnumerable<(string Name, double Value, string Unit)>> Run)> Benchmarks() =>
    [
        ("crypto.hctr2", static () => Hctr2Benchmark.Run()),
        ("crypto.aead", static () => AeadBenchmark.Run()),
        ("crypto.mlkem", static () => MlKemBenchmark.Run()),
        ("crypto.handshake", static () => HandshakeBenchmark.Run()),
        ("mesh", static () => MeshBenchmark.Run()),
    ];

    private static void Write(string file, List<(string Name, double Value, string Unit)> results)
    {
        using FileStream stream = File.Create(file);
        using Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartArray();
        foreach ((string name, double value, string unit) in results)
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteNumber("value", Math.Round(value, 3));
            writer.WriteString("unit", unit);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
