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
                Console.WriteLine("    " + text.TrimEnd());
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

    private static Process Start(params string[] words)
    {
        ProcessStartInfo start = new("perf", words) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }
}
