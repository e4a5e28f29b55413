using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.Json;
using OnionSip.Benchmarks.Loads;

namespace OnionSip.Benchmarks;

/// <summary>What Tor's relays spent under the calls, microseconds of processor time for each frame.</summary>
internal sealed record TorSample(double Guard, double Middle, double Exit, double DelayP50, double DelayP99);

/// <summary>The private Tor network beside the checkout, driven by its own scripts.</summary>
internal sealed class TorNetwork : IDisposable
{
    private const string EchoPort = "22600";
    private static readonly string s_everywhere = string.Create(CultureInfo.InvariantCulture, $"0-{Environment.ProcessorCount - 1}");
    private readonly string _scripts;
    private readonly string _programs = System.IO.Directory.CreateTempSubdirectory("onionsip-tor-").FullName;
    private readonly Process? _echo;
    private readonly string _state = "";

    private TorNetwork(string scripts)
    {
        _scripts = scripts;
        _ = Output("make", ["-s", "-C", scripts, "OUT=" + _programs]);
        _echo = Process.Start(
            "taskset", ["-c", s_everywhere, Path.Combine(_programs, "probe"), "serve", EchoPort, "q"]);
        string[] lines = Output("python3", [Path.Combine(scripts, "tornet.py"), "start"]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        _state = Array.Find(lines, static line => line.EndsWith(".json", StringComparison.Ordinal))?.Trim() ?? "";
    }

    /// <summary>Null with a sentence when something is missing.</summary>
    public static TorNetwork? Start(out string problem)
    {
        string? folder = RelayProcess.Checkout();
        while (folder is not null && !File.Exists(Path.Combine(folder, "shared", "peers", "tornet.py")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        problem = folder is null ? "../shared/peers is not beside the checkout" : "";
        foreach (string program in (string[])["tor", "tor-gencert", "python3", "make", "gcc"])
        {
            problem = problem.Length > 0 || IsThere(program) ? problem : program + " is not installed";
        }

        if (problem.Length > 0)
        {
            return null;
        }

        TorNetwork network = new(Path.Combine(folder!, "shared", "peers"));
        if (network._state.Length == 0)
        {
            network.Dispose();
            problem = "the Tor network did not start";
            return null;
        }

        return network;
    }

    /// <summary>So many calls, each on a circuit of its own over one path of three relays; null when the script gave nothing.</summary>
    public TorSample? Measure(int calls, int seconds)
    {
        string output = Output("python3", [Path.Combine(_scripts, "tormeasure.py"), _state, "calls"], new()
        {
            ["CALLS"] = calls.ToString(CultureInfo.InvariantCulture),
            ["SECS"] = seconds.ToString(CultureInfo.InvariantCulture),
            ["PROBE"] = Path.Combine(_programs, "probe"),
        });
        foreach (string line in output.Split('\n'))
        {
            if (line.StartsWith('{'))
            {
                using JsonDocument json = JsonDocument.Parse(line);
                JsonElement spent = json.RootElement.GetProperty("us_per_frame");
                JsonElement result = json.RootElement.GetProperty("result");
                JsonElement delay = result.TryGetProperty("oneway_ms", out JsonElement forward) ? forward : default;
                return new(Number(spent, "r1"), Number(spent, "r3"), Number(spent, "r5"), Number(delay, "p50"), Number(delay, "p99"));
            }
        }

        return null;
    }

    public void Dispose()
    {
        if (_state.Length > 0)
        {
            _ = Output("python3", [Path.Combine(_scripts, "tornet.py"), "stop", _state]);
            System.Threading.Thread.Sleep(1000);
            System.IO.Directory.Delete(Path.GetDirectoryName(_state)!, recursive: true);
        }

        _echo?.Kill();
        _echo?.Dispose();
        System.IO.Directory.Delete(_programs, recursive: true);
    }

    private static double Number(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : double.NaN;

    private static bool IsThere(string program)
    {
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            if (File.Exists(Path.Combine(folder, program)))
            {
                return true;
            }
        }

        return File.Exists(Path.Combine("/usr/sbin", program));
    }

    private static string Output(string program, string[] arguments, Dictionary<string, string>? environment = null)
    {
        // The caller's thread is tied to one processor, and what it starts would be too.
        ProcessStartInfo start = new("taskset", ["-c", s_everywhere, program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        start.Environment["ECHO_PORT"] = EchoPort;
        using Process process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
