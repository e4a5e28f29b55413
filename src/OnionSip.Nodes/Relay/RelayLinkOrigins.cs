using OnionSip.Circuits;
using OnionSip.Links;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>Tells the circuits whose link is whose. (CIRCUIT.SHARES)</summary>
internal sealed class RelayLinkOrigins(LinkTable links) : ILinkOrigins
{
    public LinkOrigin OriginOf(LinkId link) => new(links.PeerOf(link) is not null, links.PrefixOf(link));
}
