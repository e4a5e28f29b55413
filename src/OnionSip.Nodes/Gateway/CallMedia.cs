using System;
using OnionSip.Machines;
using OnionSip.Media;

namespace OnionSip.Nodes;

/// <summary>
/// The media side of one call: local sockets, association, both descriptions, the anchor between them. (SIP.GATEWAY.MEDIA)
/// </summary>
/// <remarks>
/// Timers: the anchor's tick and reports, from the moment both ends are open until <see cref="Close"/>.
/// Rule:   nothing leaves before the far side's description named an address and consent for it was given (SIP.RULE-9).
/// </remarks>
internal sealed class CallMedia
{
    private readonly GatewayCore _core;
    private readonly GatewayCall _call;
    private readonly LocalMediaId _localId;
    private CallMediaId _networkId;
    private MediaAnchor? _anchor;
    private PeerAddress _phoneRtp;
    private PeerAddress _phoneRtcp;
    private PeerAddress _latchedRtp;
    private PeerAddress _latchedRtcp;
    private PeerAddress _networkRtp;
    private PeerAddress _networkRtcp;
    private bool _isAssociating;
    private bool _isClosed;

    public CallMedia(GatewayCore core, GatewayCall call)
    {
        _core = core;
        _call = call;
        _localId = new LocalMediaId(core.NextId());
        core.LocalMedia.Add(_localId, call);
        core.Emit(new OpenLocalMedia(_localId));
    }

    public LocalMediaId LocalId => _localId;

    public CallMediaId NetworkId => _networkId;

    /// <summary>Null until the local sockets are open.</summary>
    public SdpLeg? Phone { get; private set; }

    /// <summary>Null until the exit has bound its ports.</summary>
    public SdpLeg? Network { get; private set; }

    public bool IsOpen => Phone is not null && Network is not null;

    public Instant Deadline => _anchor?.PollTimeout() ?? Instant.Never;

    public CallFigures Figures
    {
        get
        {
            MediaFigures figures = _anchor?.Figures ?? default;
            return new CallFigures(
                figures.FramesSent, figures.SilenceSent, figures.FramesReceived, figures.FramesLate, figures.FramesMissing, figures.Slips);
        }
    }

    /// <summary>What of the phone's media was stripped.</summary>
    public void CountLeaks(LeakReport report)
    {
        MediaFigures figures = _anchor?.Figures ?? default;
        report.Count(LeakClass.RtpHeader, figures.HeadersStripped);
        report.Count(LeakClass.Rtcp, figures.PhoneRtcp);
    }

    public void HandleLocalOpened(PeerAddress even) => Phone ??= new SdpLeg(even, _core.Entropy);

    /// <summary>Asks for an association once there is a path.</summary>
    public void Associate(GatewayPathId path, bool isIPv6)
    {
        if (!_isAssociating && !_isClosed)
        {
            _isAssociating = true;
            _networkId = new CallMediaId(_core.NextId());
            _core.NetworkMedia.Add(_networkId, _call);
            _core.Emit(new Associate(_networkId, _call.Id, path, isIPv6));
        }
    }

    public void HandleAssociated(Instant now, PeerAddress exitEven)
    {
        if (Network is null && !_isClosed)
        {
            Network = new SdpLeg(exitEven, _core.Entropy);
            _anchor = new MediaAnchor(now, _core.Entropy);
        }
    }

    /// <summary>The association is gone: it need not be released.</summary>
    public void ForgetAssociation() => _isAssociating = false;

    /// <summary>Takes what both sides have agreed by now; consent for a new far address is asked for first.</summary>
    public bool Apply(Instant now)
    {
        if (_anchor is null || _isClosed)
        {
            return false;
        }

        if (Network?.Audio is { } far && far.TryGetRemote(out PeerAddress rtp))
        {
            bool moved = rtp != _networkRtp || far.RemoteRtcpPort != _networkRtcp.Port;
            _networkRtp = rtp;
            _networkRtcp = rtp with { Port = far.RemoteRtcpPort };
            if (moved)
            {
                PeerAddress[] endpoints = _networkRtcp == _networkRtp ? [_networkRtp] : [_networkRtp, _networkRtcp];
                _core.Emit(new Consent(_networkId, endpoints));
            }

            _anchor.SetNetwork(Network.Format(), rtp);
        }

        if (Phone?.Audio is { } near && near.TryGetRemote(out PeerAddress phone))
        {
            phone = OnThisMachine(phone);
            bool moved = phone != _phoneRtp;
            _latchedRtp = moved ? default : _latchedRtp;
            _latchedRtcp = moved ? default : _latchedRtcp;
            _phoneRtp = phone;
            _phoneRtcp = phone with { Port = near.RemoteRtcpPort };
            _anchor.SetPhone(Phone.Format());
        }

        HandleTimeout(now);
        return true;
    }

