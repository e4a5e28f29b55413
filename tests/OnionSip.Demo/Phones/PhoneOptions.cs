using System;
using System.Collections.Generic;
using System.Net;
using OnionSip.Demo.Scores;

namespace OnionSip.Demo.Phones;

/// <summary>An account at the provider.</summary>
public sealed record PhoneAccount(string User, string Domain, string Password);

/// <summary>The settings of one built-in phone.</summary>
public sealed record PhoneOptions
{
    public required PhoneAccount Account { get; init; }

    /// <summary>The phone's own address; ports are its choice.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>Where audio is sent from and expected; null for <see cref="Address"/>.</summary>
    public IPAddress? MediaAddress { get; init; }

    /// <summary>Where everything is sent: a gateway, or the provider itself.</summary>
    public required IPEndPoint Proxy { get; init; }

    public required WaveSound Speech { get; init; }

    public bool UseTcp { get; init; }

    /// <summary>How long an incoming call rings before it is answered.</summary>
    public TimeSpan AnswerAfter { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>G.711 offered and taken: "PCMU" or "PCMA".</summary>
    public string Codec { get; init; } = "PCMU";

    /// <summary>Put into every field the phone controls; null for a phone that says little.</summary>
    public string? Canary { get; init; }

    /// <summary>Keep what the sockets receive.</summary>
    public ReceivedBytes? Record { get; init; }

    /// <summary>Makes the phone's sockets, as in another network namespace; null for the usual way.</summary>
    public Func<Func<PhoneSockets>, PhoneSockets>? MakeSockets { get; init; }

    /// <summary>Header lines added to every request, beside the canaries.</summary>
    public IReadOnlyList<(string Name, string Value)> ExtraHeaders { get; init; } = [];
}
