using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Providers;
using OnionSip.Demo.Scores;

namespace OnionSip.Demo.Runs;

/// <summary>The settings of one run.</summary>
/// <param name="Seconds">Of speech.</param>
/// <param name="Phones">"auto", "baresip" or "builtin".</param>
/// <param name="Keep">Keep the folder.</param>
public sealed record DemoSettings(int Seconds, string Phones, bool Keep);

/// <summary>One run of the demo: starts everything, places the call, ends everything, measures.</summary>
public sealed class DemoRun : IDisposable
{
    private const int MarginSeconds = 90;

    private readonly DemoSettings _settings;
    private readonly TextWriter _output;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly DemoPlan _plan;
    private readonly Stack<IDisposable> _started = new();
    private string _phase = "preparing";

    /// <param name="settings">What to do.</param>
    /// <param name="output">Hears of progress.</param>
    /// <param name="block">The addresses' second byte; see <see cref="DemoPlan"/>.</param>
    public DemoRun(DemoSettings settings, TextWriter output, byte block = 0)
    {
        _settings = settings;
        _output = output;
        _plan = new(System.IO.Directory.CreateTempSubdirectory("onionsip-demo-").FullName, block);
    }

    /// <exception cref="DemoException">Something failed; the message says what.</exception>
    public async Task<DemoReport> RunAsync(CancellationToken cancel)
    {
        Task<DemoReport> run = RunPhasesAsync(cancel);
        Task bound = Task.Delay(TimeSpan.FromSeconds(_settings.Seconds + MarginSeconds), cancel);
        Task first = await Task.WhenAny(run, bound).ConfigureAwait(false);
        cancel.ThrowIfCancellationRequested();
        return first == run
            ? await run.ConfigureAwait(false)
            : throw new DemoException($"the run was not done after {_settings.Seconds + MarginSeconds} s; it was {_phase}");
    }

    /// <summary>Ends what was started, last first, and removes the folder.</summary>
    public void Dispose()
    {
        while (_started.TryPop(out IDisposable? started))
        {
            started.Dispose();
        }

        if (_settings.Keep)
        {
            _output.WriteLine("kept: " + _plan.Folder);
        }
        else
        {
            try
            {
                System.IO.Directory.Delete(_plan.Folder, recursive: true);
            }
            catch (IOException)
            {
                _output.WriteLine("could not be removed: " + _plan.Folder);
            }
        }
    }

    private async Task<DemoReport> RunPhasesAsync(CancellationToken cancel)
    {
        Speech speech = Speech.Load(_settings.Seconds);
        PartySet parties = PartySet.Choose(_settings.Phones, _plan, speech, Say);
        if (parties.Prepare() is { } prepared)
        {
            Own(prepared);
        }

        Say("making certificates and keys, signing the network file, starting nine relays");
        TestCertificates certificates = Own(TestCertificates.Make(_plan.Folder, DemoPlan.Domain));
        DemoDns dns = Own(new DemoDns(_plan.Dns, DemoPlan.Domain, _plan.ProviderTls));
        RelayFleet fleet = Own(await RelayFleet.StartAsync(_plan, dns.Local).ConfigureAwait(false));
        cancel.ThrowIfCancellationRequested();
        Say("starting the provider");
        IProvider provider = Own(await parties.StartProviderAsync(certificates).ConfigureAwait(false));
        Say("starting the gateway");
        GatewayProcess gateway = Own(await GatewayProcess.StartAsync(
            _plan, fleet.NetworkFile, fleet.AuthorityKey, certificates.AuthorityFile).ConfigureAwait(false));
        cancel.ThrowIfCancellationRequested();
        Say("starting the phones; the callee registers at the provider, the caller through the gateway");
        IDemoPhone callee = Own(await parties.StartCalleeAsync(provider).ConfigureAwait(false));
        await callee.RegisterAsync().ConfigureAwait(false);
        IDemoPhone caller = Own(await parties.StartCallerAsync().ConfigureAwait(false));
        await Register(caller, gateway).ConfigureAwait(false);
        Say("registered through " + string.Join(" > ", gateway.LastPath));
        DialTimes times = await Call(caller, callee, gateway, cancel).ConfigureAwait(false);
        return await Measure(new(fleet, gateway, provider, dns, caller, callee, times, speech, parties.Kind)).ConfigureAwait(false);
    }

