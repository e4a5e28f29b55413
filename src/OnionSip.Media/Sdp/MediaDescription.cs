using System;
using System.Collections.Generic;

namespace OnionSip.Media;

/// <summary>An m= line and what follows it; prints its kind alone. (MEDIA.SDP)</summary>
public sealed class MediaDescription
{
    public MediaDescription(string media, int port, string protocol, IReadOnlyList<string> formats)
    {
        Media = media;
        Port = port;
        Protocol = protocol;
        Formats = formats;
    }

    /// <summary>audio, video, image, application …</summary>
    public string Media { get; }

    /// <summary>0 refuses the line.</summary>
    public int Port { get; }

    /// <summary>RTP/AVP, RTP/SAVP, udptl …</summary>
    public string Protocol { get; }

    /// <summary>Payload types for RTP, words otherwise.</summary>
    public IReadOnlyList<string> Formats { get; }

    /// <summary>The line's own c=; null when the session's holds.</summary>
    public SdpConnection? Connection { get; set; }

    public List<SdpAttribute> Attributes { get; } = [];

    public bool IsAudio => Media == "audio";

    public bool IsRejected => Port == 0;

    /// <summary>The line's own direction; null when the session's holds.</summary>
    public SdpDirection? OwnDirection => SdpAttributes.Direction(Attributes);

    /// <summary>Milliseconds; null when not stated.</summary>
    public int? PacketTime =>
        Find("ptime") is { } text && SdpCodec.TryNumber(text.Split('.')[0].Trim(), 1_000, out int value) && value > 0
            ? value
            : null;

    /// <summary>The port of a=rtcp (RFC 3605); null when not stated.</summary>
    public int? RtcpPort =>
        Find("rtcp") is { } text && SdpCodec.TryNumber(text.Split(' ')[0], ushort.MaxValue, out int value) && value > 0
            ? value
            : null;

    public bool HasRtcpMux => Find("rtcp-mux") is not null;

    public string? Find(string attribute) => SdpAttributes.Find(Attributes, attribute);

    public MediaDescription Add(string attribute, string? value = null)
    {
        Attributes.Add(new SdpAttribute(attribute, value));
        return this;
    }

    /// <summary>The formats of an RTP line in their order; a payload type that nothing explains is left out.</summary>
    public List<SdpCodec> GetCodecs()
    {
        List<SdpCodec> codecs = [];
        foreach (string format in Formats)
        {
            if (SdpCodec.TryPayloadType(format, out int payloadType) && FindCodec(payloadType) is { } codec)
            {
                codecs.Add(codec);
            }
        }

        return codecs;
    }

    /// <summary>The a=crypto lines that parse, in their order.</summary>
    public List<SdpCrypto> GetCrypto()
    {
        List<SdpCrypto> lines = [];
        foreach (SdpAttribute attribute in Attributes)
        {
            if (attribute is { Name: "crypto", Value: { } value } && SdpCrypto.TryParse(value, out SdpCrypto? crypto))
            {
                lines.Add(crypto!);
            }
        }

        return lines;
    }

    /// <summary>The line that refuses this one: port 0, the same media, protocol and formats (RFC 3264 §6).</summary>
    public MediaDescription Reject() => new(Media, 0, Protocol, Formats);

    public override string ToString() => Media + " description";

    private SdpCodec? FindCodec(int payloadType)
    {
        SdpCodec? codec = SdpCodec.Static(payloadType);
        foreach (SdpAttribute attribute in Attributes)
        {
            if (attribute is { Name: "rtpmap", Value: { } value } && SdpCodec.TryParseMap(value, out SdpCodec? mapped)
                && mapped!.PayloadType == payloadType)
            {
                codec = mapped;
                break;
            }
        }

        return codec is null ? null : codec with { Format = FindFormat(payloadType) };
    }

    private string? FindFormat(int payloadType)
    {
        foreach (SdpAttribute attribute in Attributes)
        {
            if (attribute is { Name: "fmtp", Value: { } value })
            {
                string[] fields = value.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length == 2 && SdpCodec.TryPayloadType(fields[0], out int number) && number == payloadType)
                {
                    return fields[1];
                }
            }
        }

        return null;
    }
}
