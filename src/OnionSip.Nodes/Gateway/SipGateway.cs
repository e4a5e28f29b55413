using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>
/// A back-to-back user agent between phones on this machine and their providers; knows nothing of circuits. (SIP.GATEWAY)
/// </summary>
/// <remarks>
/// Inputs:  what phones send, what comes back through the mesh, time.
/// Outputs: after every input, PollTransmit (UDP SIP to phones) and PollEvent until both say no, then PollTimeout.
/// Bounds:  every table has a limit from specs/parameters.md; beyond it the phone hears 503 and nothing grows.
/// Drops:   <see cref="GatewayDrop"/>, never an exception.
/// Parts:   PhoneSide reads and writes, PhoneRequests and ProviderRequests decide, exchanges (RegisterExchange, OutgoingCall, …) carry out,
///          Upstream keeps each account's way to its provider; this type only passes inputs on and drains what they caused.
/// </remarks>
public sealed class SipGateway : IMachine<GatewayEvent>
{
    private static readonly TimeSpan s_shutdownPatience = TimeSpan.FromSeconds(5);

    private readonly GatewayCore _core;
    private readonly AccountTable _accounts;
    private readonly PhoneSide _phones;
    private readonly PhoneRequests _phoneRequests;
    private readonly ProviderRequests _providerRequests;
    private Instant _closing = Instant.Never;
    private bool _isClosed;

    public SipGateway(Instant now, GatewayOptions options, Entropy entropy)
    {
        _ = now;
        _core = new GatewayCore(options, entropy);
        _accounts = new AccountTable(_core);
        _phones = new PhoneSide(_core);
        _phoneRequests = new PhoneRequests(_core, _accounts);
        _providerRequests = new ProviderRequests(_core, _accounts, _phones);
    }

    public GatewayOptions Options => _core.Options;

    public DropCounters<GatewayDrop> Drops => _core.Drops;

    /// <summary>Calls, registrations and passed requests under way.</summary>
    public int ExchangeCount => _core.Exchanges.Count;

    /// <summary>Transactions with phones and providers under way.</summary>
    public int TransactionCount => _core.Phones.Count + _core.Providers.Count;

    /// <summary>One UDP datagram from a phone.</summary>
    public GatewayDrop HandlePhoneDatagram(Instant now, PeerAddress from, ReadOnlySpan<byte> datagram)
    {
        GatewayDrop drop = _phones.HandleDatagram(now, from, datagram);
        return Finish(now, drop);
    }

    /// <summary>A phone opened a TCP connection; the id is the host's and not used again for another.</summary>
    public GatewayDrop HandlePhoneConnected(Instant now, PhoneConnectionId connection, PeerAddress from) =>
        Finish(now, _phones.HandleConnected(connection, from));

    /// <summary>Bytes of a phone's TCP connection, cut anywhere.</summary>
    public GatewayDrop HandlePhoneStream(Instant now, PhoneConnectionId connection, ReadOnlySpan<byte> bytes)
    {
        GatewayDrop drop = _phones.HandleStream(now, connection, bytes);
        return Finish(now, drop);
    }

    public void HandlePhoneClosed(Instant now, PhoneConnectionId connection)
    {
        _phones.HandleClosed(connection);
        Drain(now);
    }

    /// <summary>
    /// The sockets asked for by <see cref="OpenLocalMedia"/> are bound; RTP on <paramref name="even"/>, RTCP on the port above.
    /// </summary>
    public void HandleLocalMediaOpened(Instant now, LocalMediaId media, PeerAddress even)
    {
        if (_core.LocalMedia.TryGetValue(media, out GatewayCall? call))
        {
            call.Media.HandleLocalOpened(even);
            TellMediaReady(now, call);
        }

        Drain(now);
    }

    public void HandleLocalMediaFailed(Instant now, LocalMediaId media)
    {
        if (_core.LocalMedia.TryGetValue(media, out GatewayCall? call))
        {
            call.HandleMediaLost(now, GatewayFailure.Busy);
        }

        Drain(now);
    }

    /// <summary>One packet from a phone.</summary>
    public GatewayDrop HandlePhoneMedia(Instant now, LocalMediaId media, bool isRtcp, PeerAddress from, ReadOnlySpan<byte> packet)
    {
        GatewayDrop drop = _core.LocalMedia.TryGetValue(media, out GatewayCall? call)
            ? call.Media.HandlePhone(now, isRtcp, from, packet)
            : GatewayDrop.UnknownId;
        return drop == GatewayDrop.None ? drop : Drops.Count(drop);
    }

