using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace OnionSip.Benchmarks.Loads;

/// <summary>What one window showed.</summary>
internal sealed record Sample
{
    public required double Seconds { get; init; }

    public required int Calls { get; init; }

    /// <summary>Processor seconds of each relay process.</summary>
    public required double[] Cpu { get; init; }

    public required double GeneratorCpu { get; init; }

    /// <summary>Of all processors of the machine.</summary>
    public required double IdleShare { get; init; }

    public required CellCounts Counts { get; init; }

    public required double DelayP50 { get; init; }

    public required double DelayP99 { get; init; }

    public required double GeneratorLateP99 { get; init; }

    public double CpuShare => Cpu[0] / Seconds;

    /// <summary>Cells that one relay sent on, those of the last window's time being as many as came.</summary>
    public double MicrosecondsPerCell => Cpu[0] / Math.Max(1, Counts.Received) * 1e6;

    public double LossShare => Counts.Lost / (double)Math.Max(1, Counts.Settled);

    /// <summary>A relay that cannot keep up does less work for each cell sent, so its figure would flatter it.</summary>
    public bool IsOverloaded => CpuShare > 0.92 || LossShare > 0.005;

    public double CallsPerCore(int relay) => Counts.Received / Seconds / 100 / (Cpu[relay] / Seconds);
}

/// <summary>Relay processes and the load on them, set up and running.</summary>
internal sealed class Rig : IDisposable
{
    private static readonly TimeSpan s_setUp = TimeSpan.FromSeconds(150);

    private Rig(BenchNetwork network, List<RelayProcess> relays, CallLoad load)
    {
        Network = network;
        Relays = relays;
        Load = load;
    }

    public BenchNetwork Network { get; }

    public List<RelayProcess> Relays { get; }

    public CallLoad Load { get; }

    public int Ready { get; private set; }

    /// <summary>Of the first relay, when its links were open and it had no calls.</summary>
    public long ResidentBefore { get; private set; }

    /// <summary>Starts everything, makes the calls and lets them run for a while.</summary>
    /// <exception cref="InvalidOperationException">Links or calls could not be made.</exception>
    public static Rig Start(
        LoadOptions options, string processors, TimeSpan warmUp, string config = "", bool isSilent = false, bool takesFewer = false,
        bool makesNone = false)
    {
        BenchNetwork network = new(options.PathProcesses, options.Peers, config);
        List<RelayProcess> relays = [];
        CallLoad? load = null;
        try
        {
            for (int index = 0; index < options.PathProcesses; index++)
            {
                relays.Add(network.Start(index, processors));
            }

            load = new(options, network) { IsSilent = isSilent };
            Rig rig = new(network, relays, load);
            if (!load.OpenLinks(s_setUp))
            {
                throw new InvalidOperationException("not all links opened");
            }

            rig.ResidentBefore = relays[0].ResidentBytes();
            rig.Ready = makesNone ? 0 : load.MakeCalls(options.Calls, s_setUp);
            if (rig.Ready < options.Calls * 0.98 && !takesFewer && !makesNone)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture,
                    $"only {rig.Ready} of {options.Calls} calls were made; the last that failed: {load.Maker.LastTrouble}"));
            }

            load.RunFor(warmUp);
            return rig;
        }
        catch
        {
            load?.Dispose();
            relays.ForEach(static relay => relay.Dispose());
            network.Dispose();
            throw;
        }
    }

    public Sample Measure(TimeSpan window)
    {
        Load.ClearCounts();
        Load.Lanes.RecordsDelay = true;
        double[] before = Cpu();
        double own = Environment.CpuUsage.TotalTime.TotalSeconds;
        (double idle, double total) = MachineTime();
        long start = Kernel.Now();
        Load.RunFor(window);
        double seconds = (Kernel.Now() - start) / 1e9;
        double[] after = Cpu();
        (double idleAfter, double totalAfter) = MachineTime();
        for (int index = 0; index < after.Length; index++)
        {
            after[index] -= before[index];
        }

        return new()
        {
            Seconds = seconds,
            Calls = Ready,
            Cpu = after,
            GeneratorCpu = (Environment.CpuUsage.TotalTime.TotalSeconds - own) / seconds,
            IdleShare = (idleAfter - idle) / Math.Max(1, totalAfter - total),
            Counts = Load.Lanes.Counts,
            DelayP50 = Load.Lanes.Delay.Milliseconds(0.5),
            DelayP99 = Load.Lanes.Delay.Milliseconds(0.99),
            GeneratorLateP99 = Load.Lateness.Milliseconds(0.99),
        };
    }

    /// <summary>The counters of the first relay; the load runs on while it writes them.</summary>
    public Dictionary<string, double> Stats() => Relays[0].Stats(() => Load.RunFor(TimeSpan.FromMilliseconds(50)));

    public void Dispose()
    {
        Load.Dispose();
        Relays.ForEach(static relay => relay.Dispose());
        Network.Dispose();
    }

    private double[] Cpu()
    {
        double[] seconds = new double[Relays.Count];
        for (int index = 0; index < seconds.Length; index++)
        {
            seconds[index] = Relays[index].CpuSeconds();
        }

        return seconds;
    }

    /// <summary>Idle and all time of the machine in clock ticks.</summary>
    private static (double Idle, double Total) MachineTime()
    {
        using StreamReader reader = new("/proc/stat");
        string[] words = reader.ReadLine()!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double total = 0;
        for (int index = 1; index < words.Length; index++)
        {
            total += double.Parse(words[index], CultureInfo.InvariantCulture);
        }

        return (double.Parse(words[4], CultureInfo.InvariantCulture), total);
    }
}
