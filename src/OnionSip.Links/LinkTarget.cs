using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>A relay to open a link to, as the network document names it. (LINK.HANDSHAKE)</summary>
public readonly record struct LinkTarget(RelayId Relay, PeerAddress Address, LinkPublicKey Key);
