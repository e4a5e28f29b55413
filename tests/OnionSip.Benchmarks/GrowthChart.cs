using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using OnionSip.Benchmarks.Loads;

namespace OnionSip.Benchmarks;

/// <summary>What a cell costs as calls and as peers grow, measured and drawn.</summary>
internal sealed class GrowthChart(RelayOptions options)
{
    private const string Blue = "#1f5fa8";
    private static readonly int[] s_calls = [10, 30, 100, 300, 1000, 2000, 3000, 5000, 7000, 10_000];
    private static readonly int[] s_peers = [2, 4, 10, 20, 50, 100, 300, 1000];

    public void Write(string folder)
    {
        System.IO.Directory.CreateDirectory(folder);
        Draw(Path.Combine(folder, "cpu-by-calls.svg"), "Processor time for a cell against calls", "two-way calls through one relay, 20 peers",
            s_calls, static calls => (calls, 20), static calls => calls);
        Draw(Path.Combine(folder, "cpu-by-peers.svg"), "Processor time for a cell against peers", "neighbouring relays (at least two: no circuit goes back to where it came from), 1,000 calls",
            s_peers, static peers => (1000, peers), static peers => peers);
    }

    private void Draw(string file, string title, string xTitle, int[] steps, Func<int, (int Calls, int Peers)> shape, Func<int, double> x)
    {
        List<(double X, double Y)> points = [];
        List<string> notes = [Machine.Describe()];
        string stop = "";
        foreach (int step in steps)
        {
            (int calls, int peers) = shape(step);
            if (Measure(calls, peers, out stop) is not { } cost)
            {
                stop = string.Create(CultureInfo.InvariantCulture, $"Not measured from {step:#,0} on: {stop}.");
                notes.Add(stop);
                break;
            }

            points.Add((x(step), cost));
        }

        Console.WriteLine($"  {file}: {points.Count} points {stop}");
        if (points.Count > 1)
        {
            new SvgChart(title, xTitle, "µs of one core for each cell", [new("relay as middle, voice circuits", Blue, points)], notes).WriteTo(file);
        }
    }

    private double? Measure(int calls, int peers, out string trouble)
    {
        try
        {
            using Rig rig = Rig.Start(new() { Part = RelayPart.Middle, Calls = calls, Peers = peers }, "0", options.WarmUp);
            List<double> costs = [];
            bool isLate = false;
            bool isOverloaded = false;
            for (int window = 0; window < 3; window++)
            {
                Sample sample = rig.Measure(options.Window);
                RelayBenchmark.Print("chart", sample);
                costs.Add(sample.MicrosecondsPerCell);
                isLate |= sample.GeneratorCpu > 0.93 || sample.Counts.Skipped > sample.Counts.Sent / 1000;
                isOverloaded |= sample.IsOverloaded;
            }

            trouble = isLate ? "the generator's processor is full" : isOverloaded ? "the relay's processor is full" : "";
            return trouble.Length == 0 ? Figure.Median(costs) : null;
        }
        catch (InvalidOperationException error)
        {
            trouble = error.Message;
            return null;
        }
    }
}
