using System.Text;
using OnionSip.Machines;
using OnionSip.Media;
using Xunit;

namespace OnionSip.Tests.Media.Sdp;

/// <summary>(MEDIA.OFFER, MEDIA.ANSWER, MEDIA.DIRECTION, MEDIA.SDES)</summary>
public sealed class SdpAnswerTests
{
    private static readonly IpAddress s_address = IpAddress.FromIPv4(0xC0000201);
    private static readonly SdpLocal s_local = new(
        new SdpOrigin("-", "77", "1", "IN", "IP4", "192.0.2.1"), s_address, 4_000);

    [Fact]
    public void Offer_IsAlwaysTheSameLines()
    {
        Assert.Equal(
            "v=0\r\no=- 77 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\n" +
            "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
            Encoding.Latin1.GetString(SdpOffer.Canonical(s_local).Write()));
    }

    [Fact]
    public void Origin_IsRandomAndCounts()
    {
        SeededEntropy entropy = new(3);
        SdpOrigin first = SdpOrigin.Create(entropy, s_address);
        Assert.NotEqual(first.SessionId, SdpOrigin.Create(entropy, s_address).SessionId);
        Assert.Equal(("-", "1", "2", first.SessionId), (
            first.User, first.Version, first.Next().Version, first.Next().SessionId));
    }

    [Fact]
    public void EveryOtherLine_IsRefusedInItsPlace()
    {
        SdpSession offer = Read("m=image 6012 udptl t38\r\nm=audio 5000 RTP/AVP 18 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\nm=video 6 RTP/AVP 31 32\r\nm=audio 5002 RTP/AVP 0\r\n");
        Assert.Equal(SdpRefusal.None, SdpAnswer.For(offer, s_local, out SdpSession? answer, out SdpAudio? audio));
        string written = Encoding.Latin1.GetString(answer!.Write());
        Assert.Contains(
            "m=image 0 udptl t38\r\nm=audio 4000 RTP/AVP 0 96\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\n" +
            "a=ptime:20\r\na=sendrecv\r\nm=video 0 RTP/AVP 31 32\r\nm=audio 0 RTP/AVP 0\r\n",
            written);
        Assert.Equal(
            (1, "PCMU", 96, 20), (audio!.MediaIndex, audio.Codec.Name, audio.TelephoneEvent, audio.PacketTime));
        Assert.True(audio.TryGetRemote(out PeerAddress remote));
        Assert.Equal("198.51.100.1:5000", remote.Reveal());
        Assert.Equal(5001, audio.RemoteRtcpPort);
    }

    [Fact]
    public void DynamicPayloadType_IsKept()
    {
        SdpSession offer = Read("m=audio 5000 RTP/AVP 100\r\na=rtpmap:100 pcma/8000\r\na=ptime:30\r\na=rtcp:5555\r\n");
        Assert.Equal(SdpRefusal.None, SdpAnswer.For(offer, s_local, out SdpSession? answer, out SdpAudio? audio));
        Assert.Contains(
            "m=audio 4000 RTP/AVP 100\r\na=rtpmap:100 PCMA/8000\r\n", Encoding.Latin1.GetString(answer!.Write()));
        Assert.Equal((100, 100, 30, (ushort)5555), (
            audio!.Codec.PayloadType, audio.ReceivePayloadType, audio.PacketTime, audio.RemoteRtcpPort));
        Assert.Null(audio.TelephoneEvent);
    }

    [Theory]
    [InlineData("m=audio 5000 RTP/AVP 18 9\r\n", SdpRefusal.NoCommonCodec)]
    [InlineData("m=audio 5000 RTP/AVP 100\r\na=rtpmap:100 PCMA/16000\r\n", SdpRefusal.NoCommonCodec)]
    [InlineData("m=audio 0 RTP/AVP 8\r\n", SdpRefusal.NoAudio)]
    [InlineData("m=video 5000 RTP/AVP 8\r\n", SdpRefusal.NoAudio)]
    [InlineData("m=audio 5000 UDP/TLS/RTP/SAVPF 8\r\n", SdpRefusal.BadTransport)]
    [InlineData(
        "m=audio 5000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n", SdpRefusal.BadTransport)]
    public void OfferWithoutAUsableLine_IsRefused(string lines, SdpRefusal expected)
    {
        Assert.Equal(expected, SdpAnswer.For(Read(lines), s_local, out SdpSession? answer, out SdpAudio? audio));
        Assert.Null(answer);
        Assert.Null(audio);
    }

    [Fact]
    public void LineWithoutConnection_IsRefused()
    {
        byte[] octets = Encoding.Latin1.GetBytes(
            "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n");
        Assert.Equal(SdpParse.Accepted, SdpSession.TryParse(octets, out SdpSession? offer));
        Assert.Equal(SdpRefusal.NoConnection, SdpAnswer.For(offer!, s_local, out _, out _));
    }

    [Theory]
    [InlineData("sendrecv", SdpDirection.SendReceive, SdpDirection.SendReceive)]
    [InlineData("sendonly", SdpDirection.SendReceive, SdpDirection.ReceiveOnly)]
    [InlineData("recvonly", SdpDirection.SendReceive, SdpDirection.SendOnly)]
    [InlineData("inactive", SdpDirection.SendReceive, SdpDirection.Inactive)]
    [InlineData("sendrecv", SdpDirection.SendOnly, SdpDirection.SendOnly)]
    [InlineData("sendonly", SdpDirection.SendOnly, SdpDirection.Inactive)]
    [InlineData("sendrecv", SdpDirection.Inactive, SdpDirection.Inactive)]
    public void Direction_IsWhatBothAllow(string offered, SdpDirection wanted, SdpDirection expected)
    {
        SdpSession offer = Read("m=audio 5000 RTP/AVP 8\r\na=" + offered + "\r\n");
        SdpAnswer.For(offer, s_local with { Direction = wanted }, out SdpSession? answer, out SdpAudio? audio);
        Assert.Equal(expected, audio!.Direction);
        Assert.Equal(expected, answer!.Media[0].OwnDirection);
    }

