using System;
using System.Collections.Generic;
using System.Text;
using OnionSip.Machines;
using OnionSip.Media;
using Xunit;

namespace OnionSip.Tests.Media.Sdp;

/// <summary>(MEDIA.SDP, MEDIA.SDES, MEDIA.DIRECTION)</summary>
public sealed class SdpSessionTests
{
    // RFC 8866 §5, its example.
    private const string Example =
        "v=0\r\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=Call to John Smith\r\ni=SDP Offer #1\r\nu=http://www.jdoe.example.com/home.html\r\n" +
        "e=Jane Doe <jane@jdoe.example.com>\r\np=+1 617 555-6011\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n" +
        "m=audio 49180 RTP/AVP 0\r\nm=video 51372 RTP/AVP 99\r\nc=IN IP6 2001:db8::2\r\na=rtpmap:99 h263-1998/90000\r\n";

    [Fact]
    public void Rfc8866_Section_5_IsReadAndWrittenCanonically()
    {
        SdpSession session = Read(Example);
        Assert.Equal(("jdoe", "3724394405"), (session.Origin.User, session.Origin.Version));
        Assert.Equal([49170, 49180, 51372], session.Media.ConvertAll(media => media.Port));
        Assert.Equal("2001:db8::2", session.ConnectionOf(session.Media[2])!.Address);
        Assert.Equal("198.51.100.1", session.ConnectionOf(session.Media[0])!.Address);
        Assert.Equal(new SdpCodec(0, "PCMU", 8_000), Assert.Single(session.Media[0].GetCodecs()));
        Assert.Equal(new SdpCodec(99, "h263-1998", 90_000), Assert.Single(session.Media[2].GetCodecs()));
        Assert.Equal(4, session.IgnoredLines);
        string written = Encoding.Latin1.GetString(session.Write());
        Assert.DoesNotContain("jane", written);
        Assert.Contains("m=video 51372 RTP/AVP 99\r\nc=IN IP6 2001:db8::2\r\na=rtpmap:99 h263-1998/90000\r\n", written);
    }

