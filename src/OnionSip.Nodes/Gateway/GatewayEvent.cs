using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>What the gateway asks of the bridge and the host; prints its kind and nothing else. (SIP.GATEWAY.EVENTS)</summary>
public abstract record GatewayEvent
{
    public sealed override string ToString() => GetType().Name;
}

/// <summary>Write these bytes to a phone's TCP connection.</summary>
public sealed record SendPhoneStream(PhoneConnectionId Connection, ReadOnlyMemory<byte> Bytes) : GatewayEvent;

/// <summary>End a phone's TCP connection: it broke the framing.</summary>
public sealed record ClosePhoneStream(PhoneConnectionId Connection) : GatewayEvent;

/// <summary>Bind an even UDP port and its odd neighbour beside the phone; answer with HandleLocalMediaOpened or …Failed.</summary>
public sealed record OpenLocalMedia(LocalMediaId Media) : GatewayEvent;

/// <summary>Close both sockets.</summary>
public sealed record CloseLocalMedia(LocalMediaId Media) : GatewayEvent;

/// <summary>Send one RTP or RTCP packet from a local socket to the phone.</summary>
public sealed record SendPhoneMedia(LocalMediaId Media, bool IsRtcp, PeerAddress To, ReadOnlyMemory<byte> Packet) : GatewayEvent;

/// <summary>Build a circuit for this account; answer with HandlePathReady or HandlePathLost.</summary>
public sealed record NeedPath(GatewayPathId Path, AccountId Account, AccountOptions Options) : GatewayEvent;

/// <summary>The circuit is not needed any longer; nothing on it is either.</summary>
public sealed record ReleasePath(GatewayPathId Path) : GatewayEvent;

/// <summary>RESOLVE at the exit; answer with HandleResolved or HandleResolveFailed.</summary>
public sealed record ResolveName(ResolveId Request, GatewayPathId Path, ResolveKind Kind, string Name) : GatewayEvent;

/// <summary>CONNECT through the path, then TLS where asked; answer with HandleUpstreamReady or HandleUpstreamClosed.</summary>
/// <remarks>
/// Over <see cref="UpstreamTransport.Udp"/> the bridge makes an association with consent for <paramref name="Remote"/>; each SendUpstream
/// is one datagram and so is each HandleUpstreamData.
/// </remarks>
public sealed record OpenUpstream(
    UpstreamId Upstream, GatewayPathId Path, UpstreamTransport Transport, PeerAddress Remote, string CertificateName,
    AccountOptions Options) : GatewayEvent;

/// <summary>Send to the provider.</summary>
public sealed record SendUpstream(UpstreamId Upstream, ReadOnlyMemory<byte> Bytes) : GatewayEvent;

/// <summary>Close the connection to the provider.</summary>
public sealed record CloseUpstream(UpstreamId Upstream) : GatewayEvent;

/// <summary>
/// ASSOCIATE over a path of the call's own, beside the account's; answer with HandleAssociated or HandleAssociationLost.
/// </summary>
public sealed record Associate(CallMediaId Media, GatewayCallId Call, GatewayPathId Path, bool IsIPv6) : GatewayEvent;

/// <summary>CONSENT: the endpoints this association may send to from now on, replacing those named before.</summary>
public sealed record Consent(CallMediaId Media, IReadOnlyList<PeerAddress> Endpoints) : GatewayEvent;

/// <summary>Send one RTP (even port) or RTCP (odd port) packet from the exit.</summary>
public sealed record SendNetworkMedia(CallMediaId Media, bool IsRtcp, PeerAddress To, ReadOnlyMemory<byte> Packet) : GatewayEvent;

/// <summary>RELEASE the association.</summary>
public sealed record ReleaseAssociation(CallMediaId Media) : GatewayEvent;

/// <summary>For the status: a binding of the provider was made, refreshed or lost.</summary>
public sealed record RegistrationChanged(AccountId Account, bool IsRegistered, GatewayFailure Reason) : GatewayEvent;

/// <summary>For the status: a call was begun by the phone (outgoing) or the provider.</summary>
public sealed record CallStarted(GatewayCallId Call, AccountId Account, bool IsOutgoing) : GatewayEvent;

/// <summary>For the status: the call was answered.</summary>
public sealed record CallAnswered(GatewayCallId Call) : GatewayEvent;

/// <summary>For the status: the call is over; with its media figures and leak report.</summary>
public sealed record CallEnded(GatewayCallId Call, CallEndReason Reason, CallFigures Figures, LeakReport Leaks) : GatewayEvent;
