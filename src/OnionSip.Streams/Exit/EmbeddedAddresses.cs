using System;
using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>How an IPv6 address carries an IPv4 address.</summary>
internal enum EmbeddedKind
{
    None,
    Nat64,
    SixToFour,
    Teredo,
    Isatap,
}

/// <summary>
/// The IPv4 addresses that an IPv6 address leads to. (EXIT.FORBIDDEN; RFC 6052, RFC 3056, RFC 4380, RFC 5214)
/// </summary>
internal readonly record struct EmbeddedAddresses(EmbeddedKind Kind, IpAddress? First, IpAddress? Second)
{
    private static readonly AddressBlock s_nat64 = AddressBlock.Parse("64:ff9b::/96");
    private static readonly AddressBlock s_sixToFour = AddressBlock.Parse("2002::/16");
    private static readonly AddressBlock s_teredo = AddressBlock.Parse("2001::/32");

    public static EmbeddedAddresses Of(IpAddress address)
    {
        UInt128 value = address.Value;
        if (address.IsIPv4)
        {
            return default;
        }

        if (s_nat64.Contains(address))
        {
            return new(EmbeddedKind.Nat64, At(value, 0), null);
        }

        if (s_sixToFour.Contains(address))
        {
            return new(EmbeddedKind.SixToFour, At(value, 80), null);
        }

        if (s_teredo.Contains(address))
        {
            // The server in clear, the client's address inverted.
            return new(EmbeddedKind.Teredo, At(value, 64), At(~value, 0));
        }

        uint interfaceMark = unchecked((uint)(ulong)(value >> 32)) & 0xFDFF_FFFF;
        return interfaceMark == 0x0000_5EFE ? new(EmbeddedKind.Isatap, At(value, 0), null) : default;
    }

    private static IpAddress At(UInt128 value, int shift) =>
        IpAddress.FromIPv4(unchecked((uint)(ulong)(value >> shift)));
}
