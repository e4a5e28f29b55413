using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>One answer of the resolver at an exit. (WIRE.CONTROL RESOLVED)</summary>
/// <remarks>Shape by kind: A and AAAA use Address; SRV Priority, Weight, Port, Target; NAPTR Order and Preference in the first two, Flags,
/// Service, Regexp, Target.</remarks>
public sealed record DnsAnswer
{
    public IpAddress Address { get; init; }

    /// <summary>SRV priority or NAPTR order.</summary>
    public ushort Priority { get; init; }

    /// <summary>SRV weight or NAPTR preference.</summary>
    public ushort Weight { get; init; }

    public ushort Port { get; init; }

    /// <summary>SRV target or NAPTR replacement.</summary>
    public string Target { get; init; } = "";

    public string Flags { get; init; } = "";

    public string Service { get; init; } = "";

    public string Regexp { get; init; } = "";

    public override string ToString() => "[answer]";
}