    [Theory]
    [InlineData("", SdpParse.Empty)]
    [InlineData("v=1\r\n", SdpParse.BadVersion)]
    [InlineData("o=- 1 1 IN IP4 h\r\nv=0\r\n", SdpParse.BadVersion)]
    [InlineData("v=0\r\ns=-\r\n", SdpParse.MissingOrigin)]
    [InlineData("v=0\r\no=- 1 1 IN IP4\r\n", SdpParse.BadOrigin)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP5 h\r\n", SdpParse.BadConnection)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 1\r\n", SdpParse.BadMedia)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 65536 RTP/AVP 0\r\n", SdpParse.BadMedia)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio -1 RTP/AVP 0\r\n", SdpParse.BadMedia)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 h\r\nhello\r\n", SdpParse.BadLine)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 h\r\na=x\ry\r\n", SdpParse.BadLine)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 h\r\nm =video 1 RTP/AVP 0\r\n", SdpParse.BadLine)]
    public void BrokenDescription_HasItsResult(string text, SdpParse expected)
    {
        Assert.Equal(expected, SdpSession.TryParse(Encoding.Latin1.GetBytes(text), out SdpSession? session));
        Assert.Null(session);
    }

    [Fact]
    public void Limits_AreKept()
    {
        const string Head = "v=0\r\no=- 1 1 IN IP4 h\r\n";
        string Repeat(string line, int count) => Head + string.Concat(System.Linq.Enumerable.Repeat(line, count));
        SdpParse Result(string text) => SdpSession.TryParse(Encoding.Latin1.GetBytes(text), out _);
        Assert.Equal(SdpParse.TooLong, Result(Repeat("a=" + new string('x', 1_000) + "\r\n", 20)));
        Assert.Equal(SdpParse.TooManyLines, Result(Repeat("a=x\r\n", SdpLimits.MaxLines)));
        Assert.Equal(SdpParse.TooManyMedia, Result(Repeat("m=audio 1 RTP/AVP 0\r\n", SdpLimits.MaxMedia + 1)));
        Assert.Equal(SdpParse.BadMedia, Result(
            Head + "m=audio 1 RTP/AVP" + string.Concat(System.Linq.Enumerable.Repeat(" 0", SdpLimits.MaxFormats + 1))));
    }

    [Theory]
    [InlineData("v=0\no=- 1 1 IN IP4 h\nm=audio 4/2 RTP/AVP 8\n\n")]
    [InlineData("v=0\r\no=- 1 1 IN IP4 h\r\ns=\r\nt=\r\nz=?\r\nm=audio 4 RTP/AVP 8")]
    [InlineData("v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 224.2.1.1/127/3\r\nm=audio 4 RTP/AVP 8\r\nc=IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.2\r\n")]
    public void LooseDescription_IsRead(string text)
    {
        SdpSession session = Read(text);
        Assert.Equal(4, Assert.Single(session.Media).Port);
        byte[] written = session.Write();
        Assert.Equal(written, Read(Encoding.Latin1.GetString(written)).Write());
    }

    [Theory]
    [InlineData("rtpmap:8")]
    [InlineData("rtpmap:8 PCMA")]
    [InlineData("rtpmap:300 PCMA/8000")]
    [InlineData("rtpmap:8 PCMA/8000/999")]
    [InlineData("rtpmap:8 /8000")]
    public void BrokenMap_LeavesTheStaticMeaning(string attribute)
    {
        SdpSession session = Read("v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 4 RTP/AVP 8 96\r\na=" + attribute + "\r\n");
        Assert.Equal(new SdpCodec(8, "PCMA", 8_000), Assert.Single(session.Media[0].GetCodecs()));
    }

    [Fact]
    public void Attributes_AreFound()
    {
        SdpSession session = Read(
            "v=0\r\no=- 1 1 IN IP4 h\r\na=recvonly\r\nm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:30\r\n" +
            "a=rtcp:4009 IN IP4 192.0.2.1\r\nm=audio 4002 RTP/AVP 8\r\na=SendOnly\r\na=rtcp-mux\r\na=ptime:x\r\n");
        MediaDescription first = session.Media[0];
        Assert.Equal((30, 4009, false), (first.PacketTime, first.RtcpPort, first.HasRtcpMux));
        Assert.Equal("0-16", first.GetCodecs()[1].Format);
        Assert.Equal(SdpDirection.ReceiveOnly, session.DirectionOf(first));
        Assert.Equal(SdpDirection.SendOnly, session.DirectionOf(session.Media[1]));
        Assert.Equal(((int?)null, true), (session.Media[1].PacketTime, session.Media[1].HasRtcpMux));
    }

    [Theory]
    [InlineData("0.0.0.0", SdpDirection.SendReceive, SdpDirection.SendOnly)]
    [InlineData("0.0.0.0", SdpDirection.ReceiveOnly, SdpDirection.Inactive)]
    [InlineData("::", SdpDirection.SendReceive, SdpDirection.SendOnly)]
    [InlineData("192.0.2.1", SdpDirection.SendReceive, SdpDirection.SendReceive)]
    public void WildcardAddress_TakesReceivingAway(string address, SdpDirection written, SdpDirection meant)
    {
        string family = address.Contains(':') ? "IP6" : "IP4";
        SdpSession session = Read($"v=0\r\no=- 1 1 IN IP4 h\r\nc=IN {family} {address}\r\nm=audio 4 RTP/AVP 8\r\na={SdpDirections.Word(written)}\r\n");
        Assert.Equal(meant, session.DirectionOf(session.Media[0]));
    }

    [Fact]
    public void CryptoLines_AreReadInOrder_AndThoseWithAnMkiLeftOut()
    {
        // RFC 4568 §6.1, its example key.
        const string Key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
        SdpSession session = Read(
            "v=0\r\no=- 1 1 IN IP4 h\r\nm=audio 4 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + Key + "|2^20|1:4\r\n" +
            "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:" + Key + "|2^20 KDR=1\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" + Key + "\r\na=crypto:x\r\n");
        List<SdpCrypto> lines = session.Media[0].GetCrypto();
        Assert.Equal([2, 3], lines.ConvertAll(line => line.Tag));
        Assert.Equal("KDR=1", lines[0].Parameters);
        Span<byte> key = stackalloc byte[SdpCrypto.KeyAndSaltBytes];
        Assert.True(lines[1].TryGetKey(key));
        Assert.Equal(Key, Convert.ToBase64String(key));
        Assert.Equal(lines[1], SdpCrypto.Create(3, SdpCrypto.AesCm128Sha1Tag80, key));
        Assert.False((lines[1] with { Key = "AAAA" }).TryGetKey(key));
        Assert.DoesNotContain(Key, lines[1].ToString());
    }

    [Fact]
    public void LineEnd_CannotBeWritten()
    {
        SdpSession session = Read(Example);
        session.Name = "x\r\nm=audio 1 RTP/AVP 0";
        Assert.Throws<ArgumentException>(session.Write);
    }

    [Fact]
    public void Mutations_NeverThrowAndAreStable()
    {
        const ulong Seed = 8_866;
        SeededEntropy entropy = new(Seed);
        SdpLocal local = new(SdpOrigin.Create(entropy, IpAddress.FromIPv4(1)), IpAddress.FromIPv4(1), 4_000);
        int accepted = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] octets = Encoding.Latin1.GetBytes(Example);
            for (int change = entropy.NextInt32(4); change >= 0; change--)
            {
                octets[entropy.NextInt32(octets.Length)] = (byte)"\r\n\0 :=/-0a"[entropy.NextInt32(10)];
            }

            if (SdpSession.TryParse(
                octets.AsSpan(0, entropy.NextInt32(octets.Length + 1)), out SdpSession? session) != SdpParse.Accepted)
            {
                continue;
            }

            accepted++;
            byte[] written = session!.Write();
            Assert.True(
                SdpSession.TryParse(written, out SdpSession? again) == SdpParse.Accepted, $"seed {Seed} round {round}");
            Assert.Equal(written, again!.Write());
            SdpAnswer.For(session, local, out _, out _);
        }

        Assert.InRange(accepted, 100, 19_000);
    }

    private static SdpSession Read(string text)
    {
        Assert.Equal(SdpParse.Accepted, SdpSession.TryParse(Encoding.Latin1.GetBytes(text), out SdpSession? session));
        return session!;
    }
}
