using System;
using System.Collections.Generic;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using OnionSip.Demo.Phones;

namespace OnionSip.Demo.Providers;

/// <summary>A SIP provider: registrar and proxy for one domain.</summary>
public interface IProvider : IDisposable
{
    /// <summary>"kamailio" or "builtin".</summary>
    string Kind { get; }

    /// <summary>Where phones register without TLS.</summary>
    IPEndPoint PlainEndPoint { get; }

    /// <summary>Every SIP message the provider received, after TLS was taken off, with the source address its socket saw.</summary>
    ReceivedBytes Record { get; }

    /// <summary>Ends it without a goodbye.</summary>
    void Kill();
}

/// <summary>The settings of a provider.</summary>
public sealed record ProviderOptions
{
    public required IPAddress Address { get; init; }

    /// <summary>UDP and TCP.</summary>
    public required int Port { get; init; }

    public required int TlsPort { get; init; }

    public required string Domain { get; init; }

    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Passwords by user.</summary>
    public required IReadOnlyDictionary<string, string> Accounts { get; init; }
}