    private static async Task Register(IDemoPhone caller, GatewayProcess gateway)
    {
        try
        {
            await caller.RegisterAsync().ConfigureAwait(false);
        }
        catch (DemoException error)
        {
            throw new DemoException(error.Message + "\nthe gateway said last:\n" + gateway.Tail(15));
        }
    }

    private async Task<DialTimes> Call(IDemoPhone caller, IDemoPhone callee, GatewayProcess gateway, CancellationToken cancel)
    {
        Say("dialling");
        DialTimes times;
        try
        {
            times = await caller.DialAsync(DemoPlan.Callee.User).ConfigureAwait(false);
        }
        catch (DemoException error)
        {
            throw new DemoException(error.Message + "\nthe gateway said last:\n" + gateway.Tail(15));
        }

        Say($"answered; speaking for {_settings.Seconds} s");
        await Task.Delay(TimeSpan.FromSeconds(_settings.Seconds) + TimeSpan.FromMilliseconds(400), cancel).ConfigureAwait(false);
        Say("hanging up");
        await caller.HangUpAsync().ConfigureAwait(false);
        await Task.Delay(500, cancel).ConfigureAwait(false);
        _ = callee;
        return times;
    }

    private async Task<DemoReport> Measure(RunParts parts)
    {
        Say("ending everything and reading what was recorded");
        IReadOnlyList<string> path = parts.Gateway.LastPath;
        WaveSound atCallee = parts.Callee.ReadRecording();
        WaveSound atCaller = parts.Caller.ReadRecording();
        await parts.Gateway.StopAsync().ConfigureAwait(false);
        await parts.Fleet.StopAsync().ConfigureAwait(false);
        List<MediaPacket> atGateway = MediaPacket.ReadAll(GatewayProcess.MediaFile(_plan));
        IReadOnlyList<string> callPath = parts.Gateway.CallPath;
        List<MediaPacket> atExit = callPath.Count == 3 ? MediaPacket.ReadAll(parts.Fleet.MediaFileOf(callPath[2])) : [];
        MediaTimes media = MediaTimes.Measure(atGateway, atExit);
        int exitPayloadType = atExit.Find(static packet => packet.IsOut && packet.PayloadType is 0 or 8)?.PayloadType ?? 0;
        SightReport sights = new(_plan, parts, path);
        return new()
        {
            Path = path,
            CallPath = callPath,
            Slots = parts.Gateway.Slots,
            Phones = parts.Kind,
            Speech = parts.Speech.Source,
            DialToRinging = parts.Times.RingingMilliseconds,
            DialToAudio = media.FirstAudioMicroseconds == 0
                ? -1
                : (media.FirstAudioMicroseconds - (parts.Times.Dialled * 1_000_000.0 / Stopwatch.Frequency)) / 1000,
            Media = media,
            FramesReceived = MediaTimes.CountReceived(atGateway, atCallee, exitPayloadType),
            ToCallee = AudioComparison.Compare(parts.Speech.Caller, atCallee, _settings.Seconds),
            ToCaller = AudioComparison.Compare(parts.Speech.Callee, atCaller, _settings.Seconds),
            ProviderSaw = sights.ProviderSaw,
            GuardSaw = sights.GuardSaw,
            CallerSeenByProvider = sights.CallerSeen,
            CallerInAnyByteAtProvider = sights.CallerInAnyByte,
            Searched = sights.Searched,
            Seen = sights.Rows(),
        };
    }

    private T Own<T>(T started)
        where T : IDisposable
    {
        _started.Push(started);
        return started;
    }

    private void Say(string text)
    {
        _phase = text;
        _output.WriteLine($"[{Stopwatch.GetElapsedTime(_start).TotalSeconds,5:F1} s] {text}");
    }
}

/// <summary>Everybody who took part in a run.</summary>
internal sealed record RunParts(
    RelayFleet Fleet,
    GatewayProcess Gateway,
    IProvider Provider,
    DemoDns Dns,
    IDemoPhone Caller,
    IDemoPhone Callee,
    DialTimes Times,
    Speech Speech,
    string Kind);
