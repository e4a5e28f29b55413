using System;
using System.Globalization;
using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>
/// A block of addresses: a prefix and its length in the 128-bit form of <see cref="IpAddress"/>. (EXIT.POLICY)
/// </summary>
public readonly record struct AddressBlock
{
    private const int MappedBits = 96;

    private readonly UInt128 _prefix;
    private readonly int _bits;
    private readonly bool _isIPv4;

    private AddressBlock(UInt128 prefix, int bits, bool isIPv4)
    {
        _isIPv4 = isIPv4;
        _prefix = prefix;
        _bits = bits;
    }

    /// <summary>Only addresses of the block's own family are in it.</summary>
    public bool Contains(IpAddress address) =>
        address.IsIPv4 == _isIPv4 && (_bits == 0 || (address.Value ^ _prefix) >> (128 - _bits) == 0);

    /// <summary>
    /// Parses <c>192.0.2.0/24</c>, <c>192.0.2.7</c>, <c>2001:db8::/32</c>; bits after the prefix must be zero.
    /// (EXIT.POLICY)
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AddressBlock block)
    {
        block = default;
        int slash = text.IndexOf('/');
        ReadOnlySpan<char> host = slash < 0 ? text : text[..slash];
        if (!IsStrictAddress(host) || !IpAddress.TryParse(host, out IpAddress address))
        {
            return false;
        }

        int width = address.IsIPv4 ? 32 : 128;
        int bits = width;
        bool bitsAreGood = slash < 0
            || (int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out bits)
                && bits <= width);
        if (!bitsAreGood)
        {
            return false;
        }

        int total = bits + (address.IsIPv4 ? MappedBits : 0);
        UInt128 hostBits = total == 128 ? 0 : address.Value << total;
        block = new(address.Value, total, address.IsIPv4);
        return hostBits == 0;
    }

    /// <summary>For tables in code: the text is known to be right.</summary>
    internal static AddressBlock Parse(string text)
    {
        Invariant.Require(TryParse(text, out AddressBlock block), "a bad address block in a table");
        return block;
    }

    /// <summary>Four decimal numbers, or IPv6: none of the old forms such as 127.1, 0x7f000001 or 010.0.0.1.</summary>
    private static bool IsStrictAddress(ReadOnlySpan<char> text)
    {
        if (text.Contains(':'))
        {
            return !text.ContainsAny('%', '[', ']');
        }

        int parts = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> part = text[range];
            bool plain = part.Length is > 0 and <= 3
                && !part.ContainsAnyExceptInRange('0', '9')
                && (part.Length == 1 || part[0] != '0');
            if (!plain)
            {
                return false;
            }

            parts++;
        }

        return parts == 4;
    }
}
