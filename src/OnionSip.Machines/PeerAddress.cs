using System;
using System.Globalization;

namespace OnionSip.Machines;

/// <summary>An IP address and UDP or TCP port; prints redacted. (MACHINE.REDACTION)</summary>
public readonly record struct PeerAddress(IpAddress Address, ushort Port)
{
    /// <summary>Parses <c>192.0.2.1:443</c> or <c>[2001:db8::1]:443</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out PeerAddress address)
    {
        address = default;
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        ReadOnlySpan<char> host = text[..colon];
        bool bracketed = host[0] == '[' && host[^1] == ']';
        if (bracketed)
        {
            host = host[1..^1];
        }

        if (!IpAddress.TryParse(host, out IpAddress ip) || bracketed == ip.IsIPv4)
        {
            return false;
        }

        address = new(ip, port);
        return true;
    }

    /// <summary>The address in clear, for the wire, configuration and a user's own screen; never for a log.</summary>
    public string Reveal() => Address.IsIPv4
        ? string.Create(CultureInfo.InvariantCulture, $"{Address.Reveal()}:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"[{Address.Reveal()}]:{Port}");

    public override string ToString() => "[address]";
}
