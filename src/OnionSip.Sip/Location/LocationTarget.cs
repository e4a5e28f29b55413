using OnionSip.Machines;

namespace OnionSip.Sip;

/// <summary>The transports a server can be located for. (SIP.LOCATION)</summary>
public enum LocationTransport : byte
{
    Tls = 0,
    Tcp = 1,
    Udp = 2,
}

/// <summary>What is looked for; prints redacted. (SIP.LOCATION)</summary>
/// <param name="Host">A name, an IPv4 address or an IPv6 address with or without brackets.</param>
/// <param name="Port">0 when none was configured.</param>
/// <param name="Transport">The account's setting: an answer never changes it.</param>
/// <param name="AllowIPv6">Ask for AAAA as well.</param>
public sealed record LocationTarget(string Host, ushort Port, LocationTransport Transport, bool AllowIPv6)
{
    /// <summary>5061 for TLS, else 5060.</summary>
    public ushort DefaultPort => Transport == LocationTransport.Tls ? (ushort)5061 : (ushort)5060;

    /// <summary>The name under which SRV records of this transport stand.</summary>
    public string ServiceName => Transport switch
    {
        LocationTransport.Tls => "_sips._tcp." + Host,
        LocationTransport.Tcp => "_sip._tcp." + Host,
        _ => "_sip._udp." + Host,
    };

    /// <summary>The service of NAPTR records that lead to this transport.</summary>
    public string NaptrService => Transport switch
    {
        LocationTransport.Tls => "SIPS+D2T",
        LocationTransport.Tcp => "SIP+D2T",
        _ => "SIP+D2U",
    };

    public override string ToString() => Transport + " [redacted]";
}

/// <summary>One question for the resolver; prints redacted. (SIP.LOCATION)</summary>
public readonly record struct LocationQuestion(ResolveKind Kind, string Name)
{
    public override string ToString() => Kind + " [redacted]";
}

/// <summary>Where a location stands. (SIP.LOCATION)</summary>
public enum LocationState : byte
{
    Asking = 0,
    Found = 1,
    NotFound = 2,
}

/// <summary>Why an answer was left unused. (SIP.LOCATION)</summary>
public enum LocationDrop : byte
{
    None = 0,

    /// <summary>An answer to a question that was not asked.</summary>
    NotAsked,

    /// <summary>NAPTR for another transport: never taken instead of the account's.</summary>
    OtherTransport,

    /// <summary>NAPTR or SRV that does not say what RFC 3263 wants: another flag, a pattern, port 0, no host name.</summary>
    Unusable,

    /// <summary>More records than are looked at.</summary>
    TooMany,
}