    public void HandlePathReady(Instant now, GatewayPathId path)
    {
        if (_accounts.FindByPath(path) is { } account)
        {
            Apply(now, account, account.Upstream.HandlePathReady(now));
        }

        Drain(now);
    }

    /// <summary>The path could not be built, or is gone; everything on it (upstreams, associations, questions) is gone with it.</summary>
    public void HandlePathLost(Instant now, GatewayPathId path, GatewayFailure reason)
    {
        if (_accounts.FindByPath(path) is { } account)
        {
            _core.Providers.HandleTransportFailure(account.Upstream.Peer);
            Apply(now, account, account.Upstream.HandlePathLost(now, reason));
        }

        Drain(now);
    }

    public void HandleResolved(Instant now, ResolveId request, IReadOnlyList<ResolveAnswer> answers)
    {
        if (_accounts.FindByQuestion(request) is { } account)
        {
            Apply(now, account, account.Upstream.HandleResolved(now, request, answers));
        }

        Drain(now);
    }

    /// <summary>A question without an answer is a name without records: the location goes on with what it has.</summary>
    public void HandleResolveFailed(Instant now, ResolveId request, GatewayFailure reason) => HandleResolved(now, request, []);

    /// <summary>Connected, and the certificate verified where TLS was asked for.</summary>
    /// <remarks><paramref name="exitLocal"/>, the exit's own address and port of this connection, stands in Via and Contact.</remarks>
    public void HandleUpstreamReady(Instant now, UpstreamId upstream, PeerAddress exitLocal, PeerAddress remote, bool isTls)
    {
        if (_accounts.FindByUpstream(upstream) is { } account)
        {
            Apply(now, account, account.Upstream.HandleReady(now, exitLocal, remote, isTls));
        }

        Drain(now);
    }

    /// <summary>Plain SIP bytes from the provider (TLS already taken off).</summary>
    public GatewayDrop HandleUpstreamData(Instant now, UpstreamId upstream, ReadOnlySpan<byte> bytes)
    {
        if (_accounts.FindByUpstream(upstream) is not { Upstream.IsReady: true } account)
        {
            return Finish(now, GatewayDrop.UnknownId);
        }

        GatewayDrop drop = account.Options.Transport == UpstreamTransport.Udp
            ? TakeDatagram(now, account, bytes)
            : TakeStream(now, account, bytes);
        return Finish(now, drop);
    }

    /// <summary>The connection could not be made, or is gone.</summary>
    public void HandleUpstreamClosed(Instant now, UpstreamId upstream, GatewayFailure reason)
    {
        if (_accounts.FindByUpstream(upstream) is { } account)
        {
            _core.Providers.HandleTransportFailure(account.Upstream.Peer);
            Apply(now, account, account.Upstream.HandleClosed(now, reason));
        }

        Drain(now);
    }

    /// <summary>The exit bound <paramref name="exitEven"/> for RTP and the port above for RTCP.</summary>
    public void HandleAssociated(Instant now, CallMediaId media, PeerAddress exitEven)
    {
        if (_core.NetworkMedia.TryGetValue(media, out GatewayCall? call))
        {
            call.Media.HandleAssociated(now, exitEven);
            TellMediaReady(now, call);
        }

        Drain(now);
    }

    /// <summary>The association could not be made, or is gone.</summary>
    public void HandleAssociationLost(Instant now, CallMediaId media, GatewayFailure reason)
    {
        if (_core.NetworkMedia.TryGetValue(media, out GatewayCall? call))
        {
            call.Media.ForgetAssociation();
            call.HandleMediaLost(now, reason);
        }

        Drain(now);
    }

    /// <summary>The next tick of the path that carries a call's media. (MEDIA.GRID, NODE.TICK)</summary>
    public void AlignMedia(CallMediaId media, Instant nextTick)
    {
        if (_core.NetworkMedia.TryGetValue(media, out GatewayCall? call))
        {
            call.Media.AlignTick(nextTick);
        }
    }

