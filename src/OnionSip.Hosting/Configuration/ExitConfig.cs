using System.Collections.Generic;
using System.Globalization;
using OnionSip.Directory;
using OnionSip.Hosting.Exits;
using OnionSip.Machines;
using OnionSip.Streams;

namespace OnionSip.Hosting.Configuration;

/// <summary>What an exit lets through and how it reaches out. (HOST.RELAY-CONFIG)</summary>
public sealed record ExitConfig(IReadOnlyList<string> Policy, IReadOnlyList<string> Dns, ExitOptions Options)
{
    private const int LowestPort = 1024;

    /// <summary>Reads the key "exit"; without it, and without the role, nothing is let through.</summary>
    public static ExitConfig Read(ConfigObject root, IReadOnlyList<PeerAddress> bind, RelayRoles roles)
    {
        bool isExit = roles.HasFlag(RelayRoles.Exit);
        ConfigObject? value = root.Object(
            "exit", "an object such as {\"policy\": [\"accept *:5060-5061\", \"accept *:10000-65535\"]}", required: isExit);
        if (value is null)
        {
            return new([], [], new());
        }

        IReadOnlyList<string> policy = value.Texts("policy", "a list of lines such as \"accept *:5061\"", required: isExit);
        if (policy.Count > DirectoryLimits.PolicyLinesMax)
        {
            value.Report("policy", $"has more than {DirectoryLimits.PolicyLinesMax} lines");
        }

        if (!ExitPolicy.TryParse(policy, out _, out string problem))
        {
            value.Report("policy", problem);
        }

        ExitOptions defaults = new();
        (IpAddress? v4, IpAddress? v6) = ReadSources(value, bind);
        ExitOptions options = defaults with
        {
            IPv4 = v4,
            IPv6 = v6,
            MaxConnections = value.Number("max_connections", 1, 15_000, defaults.MaxConnections),
            MaxAssociations = value.Number("max_associations", 1, 7_000, defaults.MaxAssociations),
            UdpPortMin = value.Number("udp_port_min", LowestPort, ushort.MaxValue - 1, defaults.UdpPortMin) & ~1,
            UdpPortMax = value.Number("udp_port_max", LowestPort, ushort.MaxValue, defaults.UdpPortMax),
        };
        if (options.UdpPortMax <= options.UdpPortMin)
        {
            value.Report("udp_port_max", "is not above udp_port_min");
        }

        IReadOnlyList<string> dns = ReadForwarders(value);
        value.Finish();
        return new(policy, dns, options);
    }

    private static (IpAddress? V4, IpAddress? V6) ReadSources(ConfigObject value, IReadOnlyList<PeerAddress> bind)
    {
        IpAddress? v4 = null;
        IpAddress? v6 = null;
        IReadOnlyList<string> texts = value.Texts("addresses", "a list of this machine's addresses to reach out from");
        for (int index = 0; index < texts.Count; index++)
        {
            if (!IpAddress.TryParse(texts[index], out IpAddress address))
            {
                value.Report(string.Create(CultureInfo.InvariantCulture, $"addresses[{index}]"),
                    $"is \"{texts[index]}\"; it must be an IP address");
                continue;
            }

            v4 = address.IsIPv4 ? address : v4;
            v6 = address.IsIPv4 ? v6 : address;
        }

        foreach (PeerAddress endpoint in bind)
        {
            bool isDefault = texts.Count == 0;
            v4 = isDefault && endpoint.Address.IsIPv4 ? endpoint.Address : v4;
            v6 = isDefault && !endpoint.Address.IsIPv4 ? endpoint.Address : v6;
        }

        return (v4, v6);
    }

    private static IReadOnlyList<string> ReadForwarders(ConfigObject value)
    {
        IReadOnlyList<string> forwarders =
            value.Texts("dns", "a list of resolvers such as \"127.0.0.1@5353\"; leave it out for full recursion");
        for (int index = 0; index < forwarders.Count; index++)
        {
            string[] parts = forwarders[index].Split('@');
            bool isGood = parts.Length is 1 or 2 && IpAddress.TryParse(parts[0], out _)
                && (parts.Length == 1 || ushort.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _));
            if (!isGood)
            {
                value.Report(
                    string.Create(CultureInfo.InvariantCulture, $"dns[{index}]"),
                    $"is \"{forwarders[index]}\"; it must be an address with or without a port, such as \"127.0.0.1@5353\"");
            }
        }

        return forwarders;
    }
}
