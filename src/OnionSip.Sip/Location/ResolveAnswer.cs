using OnionSip.Machines;

namespace OnionSip.Sip;

/// <summary>What is asked of a resolver; the values are those of the wire. (SIP.LOCATION)</summary>
public enum ResolveKind : byte
{
    None = 0,
    Address4 = 1,
    Address6 = 2,
    Service = 3,
    NamingAuthority = 4,
}

/// <summary>One answer of a resolver; prints redacted. (SIP.LOCATION)</summary>
/// <remarks>
/// Shape: an address uses <see cref="Address"/>; SRV uses Priority, Weight, Port, Name (the target); NAPTR uses Priority (order),
/// Weight (preference), Flags, Service, Pattern, Name (the replacement). What a kind does not use is empty or zero.
/// </remarks>
public sealed record ResolveAnswer(
    ResolveKind Kind,
    IpAddress Address,
    ushort Priority,
    ushort Weight,
    ushort Port,
    string Name,
    string Flags,
    string Service,
    string Pattern)
{
    /// <summary>An A or AAAA record.</summary>
    public static ResolveAnswer ForAddress(IpAddress address) =>
        new(address.IsIPv4 ? ResolveKind.Address4 : ResolveKind.Address6, address, 0, 0, 0, string.Empty, string.Empty, string.Empty,
            string.Empty);

    /// <summary>An SRV record.</summary>
    public static ResolveAnswer ForService(ushort priority, ushort weight, ushort port, string target) =>
        new(ResolveKind.Service, default, priority, weight, port, target, string.Empty, string.Empty, string.Empty);

    /// <summary>A NAPTR record.</summary>
    public static ResolveAnswer ForNamingAuthority(
        ushort order, ushort preference, string flags, string service, string pattern, string replacement) =>
        new(ResolveKind.NamingAuthority, default, order, preference, 0, replacement, flags, service, pattern);

    public override string ToString() => Kind + " [redacted]";
}
