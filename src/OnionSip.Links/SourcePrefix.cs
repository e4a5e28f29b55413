using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Links;

/// <summary>The network a source address lies in: /24 or /48. (LINK.LIMITS)</summary>
internal readonly record struct SourcePrefix(UInt128 Value, bool IsIPv4)
{
    private const int AddressBits = 128;
    private const int AddressBitsIPv4 = 32;

    /// <summary>One number for both families.</summary>
    internal UInt128 Number => IsIPv4 ? Value : Value | (UInt128.One << AddressBits - 1);

    internal static SourcePrefix Of(in PeerAddress address) => address.Address.IsIPv4
        ? new(address.Address.Value >> (AddressBitsIPv4 - LinkParameters.PrefixBitsIPv4), true)
        : new(address.Address.Value >> (AddressBits - LinkParameters.PrefixBitsIPv6), false);
}

/// <summary>How many entries of a table each prefix holds; no more prefixes than entries. (LINK.LIMITS)</summary>
internal sealed class PrefixCounts
{
    private readonly Dictionary<SourcePrefix, int> _counts = [];

    internal int Of(SourcePrefix prefix) => _counts.GetValueOrDefault(prefix);

    internal void Add(SourcePrefix prefix) => _counts[prefix] = Of(prefix) + 1;

    internal void Remove(SourcePrefix prefix)
    {
        int left = Of(prefix) - 1;
        if (left > 0)
        {
            _counts[prefix] = left;
        }
        else
        {
            _ = _counts.Remove(prefix);
        }
    }
}
