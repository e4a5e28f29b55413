using System;
using System.Collections.Generic;
using System.Net;
using System.Threading.Tasks;
using OnionSip.Demo.Scores;

namespace OnionSip.Demo.Phones;

/// <summary>A phone as the demo drives it, whoever made it.</summary>
public interface IDemoPhone : IDisposable
{
    /// <summary>"baresip" or "builtin".</summary>
    string Kind { get; }

    /// <exception cref="Runs.DemoException">The registrar did not take it.</exception>
    Task RegisterAsync();

    /// <summary>Calls and returns once the call is answered.</summary>
    /// <exception cref="Runs.DemoException">It was not.</exception>
    Task<DialTimes> DialAsync(string user);

    /// <summary>Ends the call and waits until it is over.</summary>
    Task HangUpAsync();

    /// <summary>What was heard in the last call; asked for after the call.</summary>
    WaveSound ReadRecording();

    /// <summary>From where audio came; empty when the phone does not tell.</summary>
    IReadOnlyList<IPEndPoint> AudioSources { get; }

    /// <summary>Everything its sockets received; null when it is a program of others.</summary>
    ReceivedBytes? Record { get; }
}

/// <summary>Timestamps of the system's monotonic clock.</summary>
public sealed record DialTimes(long Dialled, long Ringing, long Answered)
{
    public double RingingMilliseconds => (Ringing - Dialled) * 1000.0 / System.Diagnostics.Stopwatch.Frequency;
}
