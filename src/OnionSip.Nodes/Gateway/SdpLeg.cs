using System;
using OnionSip.Machines;
using OnionSip.Media;

namespace OnionSip.Nodes;

/// <summary>Offer and answer with one side of a call; every description of ours is the canonical one. (SIP.RULE-10, MEDIA.OFFER)</summary>
internal sealed class SdpLeg
{
    private SdpOrigin _origin;
    private SdpSession? _offered;
    private bool _hasDescribed;

    public SdpLeg(PeerAddress local, Entropy entropy)
    {
        Local = local;
        _origin = SdpOrigin.Create(entropy, local.Address);
    }

    public PeerAddress Local { get; }

    /// <summary>What is agreed; null before.</summary>
    public SdpAudio? Audio { get; private set; }

    /// <summary>True when the audio line was offered by this side and answered by us.</summary>
    public bool IsAnswerer { get; private set; }

    /// <summary>What the phone's or provider's last description was, as read.</summary>
    public SdpSession? LastRemote { get; private set; }

    public SdpDirection Direction => Audio?.Direction ?? SdpDirection.SendReceive;

    /// <summary>An offer of ours.</summary>
    public byte[] Offer(SdpDirection direction)
    {
        _offered = SdpOffer.Canonical(Describe(direction));
        return _offered.Write();
    }

    /// <summary>Reads the answer to our last offer.</summary>
    public SdpRefusal ReadAnswer(ReadOnlySpan<byte> body)
    {
        if (_offered is null || SdpSession.TryParse(body, out SdpSession? answer) != SdpParse.Accepted)
        {
            return SdpRefusal.BadAnswer;
        }

        LastRemote = answer;
        SdpRefusal refusal = SdpAnswer.Read(_offered, answer!, out SdpAudio? audio);
        if (audio is not null && refusal == SdpRefusal.None)
        {
            Audio = audio;
            IsAnswerer = false;
        }

        return refusal;
    }

    /// <summary>Reads an offer before anything of ours is there to answer it; the direction is its writer's.</summary>
    public static SdpRefusal Check(ReadOnlySpan<byte> body, out SdpSession? offer, out SdpDirection direction)
    {
        direction = SdpDirection.SendReceive;
        if (SdpSession.TryParse(body, out offer) != SdpParse.Accepted)
        {
            return SdpRefusal.NoAudio;
        }

        SdpLocal nobody = new(new SdpOrigin("-", "0", "0", "IN", "IP4", "0.0.0.0"), IpAddress.FromIPv4(0), 0);
        SdpRefusal refusal = SdpAnswer.For(offer!, nobody, out _, out SdpAudio? audio);
        if (audio is not null)
        {
            direction = offer!.DirectionOf(offer.Media[audio.MediaIndex]);
        }

        return refusal;
    }

    /// <summary>Answers an offer; what we want is <paramref name="wanted"/>.</summary>
    public SdpRefusal Answer(SdpSession offer, SdpDirection wanted, out byte[] answer)
    {
        answer = [];
        SdpRefusal refusal = SdpAnswer.For(offer, Describe(wanted), out SdpSession? ours, out SdpAudio? audio);
        if (refusal == SdpRefusal.None && ours is not null && audio is not null)
        {
            Audio = audio;
            IsAnswerer = true;
            answer = ours.Write();
        }

        return refusal;
    }

    /// <summary>What the media anchor needs to know of this side.</summary>
    public LegFormat Format()
    {
        if (Audio is not { } audio)
        {
            return LegFormat.Closed;
        }

        G711Law law = audio.Codec.Is("PCMA", 8_000) ? G711Law.A : G711Law.Mu;
        int frame = audio.PacketTime is 10 or 20 or 30 or 60 ? audio.PacketTime : 20;
        int eventFrom = audio.TelephoneEvent is null ? -1 : IsAnswerer ? audio.TelephoneEvent.Value : SdpOffer.TelephoneEventType;
        return new LegFormat(
            law,
            audio.Codec.PayloadType,
            audio.ReceivePayloadType,
            audio.TelephoneEvent ?? -1,
            eventFrom,
            frame,
            audio.Direction.HasFlag(SdpDirection.SendOnly),
            audio.Direction.HasFlag(SdpDirection.ReceiveOnly));
    }

    private SdpLocal Describe(SdpDirection direction)
    {
        _origin = _hasDescribed ? _origin.Next() : _origin;
        _hasDescribed = true;
        return new SdpLocal(_origin, Local.Address, Local.Port, direction);
    }
}
