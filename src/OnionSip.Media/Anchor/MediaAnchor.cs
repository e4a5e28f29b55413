using System;
using OnionSip.Machines;

namespace OnionSip.Media;

/// <summary>The media of one call: a leg to the phone and a leg to the exit, and nothing in common but the sound. (MEDIA.ANCHOR)</summary>
/// <remarks>
/// States:  the legs' formats, <see cref="LegFormat.Closed"/> at first; <see cref="Close"/> ends both.
/// Timers:  the tick, every 20 ms from construction to <see cref="Close"/>; one RTCP report for each leg.
/// Bounds:  all queues fixed; nothing is allocated for a packet. After a stall at most <see cref="MaxTicksAtOnce"/> ticks are made up.
/// Drops:   <see cref="MediaDrop"/>.
/// Order:   after every input poll both legs, then the timeout.
/// </remarks>
public sealed class MediaAnchor
{
    /// <summary>media.tick.</summary>
    public const int TickMilliseconds = 20;

    /// <summary>media.max_ticks_at_once.</summary>
    public const int MaxTicksAtOnce = 3;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(TickMilliseconds);

    private readonly MediaOutbox _toPhone = new();
    private readonly MediaOutbox _toNetwork = new();
    private readonly RtpReception _fromPhone = new();
    private readonly RtpReception _fromNetwork = new();
    private readonly PhoneSender _phoneSender;
    private readonly NetworkSender _networkSender;
    private readonly RtcpSession _phoneRtcp;
    private readonly RtcpSession _networkRtcp;
    private LegFormat _phone = LegFormat.Closed;
    private LegFormat _network = LegFormat.Closed;
    private PeerAddress _networkPeer;
    private Instant _nextTick;
    private long _headersStripped;
    private long _phoneReports;
    private bool _isAligned;
    private bool _isClosed;

    public MediaAnchor(Instant now, Entropy entropy)
    {
        _phoneSender = new PhoneSender(entropy);
        _networkSender = new NetworkSender(entropy);
        _phoneRtcp = new RtcpSession(now, _phoneSender.Ssrc, entropy);
        _networkRtcp = new RtcpSession(now, _networkSender.Ssrc, entropy);
        _nextTick = now + s_tick;
    }

    public DropCounters<MediaDrop> Drops { get; } = new();

    /// <summary>True once an RTP or RTCP packet of the far side was taken.</summary>
    public bool HasHeardNetwork { get; private set; }

    public MediaFigures Figures => new(
        _networkSender.FramesSent,
        _networkSender.SilenceSent,
        _phoneSender.Frames,
        _fromNetwork.Late,
        _fromNetwork.Missing,
        _networkSender.Slips,
        _headersStripped,
        _phoneReports);

    /// <summary>What is agreed with the phone from now on.</summary>
    public void SetPhone(in LegFormat format)
    {
        _phone = format;
        if (!format.Receives)
        {
            _networkSender.Clear();
        }
    }

    /// <summary>What is agreed with the far side, and the address its media comes from and goes to.</summary>
    public void SetNetwork(in LegFormat format, PeerAddress peer)
    {
        if (format.Law != _network.Law)
        {
            _networkSender.Clear();
        }

        _network = format;
        _networkPeer = peer;
    }

    /// <summary>One packet of the phone; the caller has checked whose it is.</summary>
    public MediaDrop HandlePhone(Instant now, bool isRtcp, ReadOnlySpan<byte> packet)
    {
        if (isRtcp)
        {
            _phoneReports++;
            return HandleRtcp(now, _phoneRtcp, _phoneSender.Ssrc, packet);
        }

        if (RtpPacket.TryParse(packet, out RtpPacket rtp) != RtpParse.Accepted)
        {
            return Drops.Count(MediaDrop.Malformed);
        }

        _headersStripped += rtp.HasExtras ? 1 : 0;
        if (!_phone.Receives)
        {
            return Drops.Count(MediaDrop.NotNow);
        }

        int step = _fromPhone.Handle(now, in rtp, out _);
        if (rtp.PayloadType == _phone.EventFrom)
        {
            return Drops.Count(_networkSender.HandleEvent(in rtp));
        }

        if (!_phone.TryGetLaw(rtp.PayloadType, out G711Law law))
        {
            return Drops.Count(MediaDrop.UnknownPayload);
        }

        return Drops.Count(step <= 0 ? MediaDrop.Old : _networkSender.HandleAudio(in rtp, law, _network.Law));
    }

