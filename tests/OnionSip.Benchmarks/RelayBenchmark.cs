using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using OnionSip.Benchmarks.Loads;

namespace OnionSip.Benchmarks;

/// <summary>One relay process on one core under calls over the full protocol; the figures of <c>script/bench relay</c>.</summary>
internal sealed class RelayBenchmark(RelayOptions options)
{
    private const string RelayProcessor = "0";
    private readonly FigureList _figures = new();
    private readonly Dictionary<RelayPart, List<Sample>> _samples = [];
    private readonly List<double> _floors = [];
    private readonly List<double> _allocated = [];

    public static int Run(string[] words)
    {
        RelayOptions? options = RelayOptions.Parse(words, out string problem);
        if (options is null)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }

        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess || Environment.ProcessorCount < 2)
        {
            Console.WriteLine("the relay's figures need Linux on 64 bits and two processors: left out");
            return 0;
        }

        return new RelayBenchmark(options).Run();
    }

    private int Run()
    {
        if (options.IsProfiled)
        {
            Environment.SetEnvironmentVariable("DOTNET_PerfMapEnabled", "1");

            // Else managed code runs from memory that perf cannot name.
            Environment.SetEnvironmentVariable("DOTNET_EnableWriteXorExecute", "0");
        }

        Kernel.PinThread(1);
        bool isFirst = Kernel.TryBeFirst(5);
        Console.WriteLine(Machine.Describe());
        Console.WriteLine($"relay on processor 0, generator and sink on processor 1{(isFirst ? " ahead of other programs" : "")}; load before: {Machine.Load()}");
        Do("capacity", MeasureParts);
        Do("crypto", () => CryptographyFigures.Add(_figures));
        Do("path", () => new PathBenchmark(options, _figures).Run());
        Do("latency", () => new LatencyBenchmark(options, _figures).Run());
        Do("memory", () => new MemoryBenchmark(options, _figures).Run());
        Do("scaling", () => new ScalingBenchmark(options, _figures).Run());
        Console.WriteLine($"load after: {Machine.Load()}");
        if (options.ChartFolder is { } folder)
        {
            new GrowthChart(options).Write(folder);
        }

        if (options.JsonFile is { } file)
        {
            _figures.WriteTo(file);
        }

        return 0;
    }

    /// <summary>A part that cannot be measured is told and leaves the others alone.</summary>
    private void Do(string part, Action measure)
    {
        if (!options.Wants(part))
        {
            return;
        }

        try
        {
            measure();
        }
        catch (InvalidOperationException error)
        {
            Console.WriteLine($"{part} could not be measured: {error.Message}");
        }
    }

    private void MeasureParts()
    {
        for (int repeat = 0; repeat < options.Repeats; repeat++)
        {
            Do("capacity", MeasureFloor);
            foreach (RelayPart part in options.Parts)
            {
                Do("capacity", () => MeasurePart(part));
            }
        }

        AddCapacity(RelayPart.Middle, "≥ 12000");
        AddCapacity(RelayPart.Guard, "≥ 3000");
        AddCapacity(RelayPart.Exit, "≥ 2400");
        if (_floors.Count > 0 && _figures.Find("relay.us_per_cell_middle") is { } cell)
        {
            Figure floor = Figure.Of("relay.floor_us_per_cell", "us", _floors);
            _figures.Add(floor);
            _figures.Add(new Figure("relay.vs_floor", cell / floor.Value, "ratio") { Goal = "≤ 1.35" });
        }

        if (_allocated.Count > 0)
        {
            _figures.Add(Figure.Of("relay.alloc_per_cell", "bytes", _allocated) with
            {
                Goal = "0", Note = "the writing of two reports is in it",
            });
        }
    }

    private void MeasureFloor()
    {
        using FloorBenchmark floor = FloorBenchmark.Start();
        double forward = floor.ForwardMicroseconds(options.Calls, options.Peers, options.Window);
        double cryptography = FloorBenchmark.CryptographyNanoseconds(options.Calls, options.Peers) / 1000;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  floor  {options.Calls} calls: forwarder in {floor.Language} {forward:0.000} us a datagram, cryptography alone {cryptography:0.000} us a cell"));
        _floors.Add(forward + cryptography);
    }

    private void MeasurePart(RelayPart part)
    {
        int calls = options.Calls;
        List<Sample> samples = [];
        while (true)
        {
            using Rig rig = Rig.Start(new() { Part = part, Calls = calls, Peers = options.Peers }, RelayProcessor, options.WarmUp);
            samples.Clear();
            double allocated = rig.Stats().GetValueOrDefault("process.allocated_bytes");
            long cells = 0;
            for (int window = 0; window < options.Windows; window++)
            {
                samples.Add(rig.Measure(options.Window));
                cells += samples[^1].Counts.Received;
                Print(part.ToString(), samples[^1]);
            }

            if (part == RelayPart.Middle)
            {
                _allocated.Add((rig.Stats().GetValueOrDefault("process.allocated_bytes") - allocated) / Math.Max(1, cells));
            }

            if (options.IsProfiled)
            {
                Profile.Print(rig.Relays[0].Id, 5, () => rig.Load.RunFor(TimeSpan.FromSeconds(6)));
            }

            if (!samples.TrueForAll(static sample => sample.IsOverloaded) || calls <= 50)
            {
                break;
            }

            calls /= 2;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  too much for this relay; once more with {calls} calls"));
        }

        if (!_samples.TryAdd(part, samples))
        {
            _samples[part].AddRange(samples);
        }
    }

    private void AddCapacity(RelayPart part, string goal)
    {
        if (!_samples.TryGetValue(part, out List<Sample>? samples))
        {
            return;
        }

        string name = part.ToString().ToLowerInvariant();
        double idle = Figure.Median(samples.ConvertAll(static sample => sample.IdleShare));
        string note = string.Create(CultureInfo.InvariantCulture,
            $"{samples[^1].Calls} calls, {options.Peers} peers, {samples.Count} windows, machine idle {idle:0%}");
        _figures.Add(Figure.Of("relay.calls_per_core_" + name, "calls", samples.ConvertAll(static sample => sample.CallsPerCore(0))) with
        {
            Goal = goal, Note = note,
        });
        _figures.Add(Figure.Of("relay.us_per_cell_" + name, "us", samples.ConvertAll(static sample => sample.MicrosecondsPerCell)));
    }

    internal static void Print(string part, Sample sample) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"  {part,-6} {sample.Calls} calls: {sample.MicrosecondsPerCell:0.000} us a cell, {sample.CallsPerCore(0):0} calls a core, relay {sample.CpuShare:0.0%} of a core, lost {sample.LossShare:0.000000}, delay {sample.DelayP50:0.00}/{sample.DelayP99:0.00} ms, generator {sample.GeneratorCpu:0%} late p99 {sample.GeneratorLateP99:0.00} ms, left out {sample.Counts.Skipped}, machine idle {sample.IdleShare:0%}"));
}
