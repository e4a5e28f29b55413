using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>How a provider is reached. (SIP.ACCOUNT)</summary>
public enum UpstreamTransport : byte
{
    /// <summary>The exit sees ciphertext; the default.</summary>
    Tls = 0,

    /// <summary>The exit reads signalling and credentials; only where the account says so.</summary>
    Tcp = 1,

    /// <summary>As <see cref="Tcp"/>, and one datagram for each message; only where the account says so.</summary>
    Udp = 2,
}

/// <summary>What the owner configured for one domain, or for one user of it. (SIP.ACCOUNT)</summary>
/// <remarks>
/// <see cref="User"/> null stands for every user of the domain; each user met becomes an account with a path of its own.
/// </remarks>
public sealed record AccountOptions
{
    /// <summary>The host part of the account's address of record; requests From any other domain are refused.</summary>
    public required string Domain { get; init; }

    public string? User { get; init; }

    public UpstreamTransport Transport { get; init; } = UpstreamTransport.Tls;

    /// <summary>A provider's own proxy, <c>host</c> or <c>host:port</c>; null: the domain is located after RFC 3263.</summary>
    public string? NextHop { get; init; }

    /// <summary>The name the provider's certificate must carry; null: the domain (RFC 5922).</summary>
    public string? CertificateName { get; init; }

    /// <summary>
    /// A file with the authority that signs this provider's certificate; null: the system's. The gateway only passes it on.
    /// </summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>Ask the exit for IPv6 addresses as well.</summary>
    public bool AllowIPv6 { get; init; }

    /// <summary>What the owner must be told about this account; null when there is nothing to warn of.</summary>
    public string? Warning => Transport == UpstreamTransport.Tls
        ? null
        : "signalling of this account leaves the exit in the clear: the exit can read the account, the number dialled and the digest, and can change them";

    public override string ToString() => "account [redacted]";
}

/// <summary>Settings of one gateway. (SIP.GATEWAY)</summary>
public sealed record GatewayOptions
{
    /// <summary>Where phones reach the gateway over UDP; written into Via and Record-Route towards them.</summary>
    public required PeerAddress ListenUdp { get; init; }

    /// <summary>Where phones reach the gateway over TCP.</summary>
    public required PeerAddress ListenTcp { get; init; }

    public required IReadOnlyList<AccountOptions> Accounts { get; init; }

    /// <summary>How long a path, the provider's location and the connection together may take before the phone hears 503.</summary>
    public TimeSpan ReachTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