    /// <summary>
    /// One packet that reached the exit; its address must be the far side's, its port may differ (RFC 4961 is not kept by all).
    /// </summary>
    public MediaDrop HandleNetwork(Instant now, bool isRtcp, PeerAddress source, ReadOnlySpan<byte> packet)
    {
        if (source.Address != _networkPeer.Address)
        {
            return Drops.Count(MediaDrop.ForeignSource);
        }

        if (isRtcp)
        {
            MediaDrop result = HandleRtcp(now, _networkRtcp, _networkSender.Ssrc, packet);
            HasHeardNetwork |= result == MediaDrop.None;
            return result;
        }

        if (RtpPacket.TryParse(packet, out RtpPacket rtp) != RtpParse.Accepted)
        {
            return Drops.Count(MediaDrop.Malformed);
        }

        HasHeardNetwork = true;
        bool isEvent = rtp.PayloadType == _network.EventFrom;
        if (!_network.TryGetLaw(rtp.PayloadType, out G711Law law) && !isEvent)
        {
            return Drops.Count(MediaDrop.UnknownPayload);
        }

        if (rtp.Payload.Length > (isEvent ? 64 : Repacketiser.Capacity / 2))
        {
            return Drops.Count(MediaDrop.TooLong);
        }

        int step = _fromNetwork.Handle(now, in rtp, out bool restarted);
        if (!_network.Receives || !_phone.Sends || (isEvent && _phone.EventTo < 0))
        {
            return Drops.Count(MediaDrop.NotNow);
        }

        Pass(now, in rtp, isEvent ? null : law, step, restarted);
        return MediaDrop.None;
    }

    /// <summary>
    /// The ticks are those of the voice path from now on: what one makes leaves with it, and none is made up for. (MEDIA.GRID)
    /// </summary>
    public void AlignTick(Instant next)
    {
        _isAligned = true;
        _nextTick = next;
    }

    public void HandleTimeout(Instant now)
    {
        if (_isClosed)
        {
            return;
        }

        if (_isAligned)
        {
            for (; _nextTick + s_tick <= now; _nextTick += s_tick)
            {
                _networkSender.SkipTick();
            }
        }

        for (int ticks = 0; ticks < MaxTicksAtOnce && _nextTick <= now; ticks++)
        {
            _networkSender.Tick(_toNetwork, in _network, HasHeardNetwork);
            _nextTick += s_tick;
        }

        while (_nextTick <= now)
        {
            _nextTick += s_tick;
        }

        Report(now, _phoneRtcp, _phoneSender.Sent, _fromPhone, _toPhone, _phone.Sends || _phone.Receives);
        Report(now, _networkRtcp, _networkSender.Sent, _fromNetwork, _toNetwork, _network.Sends || _network.Receives);
    }

    /// <summary>Says goodbye on both legs and stops the tick.</summary>
    public void Close(Instant now)
    {
        if (!_isClosed)
        {
            _isClosed = true;
            WriteReport(now, _phoneRtcp, _phoneSender.Sent, _fromPhone, _toPhone, goodbye: true);
            WriteReport(now, _networkRtcp, _networkSender.Sent, _fromNetwork, _toNetwork, goodbye: true);
        }
    }

    public Instant PollTimeout() =>
        _isClosed ? Instant.Never : Instant.Min(_nextTick, Instant.Min(_phoneRtcp.NextReport, _networkRtcp.NextReport));

    /// <summary>Takes one packet for the phone.</summary>
    public bool PollPhone(Span<byte> destination, out bool isRtcp, out int bytes) => _toPhone.TryTake(destination, out isRtcp, out bytes);

    /// <summary>Takes one packet for the far side.</summary>
    public bool PollNetwork(Span<byte> destination, out bool isRtcp, out int bytes) =>
        _toNetwork.TryTake(destination, out isRtcp, out bytes);

    private void Pass(Instant now, in RtpPacket rtp, G711Law? law, int step, bool restarted)
    {
        if (law is { } audio)
        {
            _phoneSender.HandleAudio(now, in rtp, audio, in _phone, step, restarted, _toPhone);
        }
        else
        {
            _phoneSender.HandleEvent(now, in rtp, in _phone, step, restarted, _toPhone);
        }
    }

    private MediaDrop HandleRtcp(Instant now, RtcpSession session, uint ownSsrc, ReadOnlySpan<byte> packet)
    {
        if (RtcpCompound.TryParse(packet, ownSsrc, out RtcpCompound compound) != RtpParse.Accepted)
        {
            return Drops.Count(MediaDrop.Malformed);
        }

        session.HandleReport(now, in compound);
        return MediaDrop.None;
    }

    private static void Report(Instant now, RtcpSession session, in RtcpSent sent, RtpReception reception, MediaOutbox outbox, bool isOpen)
    {
        if (session.NextReport > now)
        {
            return;
        }

        session.ScheduleNext(now);
        if (isOpen)
        {
            WriteReport(now, session, in sent, reception, outbox, goodbye: false);
        }
    }

    private static void WriteReport(
        Instant now, RtcpSession session, in RtcpSent sent, RtpReception reception, MediaOutbox outbox, bool goodbye) =>
        outbox.Commit(session.Write(outbox.Next(), now, in sent, reception, goodbye), isRtcp: true);
}