    /// <summary>One packet that reached the exit from <paramref name="source"/>.</summary>
    public GatewayDrop HandleNetworkMedia(Instant now, CallMediaId media, bool isRtcp, PeerAddress source, ReadOnlySpan<byte> packet)
    {
        GatewayDrop drop = _core.NetworkMedia.TryGetValue(media, out GatewayCall? call)
            ? call.Media.HandleNetwork(now, isRtcp, source, packet)
            : GatewayDrop.UnknownId;
        return drop == GatewayDrop.None ? drop : Drops.Count(drop);
    }

    /// <summary>Ends every call and registration: BYE both ways, then everything is released. Poll until PollTimeout says never.</summary>
    public void Shutdown(Instant now)
    {
        if (_closing.IsNever && !_isClosed)
        {
            _closing = now + s_shutdownPatience;
            for (int index = 0; index < _core.Exchanges.Count; index++)
            {
                _core.Exchanges[index].Shutdown(now);
            }
        }

        Drain(now);
    }

    public void HandleTimeout(Instant now)
    {
        if (_isClosed)
        {
            return;
        }

        _core.Phones.HandleTimeout(now);
        _core.Providers.HandleTimeout(now);
        for (int index = 0; index < _core.Exchanges.Count; index++)
        {
            if (_core.Exchanges[index].Deadline <= now)
            {
                _core.Exchanges[index].HandleTimeout(now);
            }
        }

        foreach (GatewayAccount account in _accounts.All)
        {
            Apply(now, account, account.Upstream.HandleTimeout(now));
        }

        Drain(now);
    }

    public bool PollTransmit(Instant now, Span<byte> destination, out Transmit transmit) => _phones.PollTransmit(destination, out transmit);

    public bool PollEvent(out GatewayEvent nodeEvent) => _core.PollEvent(out nodeEvent);

    public Instant PollTimeout()
    {
        if (_isClosed)
        {
            return Instant.Never;
        }

        Instant next = Instant.Min(_closing, Instant.Min(_core.Phones.PollTimeout(), _core.Providers.PollTimeout()));
        foreach (Exchange exchange in _core.Exchanges)
        {
            next = Instant.Min(next, exchange.Deadline);
        }

        foreach (GatewayAccount account in _accounts.All)
        {
            next = Instant.Min(next, Instant.Min(account.Upstream.Deadline, account.NextCare));
        }

        return next;
    }

    private GatewayDrop Finish(Instant now, GatewayDrop drop)
    {
        Drain(now);
        return drop == GatewayDrop.None ? drop : Drops.Count(drop);
    }

    private GatewayDrop TakeDatagram(Instant now, GatewayAccount account, ReadOnlySpan<byte> datagram)
    {
        SipParse result = SipMessage.TryParse(datagram, out SipMessage? message, out SipRefusal? refusal);
        return result == SipParse.KeepAlive ? GatewayDrop.KeepAlive : TakeMessage(now, account, message, refusal);
    }

    private GatewayDrop TakeStream(Instant now, GatewayAccount account, ReadOnlySpan<byte> bytes)
    {
        GatewayDrop drop = account.Upstream.Append(bytes);
        bool isBroken = false;
        while (account.Upstream.TryTakeMessage(out SipMessage? message, out SipRefusal? refusal, out isBroken))
        {
            drop = TakeMessage(now, account, message, refusal);
        }

        if (isBroken)
        {
            _core.Providers.HandleTransportFailure(account.Upstream.Peer);
            Apply(now, account, account.Upstream.Break(now, GatewayFailure.Closed));
            return GatewayDrop.Malformed;
        }

        return drop;
    }

    private GatewayDrop TakeMessage(Instant now, GatewayAccount account, SipMessage? message, SipRefusal? refusal)
    {
        SipPeer peer = account.Upstream.Peer;
        if (message is null)
        {
            if (refusal is not null)
            {
                _core.Providers.HandleRefusal(peer, refusal);
            }

            return GatewayDrop.Malformed;
        }

        return _core.Providers.HandleMessage(now, peer, message) switch
        {
            SipDrop.StrayAck => GatewayDrop.StrayAck,
            SipDrop.NoTransaction or SipDrop.WrongSentBy or SipDrop.TooManyVias => GatewayDrop.StrayResponse,
            SipDrop.TooManyTransactions => GatewayDrop.LimitReached,
            _ => GatewayDrop.None,
        };
    }

