using System.Collections.Generic;

namespace OnionSip.Media;

/// <summary>Answers an offer and reads an answer, after RFC 3264. (MEDIA.ANSWER)</summary>
/// <remarks>
/// One audio line is taken: the first that is open, reachable and has PCMA or PCMU; every other line gets port 0 in its
/// place.
/// </remarks>
public static class SdpAnswer
{
    /// <summary>
    /// Answers an offer with an answer of our own; on refusal there is none, and a call is refused with 488.
    /// </summary>
    /// <param name="offer">The peer's.</param>
    /// <param name="local">Ours; a secured line is taken only where <see cref="SdpLocal.Crypto"/> is set.</param>
    /// <param name="answer">Null on refusal.</param>
    /// <param name="audio">Null on refusal.</param>
    public static SdpRefusal For(SdpSession offer, SdpLocal local, out SdpSession? answer, out SdpAudio? audio)
    {
        answer = null;
        SdpRefusal refusal = Choose(offer, local, out audio);
        if (refusal != SdpRefusal.None || audio is null)
        {
            return refusal;
        }

        answer = SdpOffer.Empty(local);
        answer.Time = offer.Time;
        for (int index = 0; index < offer.Media.Count; index++)
        {
            MediaDescription offered = offer.Media[index];
            answer.Media.Add(index == audio.MediaIndex ? Accept(offered, local, audio) : offered.Reject());
        }

        return SdpRefusal.None;
    }

    /// <summary>Reads the answer to <paramref name="offer"/>, an offer of ours with one audio line.</summary>
    public static SdpRefusal Read(SdpSession offer, SdpSession answer, out SdpAudio? audio)
    {
        audio = null;
        if (offer.Media.Count != answer.Media.Count || answer.Media.Count == 0)
        {
            return SdpRefusal.BadAnswer;
        }

        MediaDescription ours = offer.Media[0];
        MediaDescription theirs = answer.Media[0];
        if (!theirs.IsAudio || theirs.IsRejected)
        {
            return SdpRefusal.NoAudio;
        }

        if (theirs.Protocol != ours.Protocol)
        {
            return SdpRefusal.BadTransport;
        }

        SdpCrypto? crypto = theirs.GetCrypto() is [{ } first, ..] ? first : null;
        bool secured = ours.GetCrypto().Count > 0;
        if (secured != crypto is not null || (crypto is not null && !IsAnswerTo(crypto, ours)))
        {
            return SdpRefusal.BadTransport;
        }

        SdpRefusal refusal = Describe(answer, 0, offer.DirectionOf(ours), crypto, out audio);
        if (audio is null)
        {
            return refusal;
        }

        // The answerer says with which numbers it wants to receive; what it sends bears ours (RFC 3264 §6.1).
        string name = audio.Codec.Name;
        SdpCodec? offered = ours.GetCodecs().Find(codec => codec.Is(name, 8_000));
        audio = offered is null ? null : audio with { ReceivePayloadType = offered.PayloadType };
        return offered is null ? SdpRefusal.BadAnswer : SdpRefusal.None;
    }

    private static SdpRefusal Choose(SdpSession offer, SdpLocal local, out SdpAudio? audio)
    {
        audio = null;
        SdpRefusal refusal = SdpRefusal.NoAudio;
        for (int index = 0; index < offer.Media.Count && audio is null; index++)
        {
            MediaDescription media = offer.Media[index];
            if (!media.IsAudio || media.IsRejected)
            {
                continue;
            }

            SdpCrypto? crypto = ChooseCrypto(media, local);
            bool transport = media.Protocol == "RTP/AVP" || (media.Protocol == "RTP/SAVP" && crypto is not null);
            refusal = transport ? Describe(offer, index, local.Direction, crypto, out audio) : SdpRefusal.BadTransport;
        }

        return audio is null ? refusal : SdpRefusal.None;
    }

    private static SdpCrypto? ChooseCrypto(MediaDescription media, SdpLocal local) =>
        local.Crypto is null || media.Protocol != "RTP/SAVP"
            ? null
            : media.GetCrypto().Find(crypto => crypto.Suite == local.Crypto.Suite && crypto.Parameters is null);

    private static bool IsAnswerTo(SdpCrypto crypto, MediaDescription ours) =>
        ours.GetCrypto().Exists(offered => offered.Tag == crypto.Tag && offered.Suite == crypto.Suite)
            && crypto.Parameters is null;

    private static SdpRefusal Describe(
        SdpSession remote, int index, SdpDirection wanted, SdpCrypto? crypto, out SdpAudio? audio)
    {
        audio = null;
        MediaDescription media = remote.Media[index];
        List<SdpCodec> codecs = media.GetCodecs();
        SdpCodec? codec = codecs.Find(static candidate => candidate.Is("PCMA", 8_000) || candidate.Is("PCMU", 8_000));
        if (codec is null)
        {
            return SdpRefusal.NoCommonCodec;
        }

        if (remote.ConnectionOf(media) is not { } connection)
        {
            return SdpRefusal.NoConnection;
        }

        ushort port = (ushort)media.Port;
        int rtcp = media.HasRtcpMux ? port : media.RtcpPort ?? (port == ushort.MaxValue ? port : port + 1);
        audio = new SdpAudio(
            index,
            codec,
            codec.PayloadType,
            codecs.Find(static candidate => candidate.Is("telephone-event", 8_000))?.PayloadType,
            SdpDirections.Answer(remote.DirectionOf(media), wanted),
            connection.Address,
            port,
            (ushort)rtcp,
            media.PacketTime ?? SdpOffer.PacketTime,
            crypto);
        return SdpRefusal.None;
    }

    private static MediaDescription Accept(MediaDescription offered, SdpLocal local, SdpAudio audio)
    {
        List<string> formats = [Number(audio.Codec.PayloadType)];
        if (audio.TelephoneEvent is { } eventType)
        {
            formats.Add(Number(eventType));
        }

        MediaDescription media = new("audio", local.Port, offered.Protocol, formats);
        SdpOffer.AddCodec(media, audio.Codec with { Name = audio.Codec.Name.ToUpperInvariant() });
        if (audio.TelephoneEvent is { } telephoneEvent)
        {
            SdpOffer.AddTelephoneEvent(media, telephoneEvent);
        }

        // The answer's crypto line bears the tag that was chosen (RFC 4568 §5.1.2).
        SdpCrypto? crypto = audio.RemoteCrypto is null ? null : local.Crypto! with { Tag = audio.RemoteCrypto.Tag };
        SdpOffer.AddTail(media, local with { Crypto = crypto }, audio.Direction);
        return media;
    }

    private static string Number(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
