using System;
using System.IO;

namespace OnionSip.Benchmarks.Loads;

/// <summary>What is said of the machine beside the figures.</summary>
internal static class Machine
{
    public static string Load()
    {
        string text = File.ReadAllText("/proc/loadavg");
        return text[..text.IndexOf(' ')];
    }

    public static string Describe()
    {
        string model = "";
        foreach (string line in File.ReadLines("/proc/cpuinfo"))
        {
            if (line.StartsWith("model name", StringComparison.Ordinal))
            {
                model = line[(line.IndexOf(':') + 1)..].Trim();
                break;
            }
        }

        return $"{Environment.ProcessorCount} x {model}, {Environment.OSVersion.VersionString}, .NET {Environment.Version}";
    }
}
