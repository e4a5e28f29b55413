using System;
using OnionSip.Machines;
using OnionSip.Media;
using Xunit;

namespace OnionSip.Tests.Media;

/// <summary>MEDIA.RTP</summary>
public sealed class RtpPacketTests
{
    private static readonly byte[] s_full =
    [
        0xB2, 0x88, 0x12, 0x34, 0x00, 0x00, 0x01, 0x40, 0xDE, 0xAD, 0xBE, 0xEF,
        0, 0, 0, 1, 0, 0, 0, 2,
        0xBE, 0xDE, 0x00, 0x01, 1, 2, 3, 4,
        0xAA, 0xBB, 0xCC,
        0, 0, 3,
    ];

    /// <summary>MEDIA.RTP</summary>
    [Fact]
    public void PacketWithEverything_IsMeasured()
    {
        Assert.Equal(RtpParse.Accepted, RtpPacket.TryParse(s_full, out RtpPacket packet));
        Assert.Equal((8, true, (ushort)0x1234, 320u, 0xDEADBEEF), (packet.PayloadType, packet.Marker, packet.SequenceNumber, packet.Timestamp, packet.Ssrc));
        Assert.Equal((2, 8, 3), (packet.SourceCount, packet.ExtensionBytes, packet.PaddingBytes));
        Assert.Equal([0xAA, 0xBB, 0xCC], packet.Payload.ToArray());
    }

    /// <summary>MEDIA.RTP: every shorter form of it is refused or has a shorter payload; none throws.</summary>
    [Fact]
    public void EveryTruncation_IsRefusedOrShorter()
    {
        for (int length = 0; length < s_full.Length; length++)
        {
            RtpParse result = RtpPacket.TryParse(s_full.AsSpan(0, length), out RtpPacket packet);
            Assert.True(result != RtpParse.Accepted || packet.Payload.Length < 6, "length " + length);
        }
    }

    /// <summary>MEDIA.RTP: each refusal.</summary>
    [Theory]
    [InlineData(new byte[] { 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, RtpParse.BadVersion)]
    [InlineData(new byte[] { 0x80, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, RtpParse.WrongKind)]
    [InlineData(new byte[] { 0x81, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, RtpParse.Truncated)]
    [InlineData(new byte[] { 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, RtpParse.BadPadding)]
    [InlineData(new byte[] { 0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9 }, RtpParse.BadPadding)]
    public void BadPacket_IsRefused(byte[] packet, RtpParse expected) => Assert.Equal(expected, RtpPacket.TryParse(packet, out _));

    /// <summary>MEDIA.RTP</summary>
    [Fact]
    public void LongPacket_IsRefused() => Assert.Equal(RtpParse.TooLong, RtpPacket.TryParse(new byte[RtpPacket.MaxBytes + 1], out _));

    /// <summary>MEDIA.RTP: random octets never throw and what is accepted lies within them.</summary>
    [Fact]
    public void RandomOctets_NeverThrow()
    {
        SeededEntropy entropy = new(11);
        byte[] octets = new byte[200];
        int accepted = 0;
        for (int round = 0; round < 20_000; round++)
        {
            entropy.Fill(octets);
            octets[0] = (byte)((octets[0] & 0x3F) | 0x80);
            ReadOnlySpan<byte> packet = octets.AsSpan(0, entropy.NextInt32(201));
            accepted += RtpPacket.TryParse(packet, out RtpPacket parsed) == RtpParse.Accepted ? 1 : 0;
            Assert.True(parsed.Payload.Length <= packet.Length);
            RtcpCompound.TryParse(packet, 1, out _);
        }

        Assert.InRange(accepted, 100, 20_000);
    }
}
