using System;
using System.Collections.Generic;
using OnionSip.Directory;
using OnionSip.Machines;

namespace OnionSip.Paths;

/// <summary>Which relays may not stand on one path. (PATH.DISTINCT)</summary>
public static class PathConstraints
{
    /// <summary>True when no relay of <paramref name="chosen"/> shares identity, family or network with the candidate.</summary>
    /// <param name="isTestNetwork">A test network lives on loopback, where all share one /16: the network rule is then left out.</param>
    public static bool Allows(RelayDescriptor candidate, IEnumerable<RelayDescriptor> chosen, bool isTestNetwork)
    {
        foreach (RelayDescriptor relay in chosen)
        {
            bool sameFamily = candidate.Family.Length > 0 && candidate.Family == relay.Family;
            if (candidate.Identity == relay.Identity || sameFamily || (!isTestNetwork && SharesNetwork(candidate, relay)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool SharesNetwork(RelayDescriptor left, RelayDescriptor right)
    {
        foreach (PeerAddress a in left.Addresses)
        {
            foreach (PeerAddress b in right.Addresses)
            {
                if (Network(a.Address) == Network(b.Address))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>The /16 of an IPv4 address, the /32 of an IPv6 address.</summary>
    private static UInt128 Network(IpAddress address) => address.Value >> (address.IsIPv4 ? 16 : 96);
}
