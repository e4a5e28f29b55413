using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>
/// What a gateway node asks of its host beyond <see cref="GatewayEvent"/>: phone datagrams, TLS and what to show. (NODE.GATEWAY)
/// </summary>
public abstract record GatewayHostEvent : GatewayEvent;

/// <summary>Send one UDP datagram of SIP to a phone.</summary>
public sealed record SendPhoneDatagram(PeerAddress To, ReadOnlyMemory<byte> Datagram) : GatewayHostEvent;

/// <summary>Begin TLS as client over the bytes of this upstream; answer with HandleTlsReady or HandleTlsFailed.</summary>
/// <remarks>The certificate must carry <paramref name="CertificateName"/> (RFC 5922), signed by the account's or the system's
/// authorities.</remarks>
public sealed record StartTls(UpstreamId Upstream, string CertificateName, AccountOptions Options) : GatewayHostEvent;

/// <summary>Bytes that came through the circuit, for TLS to take off.</summary>
public sealed record TlsCiphertext(UpstreamId Upstream, ReadOnlyMemory<byte> Bytes) : GatewayHostEvent;

/// <summary>SIP for the provider, for TLS to put on; it comes back through HandleTlsCiphertext.</summary>
public sealed record TlsPlaintext(UpstreamId Upstream, ReadOnlyMemory<byte> Bytes) : GatewayHostEvent;

/// <summary>The upstream is gone: forget its TLS.</summary>
public sealed record StopTls(UpstreamId Upstream) : GatewayHostEvent;

/// <summary>For the status: a path was built; the relays' names, guard first. Names of relays are public.</summary>
public sealed record PathBuilt(GatewayPathId Path, IReadOnlyList<string> Relays) : GatewayHostEvent;

/// <summary>For the status: a path could not be built, or is gone.</summary>
public sealed record PathGone(GatewayPathId Path, PathReason Reason) : GatewayHostEvent;

/// <summary>For the status: a call has a path of its own, with these relays.</summary>
public sealed record CallPathBuilt(GatewayCallId Call, IReadOnlyList<string> Relays) : GatewayHostEvent;

/// <summary>For the status: the path of a call is closed; what became of its slots. (NODE.VOICE-REPORT)</summary>
public sealed record CallPathClosed(GatewayCallId Call, PathReason Reason, PathVoiceReport? Voice) : GatewayHostEvent;

/// <summary>Store the guards, preferred first.</summary>
public sealed record StoreGuards(IReadOnlyList<Wire.RelayId> Guards) : GatewayHostEvent;