    [Fact]
    public void Hold_OfTheOldKind_IsAnsweredReceiveOnly()
    {
        SdpSession offer = Read("m=audio 5000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n");
        SdpAnswer.For(offer, s_local, out _, out SdpAudio? audio);
        Assert.Equal(SdpDirection.ReceiveOnly, audio!.Direction);
    }

    [Fact]
    public void SecuredLine_IsAnsweredWithItsTagAndOurKey()
    {
        SdpCrypto ours = SdpCrypto.Create(1, SdpCrypto.AesCm128Sha1Tag80, new byte[SdpCrypto.KeyAndSaltBytes]);
        SdpSession offer = Read(
            "m=audio 5000 RTP/SAVP 8\r\na=crypto:4 AES_256_CM_HMAC_SHA1_80 inline:AAAA\r\na=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:BBBB\r\n");
        Assert.Equal(SdpRefusal.None, SdpAnswer.For(
            offer, s_local with { Crypto = ours }, out SdpSession? answer, out SdpAudio? audio));
        Assert.Equal("BBBB", audio!.RemoteCrypto!.Key);
        SdpCrypto written = Assert.Single(answer!.Media[0].GetCrypto());
        Assert.Equal((5, ours.Key), (written.Tag, written.Key));
        Assert.Equal("RTP/SAVP", answer.Media[0].Protocol);
    }

    [Fact]
    public void Answer_GivesBothPayloadTypes()
    {
        SdpSession offer = SdpOffer.Canonical(s_local);
        SdpSession answer = Read("m=audio 6000 RTP/AVP 100 110\r\na=rtpmap:100 PCMU/8000\r\na=rtpmap:110 telephone-event/8000\r\na=ptime:40\r\na=rtcp-mux\r\n");
        Assert.Equal(SdpRefusal.None, SdpAnswer.Read(offer, answer, out SdpAudio? audio));
        Assert.Equal((100, 0, 110, 40), (
            audio!.Codec.PayloadType, audio.ReceivePayloadType, audio.TelephoneEvent, audio.PacketTime));
        Assert.Equal(6000, audio.RemoteRtcpPort);
        Assert.Equal(SdpDirection.SendReceive, audio.Direction);
    }

    [Theory]
    [InlineData("m=audio 0 RTP/AVP 8\r\n", SdpRefusal.NoAudio)]
    [InlineData("m=audio 6000 RTP/AVP 18\r\n", SdpRefusal.NoCommonCodec)]
    [InlineData(
        "m=audio 6000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n", SdpRefusal.BadTransport)]
    [InlineData("m=audio 6000 RTP/AVP 8\r\nm=audio 6002 RTP/AVP 8\r\n", SdpRefusal.BadAnswer)]
    [InlineData("", SdpRefusal.BadAnswer)]
    public void UselessAnswer_IsRefused(string lines, SdpRefusal expected) =>
        Assert.Equal(expected, SdpAnswer.Read(SdpOffer.Canonical(s_local), Read(lines), out _));

    [Fact]
    public void AnswerWithACodecThatWasNotOffered_IsRefused()
    {
        SdpSession offer = Read("m=audio 6000 RTP/AVP 8\r\n");
        Assert.Equal(
            SdpRefusal.BadAnswer, SdpAnswer.Read(offer, Read("m=audio 6000 RTP/AVP 0\r\n"), out SdpAudio? audio));
        Assert.Null(audio);
    }

    [Fact]
    public void AnswerToASecuredOffer_MustBeSecuredWithAnOfferedTag()
    {
        SdpCrypto ours = SdpCrypto.Create(1, SdpCrypto.AesCm128Sha1Tag80, new byte[SdpCrypto.KeyAndSaltBytes]);
        SdpSession offer = SdpOffer.Canonical(s_local with { Crypto = ours });
        Assert.Contains("m=audio 4000 RTP/SAVP 8 0 101\r\n", Encoding.Latin1.GetString(offer.Write()));
        SdpSession Answer(int tag) => Read(
            $"m=audio 6000 RTP/SAVP 8\r\na=crypto:{tag} AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n");
        Assert.Equal(SdpRefusal.None, SdpAnswer.Read(offer, Answer(1), out _));
        Assert.Equal(SdpRefusal.BadTransport, SdpAnswer.Read(offer, Answer(2), out _));
        Assert.Equal(SdpRefusal.BadTransport, SdpAnswer.Read(offer, Read("m=audio 6000 RTP/SAVP 8\r\n"), out _));
        Assert.Equal(SdpRefusal.BadTransport, SdpAnswer.Read(offer, Read("m=audio 6000 RTP/AVP 8\r\n"), out _));
    }

    private static SdpSession Read(string lines)
    {
        byte[] octets = Encoding.Latin1.GetBytes(
            "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n" + lines);
        Assert.Equal(SdpParse.Accepted, SdpSession.TryParse(octets, out SdpSession? session));
        return session!;
    }
}
