using System;
using OnionSip.Machines;

namespace OnionSip.Hosting.Exits;

/// <summary>From where an exit reaches out, and how much of it. (HOST.EXIT-TCP, HOST.EXIT-UDP)</summary>
public sealed record ExitOptions
{
    /// <summary>Source address for IPv4; null: none is offered.</summary>
    public IpAddress? IPv4 { get; init; }

    /// <summary>Source address for IPv6; null: none is offered.</summary>
    public IpAddress? IPv6 { get; init; }

    public int MaxConnections { get; init; } = 4096;

    public int MaxAssociations { get; init; } = 4096;

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public int UdpPortMin { get; init; } = 16_384;

    public int UdpPortMax { get; init; } = 32_767;

    public IpAddress? SourceFor(bool isIPv4) => isIPv4 ? IPv4 : IPv6;
}
