using System;
using System.Linq;
using System.Text;
using OnionSip.Machines;
using OnionSip.Media;
using Xunit;

namespace OnionSip.Tests.Media;

/// <summary>MEDIA.RTCP</summary>
public sealed class RtcpTests
{
    private static readonly Instant s_start = Instant.FromMilliseconds(1_000);

    /// <summary>MEDIA.RTCP: what is written reads back, with a CNAME of 16 drawn characters and nothing else about anybody.</summary>
    [Fact]
    public void SenderReport_ReadsBack()
    {
        RtcpSession session = new(s_start, 77, new SeededEntropy(1));
        RtpReception reception = Received(10, lost: 2);
        byte[] packet = new byte[RtcpSession.MaxBytes];
        int bytes = session.Write(packet, s_start + TimeSpan.FromSeconds(1), new RtcpSent(50, 8_000, 1234), reception, goodbye: true);
        Assert.Equal(RtpParse.Accepted, RtcpCompound.TryParse(packet.AsSpan(0, bytes), 5, out RtcpCompound compound));
        Assert.Equal((77u, true, true, 1), (compound.Ssrc, compound.HasSenderReport, compound.HasBye, compound.DescriptionItems));
        Assert.Equal(2, compound.Block!.Value.TotalLost);
        Assert.Equal(51, compound.Block!.Value.FractionLost);
        Assert.Equal(0, bytes % 4);
        Assert.Equal(16, packet[61]);
        Assert.All(Encoding.ASCII.GetString(packet, 62, 16), character => Assert.True(char.IsAsciiLetterOrDigit(character) || character is '+' or '/'));
    }

    /// <summary>MEDIA.RTCP: two calls have different names; while nothing was sent it is a receiver report.</summary>
    [Fact]
    public void TwoSessions_HaveDifferentNames()
    {
        SeededEntropy entropy = new(1);
        byte[] first = new byte[RtcpSession.MaxBytes];
        byte[] second = new byte[RtcpSession.MaxBytes];
        new RtcpSession(s_start, 1, entropy).Write(first, s_start, default, new RtpReception(), false);
        new RtcpSession(s_start, 1, entropy).Write(second, s_start, default, new RtpReception(), false);
        Assert.Equal(201, first[1]);
        Assert.NotEqual(first[18..34], second[18..34]);
    }

    /// <summary>MEDIA.RTCP: reports are due between half and one and a half intervals.</summary>
    [Fact]
    public void Reports_AreDueAroundFiveSeconds()
    {
        RtcpSession session = new(s_start, 1, new SeededEntropy(9));
        double[] waits = [.. Enumerable.Range(0, 200).Select(_ =>
        {
            session.ScheduleNext(s_start);
            return (session.NextReport - s_start).TotalSeconds;
        })];
        Assert.True(waits.Min() >= 2.5 && waits.Max() < 7.5 && waits.Max() - waits.Min() > 4);
    }

    /// <summary>MEDIA.RTCP: each refusal.</summary>
    [Theory]
    [InlineData(new byte[] { 0x80, 201, 0, 1, 0, 0, 0 }, RtpParse.Truncated)]
    [InlineData(new byte[] { 0x40, 201, 0, 1, 0, 0, 0, 1 }, RtpParse.BadVersion)]
    [InlineData(new byte[] { 0x80, 202, 0, 1, 0, 0, 0, 1 }, RtpParse.WrongKind)]
    [InlineData(new byte[] { 0x80, 201, 0, 9, 0, 0, 0, 1 }, RtpParse.Truncated)]
    [InlineData(new byte[] { 0x81, 201, 0, 1, 0, 0, 0, 1 }, RtpParse.Truncated)]
    [InlineData(new byte[] { 0xA0, 201, 0, 1, 0, 0, 0, 9 }, RtpParse.BadPadding)]
    public void BadCompound_IsRefused(byte[] packet, RtpParse expected) => Assert.Equal(expected, RtcpCompound.TryParse(packet, 1, out _));

    /// <summary>MEDIA.RTCP: more packets than are read.</summary>
    [Fact]
    public void TooManyPackets_AreRefused()
    {
        byte[] packet = new byte[8 * 20];
        for (int index = 0; index < 20; index++)
        {
            new byte[] { 0x80, 201, 0, 1, 0, 0, 0, 1 }.CopyTo(packet, 8 * index);
        }

        Assert.Equal(RtpParse.BadCompound, RtcpCompound.TryParse(packet, 1, out _));
        Assert.Equal(RtpParse.TooLong, RtcpCompound.TryParse(new byte[RtpPacket.MaxBytes + 4], 1, out _));
    }

    /// <summary>MEDIA.FIGURES: late is a transit of 60 ms or more above the smallest; missing is by sequence number.</summary>
    [Fact]
    public void LateAndMissing_AreCounted()
    {
        RtpReception reception = new();
        int[] delays = [0, 5, 58, 61, 0, 200];
        for (int packet = 0; packet < delays.Length; packet++)
        {
            Handle(reception, s_start + TimeSpan.FromMilliseconds((packet * 20) + delays[packet]), (ushort)packet);
        }

        Handle(reception, s_start + TimeSpan.FromMilliseconds(180), 9);
        Assert.Equal((2L, 3L), (reception.Late, reception.Missing));
    }

    /// <summary>MEDIA.FIGURES: a sequence that wraps loses nothing; a jump starts afresh.</summary>
    [Fact]
    public void WrapAndJump_AreNoLoss()
    {
        RtpReception reception = new();
        for (int packet = 65_530; packet < 65_546; packet++)
        {
            Handle(reception, s_start + TimeSpan.FromMilliseconds((packet - 65_530) * 20), unchecked((ushort)packet));
        }

        Handle(reception, s_start + TimeSpan.FromSeconds(1), 30_000);
        Assert.Equal(0, reception.Missing);
        Assert.Equal(17, reception.Packets);
    }

    private static RtpReception Received(int packets, int lost)
    {
        RtpReception reception = new();
        for (int packet = 0; packet < packets; packet++)
        {
            if (packet < 1 || packet > lost)
            {
                Handle(reception, s_start + TimeSpan.FromMilliseconds(packet * 20), (ushort)packet);
            }
        }

        return reception;
    }

    private static void Handle(RtpReception reception, Instant now, ushort sequence)
    {
        byte[] octets = new byte[172];
        RtpPacket.Write(octets, 8, false, sequence, sequence * 160u, 5, octets.AsSpan(0, 160));
        Assert.Equal(RtpParse.Accepted, RtpPacket.TryParse(octets, out RtpPacket packet));
        reception.Handle(now, in packet, out _);
    }
}
