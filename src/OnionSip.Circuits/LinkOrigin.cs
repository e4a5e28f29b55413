using System;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Where a link comes from, as far as shares go. (CIRCUIT.SHARES)</summary>
/// <param name="IsRelay">The other end is a relay of the network; it has a share of its own.</param>
/// <param name="Prefix">Of a client: the network it comes from. Its links share one share.</param>
public readonly record struct LinkOrigin(bool IsRelay, UInt128 Prefix);

/// <summary>Says where links come from; asked once for each link that sends a CREATE. (CIRCUIT.SHARES)</summary>
public interface ILinkOrigins
{
    LinkOrigin OriginOf(LinkId link);
}
