using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using OnionSip.Benchmarks.Loads;

namespace OnionSip.Benchmarks;

/// <summary>One relay process on one core under calls over the full protocol; the figures of <c>script/bench relay</c>.</summary>
internal sealed class RelayBenchmark(RelayOptions options)
{
    private readonly FigureList _figures = new();
    private readonly Dictionary<RelayPart, List<Sample>> _samples = [];

    public static int Run(string[] words)
    {
        RelayOptions? options = RelayOptions.Parse(words, out string problem);
        if (options is null)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }

        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture is not (Architecture.X64 or Architecture.Arm64)
            || Environment.ProcessorCount < 2)
        {
            Console.WriteLine("the relay's figures need Linux on 64 bits and two processors: left out");
            return 0;
        }

        return new RelayBenchmark(options).Run();
    }

    private int Run()
    {
        Kernel.PinThread(1);
        bool isFirst = Kernel.TryBeFirst(5);
        Console.WriteLine($"relay on processor 0, generator and sink on processor 1{(isFirst ? " ahead of other programs" : "")}; load before: {Machine.Load()}");
        if (options.Wants("capacity"))
        {
            MeasureParts();
        }

        if (options.JsonFile is { } file)
        {
            _figures.WriteTo(file);
        }

        return 0;
    }

    private void MeasureParts()
    {
        RelayPart[] parts = [RelayPart.Middle, RelayPart.Guard, RelayPart.Exit];
        for (int repeat = 0; repeat < options.Repeats; repeat++)
        {
            foreach (RelayPart part in parts)
            {
                Try(part.ToString(), () => MeasurePart(part));
            }
        }

        AddCapacity(RelayPart.Middle, "≥ 12000");
        AddCapacity(RelayPart.Guard, "≥ 3000");
        AddCapacity(RelayPart.Exit, "≥ 2400");
    }

    private void MeasurePart(RelayPart part)
    {
        int calls = options.Calls;
        List<Sample> samples = [];
        while (true)
        {
            using Rig rig = Rig.Start(new() { Part = part, Calls = calls, Peers = options.Peers }, "0", options.WarmUp);
            samples.Clear();
            for (int window = 0; window < options.Windows; window++)
            {
                samples.Add(rig.Measure(options.Window));
                Print(part, samples[^1]);
            }

            if (!samples.TrueForAll(static sample => sample.IsOverloaded) || calls <= 50)
            {
                break;
            }

            calls /= 2;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"too much for this relay; once more with {calls} calls"));
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
        List<double> cores = samples.ConvertAll(static sample => sample.CallsPerCore(0));
        List<double> cells = samples.ConvertAll(static sample => sample.MicrosecondsPerCell);
        double idle = Figure.Median(samples.ConvertAll(static sample => sample.IdleShare));
        string note = string.Create(CultureInfo.InvariantCulture,
            $"{samples[^1].Calls} calls, {options.Peers} peers, {samples.Count} windows, machine idle {idle:0%}");
        _figures.Add(Figure.Of("relay.calls_per_core_" + name, "calls", cores) with { Goal = goal, Note = note });
        _figures.Add(Figure.Of("relay.us_per_cell_" + name, "us", cells));
    }

    /// <summary>A part that cannot be measured is told and leaves the others alone.</summary>
    private static void Try(string what, Action measure)
    {
        try
        {
            measure();
        }
        catch (InvalidOperationException error)
        {
            Console.WriteLine($"{what} could not be measured: {error.Message}");
        }
    }

    private static void Print(RelayPart part, Sample sample) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"  {part,-6} {sample.Calls} calls: {sample.MicrosecondsPerCell:0.00} us a cell, {sample.CallsPerCore(0):0} calls a core, relay {sample.CpuShare:0%} of a core, lost {sample.LossShare:0.00000}, delay {sample.DelayP50:0.00}/{sample.DelayP99:0.00} ms, generator {sample.GeneratorCpu:0%} late p99 {sample.GeneratorLateP99:0.00} ms, left out {sample.Counts.Skipped}, machine idle {sample.IdleShare:0%}"));
}
