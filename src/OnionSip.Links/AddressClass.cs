using System;
using OnionSip.Machines;

namespace OnionSip.Links;

/// <summary>Tells this machine's own addresses from all others. (LINK.ROAM)</summary>
internal static class AddressClass
{
    private const int IPv4LoopbackByte = 127;

    internal static bool IsLoopback(IpAddress address) => address.IsIPv4
        ? ((address.Value >> 24) & byte.MaxValue) == IPv4LoopbackByte
        : address.Value == UInt128.One;
}
