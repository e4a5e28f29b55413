using System;
using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>Addresses that no exit reaches whatever its operator's rules say. (EXIT.FORBIDDEN)</summary>
/// <remarks>
/// Rule:  IPv4 is allowed outside the special-purpose blocks; IPv6 only inside 2000::/3, outside the special-purpose
///        blocks,
///        and through the well-known NAT64 prefix; an address that carries an IPv4 address is forbidden with it.
/// A test network opens 127.0.0.0/8 and ::1 in their plain form, and nothing else. The relay's own addresses stay
/// forbidden.
/// </remarks>
public sealed class ForbiddenAddresses
{
    private static readonly AddressBlock[] s_loopback =
        [AddressBlock.Parse("127.0.0.0/8"), AddressBlock.Parse("::1/128")];

    private static readonly AddressBlock[] s_forbidden4 =
    [
        AddressBlock.Parse("0.0.0.0/8"),
        AddressBlock.Parse("10.0.0.0/8"),
        AddressBlock.Parse("100.64.0.0/10"),
        AddressBlock.Parse("127.0.0.0/8"),
        AddressBlock.Parse("169.254.0.0/16"),
        AddressBlock.Parse("172.16.0.0/12"),
        AddressBlock.Parse("192.0.0.0/24"),
        AddressBlock.Parse("192.0.2.0/24"),
        AddressBlock.Parse("192.31.196.0/24"),
        AddressBlock.Parse("192.52.193.0/24"),
        AddressBlock.Parse("192.88.99.0/24"),
        AddressBlock.Parse("192.168.0.0/16"),
        AddressBlock.Parse("192.175.48.0/24"),
        AddressBlock.Parse("198.18.0.0/15"),
        AddressBlock.Parse("198.51.100.0/24"),
        AddressBlock.Parse("203.0.113.0/24"),
        AddressBlock.Parse("224.0.0.0/4"),
        AddressBlock.Parse("240.0.0.0/4"),
    ];

    private static readonly AddressBlock s_globalUnicast6 = AddressBlock.Parse("2000::/3");
    private static readonly AddressBlock s_protocolAssignments6 = AddressBlock.Parse("2001::/23");
    private static readonly AddressBlock[] s_documentation6 =
        [AddressBlock.Parse("2001:db8::/32"), AddressBlock.Parse("3fff::/20")];

    private readonly IpAddress[] _own;
    private readonly bool _isTestNetwork;

    /// <param name="ownAddresses">Every address of the relay's machine.</param>
    /// <param name="isTestNetwork">Opens loopback; a relay on a public network refuses the setting.</param>
    public ForbiddenAddresses(ReadOnlySpan<IpAddress> ownAddresses, bool isTestNetwork = false)
    {
        _own = ownAddresses.ToArray();
        _isTestNetwork = isTestNetwork;
    }

    /// <summary>True where no exit may go. (EXIT.FORBIDDEN)</summary>
    public bool Contains(IpAddress address)
    {
        if (Array.IndexOf(_own, address) >= 0)
        {
            return true;
        }

        if (_isTestNetwork && IsIn(s_loopback, address))
        {
            return false;
        }

        if (address.IsIPv4)
        {
            return IsIn(s_forbidden4, address);
        }

        EmbeddedAddresses embedded = EmbeddedAddresses.Of(address);
        return IsForbiddenIPv6(address, in embedded)
            || IsForbiddenEmbedded(embedded.First)
            || IsForbiddenEmbedded(embedded.Second);
    }

    private static bool IsForbiddenIPv6(IpAddress address, in EmbeddedAddresses embedded) => embedded.Kind switch
    {
        EmbeddedKind.Nat64 => false,
        EmbeddedKind.Teredo => false,
        _ => !s_globalUnicast6.Contains(address)
            || s_protocolAssignments6.Contains(address)
            || IsIn(s_documentation6, address),
    };

    private bool IsForbiddenEmbedded(IpAddress? embedded) =>
        embedded is { } address && (IsIn(s_forbidden4, address) || Array.IndexOf(_own, address) >= 0);

    private static bool IsIn(AddressBlock[] blocks, IpAddress address)
    {
        foreach (AddressBlock block in blocks)
        {
            if (block.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
