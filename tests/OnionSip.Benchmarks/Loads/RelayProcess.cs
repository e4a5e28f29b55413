using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading;

namespace OnionSip.Benchmarks.Loads;

/// <summary>One relay as an operator runs it, pinned to processors; ended by its own id.</summary>
internal sealed class RelayProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _stats;
    private readonly Dictionary<string, long> _cpuByThread = [];

    public RelayProcess(string config, string stats, string processors)
    {
        _stats = stats;
        string program = Path.Combine(Checkout(), "relay", "OnionSip.Relay", "bin", "Release", "net10.0", "onionsip-relay.dll");
        List<string> words = ["-c", processors, "dotnet", program, "run", "--config", config, "--stats", stats];
        if (Environment.IsPrivilegedProcess)
        {
            // What the unit file asks the system for.
            words.InsertRange(2, ["nice", "-n", "-10", "setsid"]);
        }

        if (File.Exists("/usr/bin/setpriv"))
        {
            // So that it does not outlive a benchmark that is killed.
            words.InsertRange(words.IndexOf("dotnet"), ["setpriv", "--pdeathsig", "TERM"]);
        }

        ProcessStartInfo start = new("taskset", words)
        {
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("the relay did not start");
        PreferOverOthers(_process.Id);
        string? line = _process.StandardOutput.ReadLine();
        if (line is null || !line.StartsWith("ready", StringComparison.Ordinal))
        {
            Dispose();
            throw new InvalidOperationException("the relay did not become ready: " + line);
        }
    }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>Processor seconds of all its threads so far, those that ended too.</summary>
    public double CpuSeconds() => CpuSeconds(Id, _cpuByThread);

    public static double CpuSeconds(int process, Dictionary<string, long> byThread)
    {
        foreach (string thread in System.IO.Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                string text = File.ReadAllText(thread + "/schedstat");
                byThread[thread] = long.Parse(text.AsSpan(0, text.IndexOf(' ')), CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // The thread ended between the listing and the reading.
            }
        }

        long sum = 0;
        foreach (long value in byThread.Values)
        {
            sum += value;
        }

        return sum / 1e9;
    }

    /// <summary>Processor seconds by thread: its name and number.</summary>
    public SortedDictionary<string, double> CpuByThread()
    {
        SortedDictionary<string, double> named = [];
        foreach (string thread in System.IO.Directory.EnumerateDirectories($"/proc/{Id}/task"))
        {
            string text = File.ReadAllText(thread + "/schedstat");
            named[File.ReadAllText(thread + "/comm").Trim() + " " + Path.GetFileName(thread)] =
                long.Parse(text.AsSpan(0, text.IndexOf(' ')), CultureInfo.InvariantCulture) / 1e9;
        }

        return named;
    }

    public long ResidentBytes()
    {
        foreach (string line in File.ReadLines($"/proc/{Id}/status"))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan(6).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
            }
        }

        return 0;
    }

    /// <summary>Asks for the counters; what it waits with goes on in the meantime.</summary>
    public Dictionary<string, double> Stats(Action wait)
    {
        DateTime before = File.Exists(_stats) ? File.GetLastWriteTimeUtc(_stats) : DateTime.MinValue;
        _ = Kernel.Signal(Id, Kernel.SignalUser1);
        for (int tries = 0; tries < 100 && (!File.Exists(_stats) || File.GetLastWriteTimeUtc(_stats) == before); tries++)
        {
            wait();
        }

        Dictionary<string, double> values = [];
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(_stats));
        foreach (JsonProperty property in json.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Number)
            {
                values[property.Name] = property.Value.GetDouble();
            }
        }

        return values;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _ = Kernel.Signal(Id, Kernel.SignalTerminate);
            if (!_process.WaitForExit(10_000))
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    /// <summary>Where the kernel shares a processor among sessions first, niceness counts only within one: the session gets some too.</summary>
    private static void PreferOverOthers(int process)
    {
        try
        {
            // A moment, so that it has become a session of its own.
            Thread.Sleep(50);
            string session = File.ReadAllText($"/proc/{process}/stat");
            if (Environment.IsPrivilegedProcess && session[(session.LastIndexOf(')') + 2)..].Split(' ')[3] == process.ToString(CultureInfo.InvariantCulture))
            {
                File.WriteAllText($"/proc/{process}/autogroup", "-10");
            }
        }
        catch (IOException)
        {
            // This kernel has no such groups.
        }
    }

    internal static string Checkout()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "OnionSip.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("not inside a checkout");
    }
}
