using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>A back-to-back user agent between phones on this machine and their providers; knows nothing of circuits. (SIP.GATEWAY)</summary>
/// <remarks>
/// Inputs:  what phones send, what comes back through the mesh, time.
/// Outputs: after every input, PollTransmit (UDP SIP to phones) and PollEvent until both say no, then PollTimeout.
/// Bounds:  every table has a limit from specs/parameters.md; beyond it the phone hears 503 and nothing grows.
/// Drops:   <see cref="GatewayDrop"/>, never an exception.
/// </remarks>
public sealed class SipGateway : IMachine<GatewayEvent>
{
    private readonly Queue<GatewayEvent> _events = new();

    public SipGateway(Instant now, GatewayOptions options, Entropy entropy)
    {
        Options = options;
        _ = now;
        _ = entropy;
    }

    public GatewayOptions Options { get; }

    public DropCounters<GatewayDrop> Drops { get; } = new();

    /// <summary>One UDP datagram from a phone.</summary>
    public GatewayDrop HandlePhoneDatagram(Instant now, PeerAddress from, ReadOnlySpan<byte> datagram) => Drops.Count(GatewayDrop.Malformed);

    /// <summary>A phone opened a TCP connection; the id is the host's and not used again for another.</summary>
    public GatewayDrop HandlePhoneConnected(Instant now, PhoneConnectionId connection, PeerAddress from) => Drops.Count(GatewayDrop.LimitReached);

    /// <summary>Bytes of a phone's TCP connection, cut anywhere.</summary>
    public GatewayDrop HandlePhoneStream(Instant now, PhoneConnectionId connection, ReadOnlySpan<byte> bytes) => Drops.Count(GatewayDrop.UnknownId);

    public void HandlePhoneClosed(Instant now, PhoneConnectionId connection)
    {
    }

    /// <summary>The sockets asked for by <see cref="OpenLocalMedia"/> are bound; RTP on <paramref name="even"/>, RTCP on the port above.</summary>
    public void HandleLocalMediaOpened(Instant now, LocalMediaId media, PeerAddress even)
    {
    }

    public void HandleLocalMediaFailed(Instant now, LocalMediaId media)
    {
    }

    /// <summary>One packet from a phone.</summary>
    public GatewayDrop HandlePhoneMedia(Instant now, LocalMediaId media, bool isRtcp, PeerAddress from, ReadOnlySpan<byte> packet) =>
        Drops.Count(GatewayDrop.UnknownId);

    public void HandlePathReady(Instant now, GatewayPathId path)
    {
    }

    /// <summary>The path could not be built, or is gone; everything on it (upstreams, associations, questions) is gone with it.</summary>
    public void HandlePathLost(Instant now, GatewayPathId path, GatewayFailure reason)
    {
    }

    public void HandleResolved(Instant now, ResolveId request, IReadOnlyList<ResolveAnswer> answers)
    {
    }

    public void HandleResolveFailed(Instant now, ResolveId request, GatewayFailure reason)
    {
    }

    /// <summary>Connected, and the certificate verified where TLS was asked for.</summary>
    /// <remarks><paramref name="exitLocal"/>, the exit's own address and port of this connection, stands in Via and Contact.</remarks>
    public void HandleUpstreamReady(Instant now, UpstreamId upstream, PeerAddress exitLocal, PeerAddress remote, bool isTls)
    {
    }

    /// <summary>Plain SIP bytes from the provider (TLS already taken off).</summary>
    public GatewayDrop HandleUpstreamData(Instant now, UpstreamId upstream, ReadOnlySpan<byte> bytes) => Drops.Count(GatewayDrop.UnknownId);

    /// <summary>The connection could not be made, or is gone.</summary>
    public void HandleUpstreamClosed(Instant now, UpstreamId upstream, GatewayFailure reason)
    {
    }

    /// <summary>The exit bound <paramref name="exitEven"/> for RTP and the port above for RTCP.</summary>
    public void HandleAssociated(Instant now, CallMediaId media, PeerAddress exitEven)
    {
    }

    /// <summary>The association could not be made, or is gone.</summary>
    public void HandleAssociationLost(Instant now, CallMediaId media, GatewayFailure reason)
    {
    }

    /// <summary>One packet that reached the exit from <paramref name="source"/>.</summary>
    public GatewayDrop HandleNetworkMedia(Instant now, CallMediaId media, bool isRtcp, PeerAddress source, ReadOnlySpan<byte> packet) =>
        Drops.Count(GatewayDrop.UnknownId);

    /// <summary>Ends every call and registration: BYE both ways, then everything is released. Poll until PollTimeout says never.</summary>
    public void Shutdown(Instant now)
    {
    }

    public void HandleTimeout(Instant now)
    {
    }

    public bool PollTransmit(Instant now, Span<byte> destination, out Transmit transmit)
    {
        transmit = default;
        return false;
    }

    public bool PollEvent(out GatewayEvent nodeEvent) => _events.TryDequeue(out nodeEvent!);

    public Instant PollTimeout() => Instant.Never;
}