    private void TellMediaReady(Instant now, GatewayCall call)
    {
        if (call is OutgoingCall outgoing)
        {
            outgoing.HandleMediaReady(now);
        }
        else if (call is IncomingCall incoming)
        {
            incoming.HandleMediaReady(now);
        }
    }

    // Those who wait for an account's upstream hear of it in the order in which they began.
    private void Apply(Instant now, GatewayAccount account, UpstreamChange change)
    {
        if (change == UpstreamChange.PathLost)
        {
            account.BeginEra();
        }

        bool lost = change is UpstreamChange.PathLost or UpstreamChange.ConnectionLost;
        if (lost && account.Binding is not null)
        {
            account.Binding = account.Binding with { ProviderExpiry = Instant.Zero };
            _core.Emit(new RegistrationChanged(account.Id, false, account.Upstream.LastFailure));
        }

        int count = change == UpstreamChange.None ? 0 : _core.Exchanges.Count;
        for (int index = 0; index < count; index++)
        {
            Exchange exchange = _core.Exchanges[index];
            if (exchange.Account == account && !exchange.IsDone)
            {
                Tell(now, exchange, account, change);
            }
        }
    }

    private static void Tell(Instant now, Exchange exchange, GatewayAccount account, UpstreamChange change)
    {
        switch (change)
        {
            case UpstreamChange.PathReady:
                exchange.HandlePathReady(now);
                break;
            case UpstreamChange.Ready:
                exchange.HandleUpstreamReady(now);
                break;
            default:
                exchange.HandleUpstreamLost(now, account.Upstream.LastFailure, change == UpstreamChange.PathLost);
                break;
        }
    }

    private void Drain(Instant now)
    {
        bool any = true;
        while (any)
        {
            any = false;
            while (_core.Phones.PollEvent(out SipEvent phone))
            {
                any = true;
                DispatchPhone(now, in phone);
            }

            while (_core.Providers.PollEvent(out SipEvent provider))
            {
                any = true;
                DispatchProvider(now, in provider);
            }

            any |= _core.RemoveDone() > 0;
        }

        _phones.Flush();
        while (_core.Providers.PollTransmit(out SipTransmit transmit))
        {
            _core.Emit(new SendUpstream(new UpstreamId((int)transmit.To.Connection), transmit.Octets));
        }

        Care(now);
    }

    private void DispatchPhone(Instant now, in SipEvent sipEvent)
    {
        Exchange? user = _core.FindPhoneUser(sipEvent.Transaction);
        if (sipEvent.Kind == SipEventKind.Request && _closing.IsNever)
        {
            _phoneRequests.Handle(now, in sipEvent);
        }
        else if (sipEvent.Kind == SipEventKind.Request)
        {
            _core.RespondPhone(now, sipEvent.Transaction,
                PhoneTemplate.Unavailable(sipEvent.Request, GatewayFailure.Closed, _core.Entropy));
        }
        else
        {
            user?.HandlePhone(now, in sipEvent);
        }

        if (sipEvent.Kind == SipEventKind.Terminated)
        {
            _core.ForgetPhone(sipEvent.Transaction);
        }
    }

    private void DispatchProvider(Instant now, in SipEvent sipEvent)
    {
        if (sipEvent.Kind == SipEventKind.Request)
        {
            _providerRequests.Handle(now, in sipEvent);
        }
        else
        {
            _core.FindProviderUser(sipEvent.Transaction)?.HandleProvider(now, in sipEvent);
        }

        if (sipEvent.Kind == SipEventKind.Terminated)
        {
            _core.ForgetProvider(sipEvent.Transaction);
        }
    }

    // Paths that nobody needs are given back; those that somebody waits for are asked for again after a pause.
    private void Care(Instant now)
    {
        if (_closing <= now || (!_closing.IsNever && _core.Exchanges.Count == 0))
        {
            Close();
            return;
        }

        foreach (GatewayAccount account in _accounts.All)
        {
            bool needed = account.IsRegisteredLocally(now);
            for (int index = 0; index < _core.Exchanges.Count && !needed; index++)
            {
                needed = _core.Exchanges[index].Account == account;
            }

            account.Care(now, needed && _closing.IsNever, needed);
        }
    }

    private void Close()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        foreach (GatewayAccount account in _accounts.All)
        {
            account.Upstream.Release();
        }
    }
}
