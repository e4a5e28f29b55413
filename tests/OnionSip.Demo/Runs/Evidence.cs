using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using OnionSip.Demo.Phones;

namespace OnionSip.Demo.Runs;

/// <summary>Looks for the caller's addresses in what others received.</summary>
public static class Evidence
{
    /// <summary>The ways in which an address could be written.</summary>
    public static IReadOnlyList<string> TextForms(IPAddress address)
    {
        byte[] octets = address.GetAddressBytes();
        uint number = (uint)((octets[0] << 24) | (octets[1] << 16) | (octets[2] << 8) | octets[3]);
        string hex = Convert.ToHexStringLower(octets);
        return
        [
            address.ToString(),
            string.Join('-', octets),
            hex,
            $"{hex[..4]}:{hex[4..]}",
            number.ToString(CultureInfo.InvariantCulture),
            Convert.ToBase64String(octets).TrimEnd('='),
        ];
    }

    /// <summary>True when any form of any of the addresses stands in the bytes.</summary>
    public static bool Holds(ReceivedBytes bytes, IEnumerable<IPAddress> addresses) => addresses.Any(address =>
        TextForms(address).Any(bytes.Contains)
        || bytes.Contains(address.GetAddressBytes())
        || bytes.Contains(address.GetAddressBytes().Reverse().ToArray()));

    /// <summary>True when any of the addresses is among the sources.</summary>
    public static bool Holds(IEnumerable<IPEndPoint> sources, IReadOnlyCollection<IPAddress> addresses) =>
        sources.Any(source => addresses.Contains(source.Address));

    /// <summary>Addresses without ports, each once, in order.</summary>
    public static IReadOnlyList<string> Distinct(IEnumerable<IPEndPoint> sources) =>
        [.. sources.Select(static source => source.Address.ToString()).Distinct().Order(StringComparer.Ordinal)];
}
