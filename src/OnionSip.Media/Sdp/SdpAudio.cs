using OnionSip.Machines;

namespace OnionSip.Media;

/// <summary>What offer and answer agree on for the one audio line, seen from our side. (MEDIA.ANSWER)</summary>
/// <param name="MediaIndex">The line's place in the description.</param>
/// <param name="Codec">The first common codec; its payload type is the one that the peer wants to receive.</param>
/// <param name="ReceivePayloadType">The payload type that the peer sends with.</param>
/// <param name="TelephoneEvent">
/// The payload type that the peer wants for RFC 4733 events; null when it wants none.
/// </param>
/// <param name="Direction">From our side.</param>
/// <param name="RemoteHost">Where the peer wants media, as written: usually an address, possibly a name.</param>
/// <param name="RemotePort">RTP.</param>
/// <param name="RemoteRtcpPort">RTCP: as stated, else RTP + 1; the RTP port when multiplexed.</param>
/// <param name="PacketTime">Milliseconds that the peer asks for; 20 when it does not say.</param>
/// <param name="RemoteCrypto">The peer's SDES line that is in force; null for plain RTP.</param>
public sealed record SdpAudio(
    int MediaIndex,
    SdpCodec Codec,
    int ReceivePayloadType,
    int? TelephoneEvent,
    SdpDirection Direction,
    string RemoteHost,
    ushort RemotePort,
    ushort RemoteRtcpPort,
    int PacketTime,
    SdpCrypto? RemoteCrypto)
{
    /// <summary>The remote address; false when it is a name.</summary>
    public bool TryGetRemote(out PeerAddress remote)
    {
        bool isAddress = IpAddress.TryParse(RemoteHost, out IpAddress address);
        remote = new PeerAddress(address, RemotePort);
        return isAddress;
    }

    public override string ToString() => "[audio]";
}

/// <summary>Why there is no audio. (MEDIA.ANSWER)</summary>
public enum SdpRefusal : byte
{
    None = 0,

    /// <summary>No audio line that is open.</summary>
    NoAudio,

    /// <summary>No line with PCMA or PCMU: 488.</summary>
    NoCommonCodec,

    /// <summary>A transport other than RTP/AVP, or secured where that is not set up: 488.</summary>
    BadTransport,

    /// <summary>No c= line covers the audio line.</summary>
    NoConnection,

    /// <summary>The answer has other lines than the offer, or a codec that was not offered.</summary>
    BadAnswer,
}

/// <summary>Our side of the audio line. (MEDIA.OFFER)</summary>
/// <param name="Origin">The o= line; the caller advances it for every changed description.</param>
/// <param name="Address">What c= shows.</param>
/// <param name="Port">Even.</param>
/// <param name="Direction">What we want.</param>
/// <param name="Crypto">Our SDES line; null for plain RTP.</param>
public sealed record SdpLocal(
    SdpOrigin Origin,
    IpAddress Address,
    ushort Port,
    SdpDirection Direction = SdpDirection.SendReceive,
    SdpCrypto? Crypto = null)
{
    public override string ToString() => "[local]";
}