    /// <summary>The next tick of the path that carries this call. (MEDIA.GRID)</summary>
    public void AlignTick(Instant next) => _anchor?.AlignTick(next);

    public GatewayDrop HandlePhone(Instant now, bool isRtcp, PeerAddress from, ReadOnlySpan<byte> packet)
    {
        if (_anchor is null || Phone?.Audio is null)
        {
            return GatewayDrop.EarlyMedia;
        }

        if (!IsPhone(from, ref isRtcp ? ref _latchedRtcp : ref _latchedRtp))
        {
            return GatewayDrop.ForeignMedia;
        }

        _call.NotePhone(now);
        MediaDrop drop = _anchor.HandlePhone(now, isRtcp, packet);
        Drain();
        return Translate(drop);
    }

    public GatewayDrop HandleNetwork(Instant now, bool isRtcp, PeerAddress source, ReadOnlySpan<byte> packet)
    {
        if (_anchor is null || Network?.Audio is null)
        {
            return GatewayDrop.EarlyMedia;
        }

        MediaDrop drop = _anchor.HandleNetwork(now, isRtcp, source, packet);
        Drain();
        return Translate(drop);
    }

    public void HandleTimeout(Instant now)
    {
        if (_anchor is not null && !_isClosed)
        {
            _anchor.HandleTimeout(now);
            Drain();
        }
    }

    /// <summary>Says goodbye on both legs and gives sockets and association back.</summary>
    public void Close(Instant now)
    {
        if (_isClosed)
        {
            return;
        }

        _anchor?.Close(now);
        Drain();
        _isClosed = true;
        _core.LocalMedia.Remove(_localId);
        _core.NetworkMedia.Remove(_networkId);
        _core.Emit(new CloseLocalMedia(_localId));
        if (_isAssociating)
        {
            _core.Emit(new ReleaseAssociation(_networkId));
        }
    }

    // A phone that learnt a public or LAN address (STUN, ICE, its first interface) describes that: media goes to where its signalling
    // comes from all the same, because a packet to any other machine would be a direct one.
    private PeerAddress OnThisMachine(PeerAddress phone)
    {
        bool confined = _call.Phone.Address.Address.IsLoopback() && !phone.Address.IsLoopback();
        return confined ? phone with { Address = _call.Phone.Address.Address } : phone;
    }

    // A phone whose sockets are bound to no address sends from 127.0.0.1 whatever its description says: on loopback the first sender holds.
    private bool IsPhone(PeerAddress from, ref PeerAddress latched)
    {
        if (from.Address == _phoneRtp.Address)
        {
            return true;
        }

        bool local = from.Address.IsLoopback() && _phoneRtp.Address.IsLoopback();
        latched = local && latched == default ? from : latched;
        return local && latched == from;
    }

    private static GatewayDrop Translate(MediaDrop drop) => drop switch
    {
        MediaDrop.None => GatewayDrop.None,
        MediaDrop.ForeignSource => GatewayDrop.ForeignMedia,
        MediaDrop.NotNow => GatewayDrop.EarlyMedia,
        _ => GatewayDrop.BadMedia,
    };

    private void Drain()
    {
        if (_anchor is null)
        {
            return;
        }

        Span<byte> packet = stackalloc byte[RtpPacket.MaxBytes];
        while (_anchor.PollPhone(packet, out bool isRtcp, out int bytes))
        {
            if (_phoneRtp.Port != 0)
            {
                _core.Emit(new SendPhoneMedia(_localId, isRtcp, isRtcp ? _phoneRtcp : _phoneRtp, packet[..bytes].ToArray()));
            }
        }

        while (_anchor.PollNetwork(packet, out bool isRtcp, out int bytes))
        {
            if (_networkRtp.Port != 0 && _isAssociating)
            {
                _core.Emit(new SendNetworkMedia(_networkId, isRtcp, isRtcp ? _networkRtcp : _networkRtp, packet[..bytes].ToArray()));
            }
        }
    }
}
