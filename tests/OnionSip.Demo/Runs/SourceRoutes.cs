using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;

namespace OnionSip.Demo.Runs;

/// <summary>Gives unbound sockets a source address by where they send to, for programs that cannot bind one (baresip 1.0.0 and its RTP).</summary>
/// <remarks>Routes within loopback, made as root and removed at the end. On loopback an unbound socket else sends from 127.0.0.1.</remarks>
public sealed class SourceRoutes : IDisposable
{
    private readonly List<string[]> _made = [];

    private SourceRoutes()
    {
    }

    /// <summary>Makes all routes, or none: then null.</summary>
    public static SourceRoutes? TryMake(IEnumerable<(IPAddress To, IPAddress From)> routes)
    {
        SourceRoutes made = new();
        foreach ((IPAddress to, IPAddress from) in routes)
        {
            string[] route = ["local", to + "/32", "dev", "lo", "src", from.ToString(), "table", "local"];
            // One that a run left behind when it was killed is the same route, and is taken over.
            if (!Run("replace", route))
            {
                made.Dispose();
                return null;
            }

            made._made.Add(route);
        }

        return made;
    }

    public void Dispose()
    {
        foreach (string[] route in _made)
        {
            Run("del", route);
        }

        _made.Clear();
    }

    private static bool Run(string verb, string[] route)
    {
        string? program = Programs.Find("ip");
        if (program is null || SystemCalls.EffectiveUser() != 0)
        {
            return false;
        }

        ProcessStartInfo start = new(program) { RedirectStandardError = true };
        foreach (string argument in (string[])["route", verb, .. route])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
