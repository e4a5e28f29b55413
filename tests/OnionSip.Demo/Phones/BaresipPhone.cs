using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using OnionSip.Demo.Runs;
using OnionSip.Demo.Scores;

namespace OnionSip.Demo.Phones;

/// <summary>A baresip as a process, driven over its control connection.</summary>
public sealed class BaresipPhone : IDemoPhone
{
    private const string HeardFrom = "receiving from ";
    private const string Registered = "REGISTER_OK";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_endPatience = TimeSpan.FromSeconds(8);

    private readonly PhoneOptions _options;
    private readonly string _recordings;
    private readonly ChildProcess _process;
    private readonly IPEndPoint _control;
    private BaresipControl? _connection;

    public BaresipPhone(PhoneOptions options, string folder)
    {
        _options = options;
        _recordings = Path.Combine(folder, "heard");
        System.IO.Directory.CreateDirectory(_recordings);
        string speech = Path.Combine(folder, "speech.wav");
        // It ends the call's audio at the end of its file, so some silence follows.
        WaveFile.Write(speech, [.. options.Speech.Samples, .. new short[30 * options.Speech.Rate]], options.Speech.Rate);
        int sipPort = Sockets.FindFreePort(options.Address);
        _control = new(options.Address, Sockets.FindFreePort(options.Address));
        while (_control.Port == sipPort)
        {
            _control = new(options.Address, Sockets.FindFreePort(options.Address));
        }

        BaresipConfig.WriteTo(folder, options, sipPort, _control.Port, speech, _recordings);
        _process = ChildProcess.Start("baresip-" + options.Account.User, folder, [Program!, "-4", "-v", "-f", folder]);
    }

    public static string? Program => Programs.Find("baresip");

    public string Kind => "baresip";

    public ReceivedBytes? Record => null;

    /// <summary>What it says: "receiving from address:port".</summary>
    public IReadOnlyList<IPEndPoint> AudioSources =>
    [
        .. _process.Lines().Where(static line => line.Contains(HeardFrom, StringComparison.Ordinal))
            .Select(static line => line[(line.IndexOf(HeardFrom, StringComparison.Ordinal) + HeardFrom.Length)..].Split(' ')[0].TrimEnd('.', ',', ')'))
            .Where(static text => IPEndPoint.TryParse(text, out _)).Select(IPEndPoint.Parse).Distinct(),
    ];

    public async Task RegisterAsync()
    {
        long start = Stopwatch.GetTimestamp();
        while (_connection is null && Stopwatch.GetElapsedTime(start) < s_patience && !_process.HasExited)
        {
            _connection = await BaresipControl.TryConnectAsync(_control).ConfigureAwait(false);
            await Task.Delay(50).ConfigureAwait(false);
        }

        AnswerCalls();

        // It may have registered before we were connected; then its log says so.
        while (_connection is not null && Stopwatch.GetElapsedTime(start) < s_patience)
        {
            if (_connection.TimeOf(Registered, 0) != 0 || _process.Lines().Any(static line => line.Contains("200 OK", StringComparison.Ordinal)))
            {
                return;
            }

            await Task.Delay(20).ConfigureAwait(false);
        }

        throw new DemoException($"{_options.Account.User}'s baresip was not registered:\n{_process.Tail(15)}");
    }

    public async Task<DialTimes> DialAsync(string user)
    {
        long dialled = Stopwatch.GetTimestamp();
        _connection!.Send("dial", $"sip:{user}@{_options.Account.Domain}");
        string? outcome = await _connection.WaitForAsync(s_patience, dialled, "CALL_ESTABLISHED", "CALL_CLOSED").ConfigureAwait(false);
        if (outcome != "CALL_ESTABLISHED")
        {
            throw new DemoException($"the call was not answered:\n{_process.Tail(15)}");
        }

        long answered = _connection.TimeOf("CALL_ESTABLISHED", dialled);
        long ringing = _connection.TimeOf("CALL_RINGING", dialled);
        long progress = _connection.TimeOf("CALL_PROGRESS", dialled);
        long first = ringing != 0 && (progress == 0 || ringing < progress) ? ringing : progress;
        return new(dialled, first == 0 ? answered : first, answered);
    }

    /// <summary>From now on incoming calls are answered after they rang for a while.</summary>
    private void AnswerCalls()
    {
        if (_connection is { } connection)
        {
            connection.Told = kind =>
            {
                if (kind == "CALL_INCOMING")
                {
                    _ = Task.Delay(_options.AnswerAfter).ContinueWith(_ => connection.Send("accept"), TaskScheduler.Default);
                }
            };
        }
    }

    public async Task HangUpAsync()
    {
        long now = Stopwatch.GetTimestamp();
        _connection!.Send("hangup");
        await _connection.WaitForAsync(s_endPatience, now, "CALL_CLOSED").ConfigureAwait(false);
    }

    /// <summary>It writes the sizes into its files when it closes them: after the call.</summary>
    public WaveSound ReadRecording()
    {
        string? file = new DirectoryInfo(_recordings).GetFiles("dump-*-dec.wav").OrderByDescending(static found => found.LastWriteTimeUtc).FirstOrDefault()?.FullName;
        return file is null ? new([], Speech.Rate) : WaveFile.Read(file);
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _process.Dispose();
    }
}
