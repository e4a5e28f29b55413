using System.Globalization;

namespace OnionSip.Media;

/// <summary>The one offer that leaves the gateway, whatever phone stands behind it. (MEDIA.OFFER)</summary>
public static class SdpOffer
{
    /// <summary>Payload type of RFC 4733 events in our offers.</summary>
    public const int TelephoneEventType = 101;

    /// <summary>The packet time of everything, in milliseconds: sdp.packet_time.</summary>
    public const int PacketTime = 20;

    /// <summary>PCMA, PCMU and telephone-event at 20 ms, one audio line, no ICE.</summary>
    public static SdpSession Canonical(SdpLocal local)
    {
        SdpSession session = Empty(local);
        string protocol = local.Crypto is null ? "RTP/AVP" : "RTP/SAVP";
        MediaDescription media = new("audio", local.Port, protocol, ["8", "0", "101"]);
        AddCodec(media, new SdpCodec(8, "PCMA", 8_000));
        AddCodec(media, new SdpCodec(0, "PCMU", 8_000));
        AddTelephoneEvent(media, TelephoneEventType);
        AddTail(media, local, local.Direction);
        session.Media.Add(media);
        return session;
    }

    internal static SdpSession Empty(SdpLocal local) =>
        new(local.Origin) { Connection = SdpConnection.Of(local.Address) };

    internal static void AddCodec(MediaDescription media, SdpCodec codec) =>
        media.Add("rtpmap", string.Create(
            CultureInfo.InvariantCulture, $"{codec.PayloadType} {codec.Name}/{codec.ClockRate}"));

    internal static void AddTelephoneEvent(MediaDescription media, int payloadType)
    {
        AddCodec(media, new SdpCodec(payloadType, "telephone-event", 8_000));
        media.Add("fmtp", string.Create(CultureInfo.InvariantCulture, $"{payloadType} 0-15"));
    }

    internal static void AddTail(MediaDescription media, SdpLocal local, SdpDirection direction)
    {
        media.Add("ptime", PacketTime.ToString(CultureInfo.InvariantCulture));
        media.Add(SdpDirections.Word(direction));
        if (local.Crypto is not null)
        {
            media.Add("crypto", local.Crypto.Reveal());
        }
    }
}
