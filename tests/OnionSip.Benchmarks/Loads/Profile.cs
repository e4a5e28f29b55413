using System;
using System.Diagnostics;
using System.IO;

namespace OnionSip.Benchmarks.Loads;

/// <summary>Where a process spends its processor time, by the system's <c>perf</c>; managed frames need DOTNET_PerfMapEnabled.</summary>
internal static class Profile
{
    private const int LinesShown = 45;

    /// <summary>Samples while the action runs, then prints the functions with most of the time.</summary>
    public static void Print(int process, int seconds, Action meanwhile)
    {
        string file = Path.GetTempFileName();
        try
        {
            using Process record = Start(
                "record", "-q", "-F", "4000", "-p", process.ToString(System.Globalization.CultureInfo.InvariantCulture), "-o", file, "--", "sleep",
                seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
            meanwhile();
            record.WaitForExit();
            using Process report = Start("report", "--stdio", "--no-children", "-q", "-s", "symbol,dso", "-i", file);
            for (int line = 0; line < LinesShown && report.StandardOutput.ReadLine() is { } text; line++)
            {
                Console.WriteLine("    " + Shorten(text));
            }

            _ = report.StandardOutput.ReadToEnd();
            report.WaitForExit();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.WriteLine("  no profile: perf is not installed");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Of a managed frame's full signature only type and method are kept.</summary>
    private static string Shorten(string line)
    {
        int mark = line.IndexOf('[', StringComparison.Ordinal);
        int end = line.IndexOf("::", StringComparison.Ordinal);
        if (mark < 0 || end < 0)
        {
            return line.TrimEnd()[..Math.Min(110, line.TrimEnd().Length)];
        }

        int open = line.IndexOf('(', end);
        int start = line.LastIndexOfAny([' ', ']'], end);
        return line[..(mark + 4)] + line[(start + 1)..(open < 0 ? line.Length : open)];
    }

    private static Process Start(params string[] words)
    {
        ProcessStartInfo start = new("perf", words) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }
}
