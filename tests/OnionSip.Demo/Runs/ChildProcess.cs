using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace OnionSip.Demo.Runs;

/// <summary>A program that this run started and that this run ends, by its pid.</summary>
/// <remarks>Bounds: the last <see cref="LinesMax"/> lines of output are kept; all go into a log file.</remarks>
public sealed class ChildProcess : IDisposable
{
    private const int LinesMax = 20_000;
    private const int SignalTerminate = 15;
    private const int SignalKill = 9;
    private const int SignalUser1 = 10;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(6);

    private static readonly ConcurrentDictionary<ChildProcess, bool> s_running = new();
    private static volatile bool s_isEnding;

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Queue<string> _lines = new();
    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private int _isDisposed;

    private ChildProcess(string name, Process process, string logFile)
    {
        Name = name;
        _process = process;
        _log = new(logFile, append: true) { AutoFlush = true };
        LogFile = logFile;
    }

    public string Name { get; }

    public string LogFile { get; }

    public int Id => _process.Id;

    public bool HasExited => Volatile.Read(ref _isDisposed) != 0 || _process.HasExited;

    /// <summary>Called with each line of either output, on a thread of the pool.</summary>
    public Action<string>? LineRead { get; set; }

    /// <param name="name">For messages and the log file.</param>
    /// <param name="folder">Where the log goes.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="lineRead">Hears every line.</param>
    public static ChildProcess Start(string name, string folder, IReadOnlyList<string> command, Action<string>? lineRead = null)
    {
        ProcessStartInfo start = new(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        for (int index = 1; index < command.Count; index++)
        {
            start.ArgumentList.Add(command[index]);
        }

        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_TieredCompilation"] = "1";
        Process process = new() { StartInfo = start };
        ChildProcess child = new(name, process, Path.Combine(folder, name + ".log")) { LineRead = lineRead };
        process.OutputDataReceived += (_, received) => child.Take(received.Data);
        process.ErrorDataReceived += (_, received) => child.Take(received.Data);
        if (s_isEnding)
        {
            throw new DemoException("the run is ending");
        }

        process.Start();
        s_running[child] = true;
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Ends whatever still runs, by pid, and lets nothing start any more: for the program's end.</summary>
    public static void EndAll()
    {
        s_isEnding = true;
        foreach (ChildProcess child in s_running.Keys)
        {
            child.Dispose();
        }
    }

    /// <summary>Runs a command to its end; its output.</summary>
    /// <exception cref="DemoException">It failed, with what it said.</exception>
    public static async Task<string> RunAsync(string name, string folder, IReadOnlyList<string> command)
    {
        using ChildProcess child = Start(name, folder, command);
        await child._process.WaitForExitAsync().ConfigureAwait(false);
        string output = string.Join('\n', child.Lines());
        return child._process.ExitCode == 0
            ? output
            : throw new DemoException($"{name} failed ({child._process.ExitCode}): {output}");
    }

    public string[] Lines()
    {
        lock (_gate)
        {
            return [.. _lines];
        }
    }

    /// <summary>Waits until a line holds a text; the line.</summary>
    /// <exception cref="DemoException">The program ended before, or the time is over.</exception>
    public async Task<string> WaitForLineAsync(string text, TimeSpan patience)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            string? found = Array.Find(Lines(), line => line.Contains(text, StringComparison.Ordinal));
            if (found is not null)
            {
                return found;
            }

            if (HasExited || Stopwatch.GetElapsedTime(start) > patience)
            {
                string why = HasExited ? $"ended with {_process.ExitCode}" : $"did not say \"{text}\" within {patience.TotalSeconds:F0} s";
                throw new DemoException($"{Name} {why}:\n{Tail(12)}");
            }

            await Task.Delay(20).ConfigureAwait(false);
        }
    }

    public string Tail(int count)
    {
        string[] lines = Lines();
        return string.Join('\n', lines[Math.Max(0, lines.Length - count)..]);
    }

    /// <summary>Asks it to end.</summary>
    public void Terminate() => Signal(SignalTerminate);

    /// <summary>SIGUSR1: the repository's programs write their counters then.</summary>
    internal void AskForStats() => Signal(SignalUser1);

    /// <summary>Ends it without a goodbye.</summary>
    public void Kill() => Signal(SignalKill);

    /// <summary>Asks, waits, and ends it by force when it does not go.</summary>
    public async Task StopAsync()
    {
        Terminate();
        using CancellationTokenSource patience = new(s_grace);
        try
        {
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Kill();
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        if (!_process.HasExited)
        {
            _ = SystemCalls.Kill(_process.Id, SignalTerminate);
            if (!_process.WaitForExit(s_grace))
            {
                _ = SystemCalls.Kill(_process.Id, SignalKill);
                _process.WaitForExit();
            }
        }

        _process.WaitForExit();
        s_running.TryRemove(this, out _);
        _process.Dispose();
        lock (_writing)
        {
            _log.Dispose();
        }
    }

    private void Signal(int signal)
    {
        if (!HasExited)
        {
            _ = SystemCalls.Kill(_process.Id, signal);
        }
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            _lines.Enqueue(line);
            if (_lines.Count > LinesMax)
            {
                _lines.Dequeue();
            }
        }

        lock (_writing)
        {
            if (_log.BaseStream is not null)
            {
                _log.WriteLine(line);
            }
        }

        LineRead?.Invoke(line);
    }
}

/// <summary>What the framework has no name for.</summary>
internal static partial class SystemCalls
{
    [LibraryImport("libc", EntryPoint = "kill")]
    internal static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUser();
}

/// <summary>Ends the run with a sentence.</summary>
public sealed class DemoException(string message) : Exception(message);
