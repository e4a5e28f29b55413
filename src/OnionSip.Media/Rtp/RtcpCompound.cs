using System;
using System.Buffers.Binary;

namespace OnionSip.Media;

/// <summary>What a compound RTCP packet of a peer said; nothing of it is ever passed on. (MEDIA.RTCP)</summary>
/// <remarks>
/// Shape:  packets of V(2)=2 P count(5) | type u8 | length u16 (words less one), the first a sender (200) or receiver (201) report.
/// Bounds: <see cref="RtpPacket.MaxBytes"/>, <see cref="MaxPackets"/>.
/// Source: RFC 3550 §6.1 and appendix A.2; the reduced size of RFC 5506 is refused.
/// </remarks>
public readonly record struct RtcpCompound(
    uint Ssrc, bool HasSenderReport, ulong NtpTimestamp, bool HasBye, int DescriptionItems, int OtherPackets, RtcpReportBlock? Block)
{
    /// <summary>media.max_rtcp_packets.</summary>
    public const int MaxPackets = 16;

    internal const byte SenderReport = 200;
    internal const byte ReceiverReport = 201;
    internal const byte SourceDescription = 202;
    internal const byte Goodbye = 203;

    /// <summary>Reads a compound; <paramref name="ownSsrc"/> picks the report block that is about us.</summary>
    public static RtpParse TryParse(ReadOnlySpan<byte> source, uint ownSsrc, out RtcpCompound compound)
    {
        compound = default;
        if (source.Length < 8)
        {
            return RtpParse.Truncated;
        }

        if (source.Length > RtpPacket.MaxBytes)
        {
            return RtpParse.TooLong;
        }

        if (source[0] >> 6 != 2)
        {
            return RtpParse.BadVersion;
        }

        if (source[1] is not (SenderReport or ReceiverReport))
        {
            return RtpParse.WrongKind;
        }

        int packets = 0;
        while (source.Length > 0)
        {
            RtpParse result = TakePacket(ref source, ref compound, ownSsrc);
            if (result != RtpParse.Accepted || ++packets > MaxPackets)
            {
                return result == RtpParse.Accepted ? RtpParse.BadCompound : result;
            }
        }

        return RtpParse.Accepted;
    }

    private static RtpParse TakePacket(ref ReadOnlySpan<byte> source, ref RtcpCompound compound, uint ownSsrc)
    {
        if (source.Length < 4)
        {
            return RtpParse.Truncated;
        }

        int bytes = 4 * (BinaryPrimitives.ReadUInt16BigEndian(source[2..]) + 1);
        if (source[0] >> 6 != 2)
        {
            return RtpParse.BadVersion;
        }

        if (bytes > source.Length)
        {
            return RtpParse.Truncated;
        }

        // Only the last packet may be padded (RFC 3550 §6.4.1).
        bool padded = (source[0] & 0x20) != 0;
        if (padded && (bytes != source.Length || source[^1] == 0 || source[^1] > bytes - 4))
        {
            return RtpParse.BadPadding;
        }

        ReadOnlySpan<byte> packet = source[..bytes];
        source = source[bytes..];
        return Read(packet, ref compound, ownSsrc);
    }

    private static RtpParse Read(ReadOnlySpan<byte> packet, ref RtcpCompound compound, uint ownSsrc)
    {
        int count = packet[0] & 0x1F;
        switch (packet[1])
        {
            case SenderReport:
            case ReceiverReport:
                bool sender = packet[1] == SenderReport;
                int fixedBytes = sender ? 28 : 8;
                if (packet.Length < fixedBytes + (24 * count))
                {
                    return RtpParse.Truncated;
                }

                compound = compound with
                {
                    Ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]),
                    HasSenderReport = compound.HasSenderReport || sender,
                    NtpTimestamp = sender ? BinaryPrimitives.ReadUInt64BigEndian(packet[8..]) : compound.NtpTimestamp,
                    Block = RtcpReportBlock.Find(packet.Slice(fixedBytes, 24 * count), ownSsrc) ?? compound.Block,
                };
                return RtpParse.Accepted;
            case SourceDescription:
                compound = compound with { DescriptionItems = compound.DescriptionItems + count };
                return RtpParse.Accepted;
            case Goodbye:
                compound = compound with { HasBye = true };
                return RtpParse.Accepted;
            default:
                compound = compound with { OtherPackets = compound.OtherPackets + 1 };
                return RtpParse.Accepted;
        }
    }
}

/// <summary>One report block. (MEDIA.RTCP)</summary>
public readonly record struct RtcpReportBlock(uint Ssrc, byte FractionLost, int TotalLost, uint HighestSequence, uint Jitter)
{
    internal static RtcpReportBlock? Find(ReadOnlySpan<byte> blocks, uint ssrc)
    {
        for (; blocks.Length >= 24; blocks = blocks[24..])
        {
            if (BinaryPrimitives.ReadUInt32BigEndian(blocks) == ssrc)
            {
                int lost = (BinaryPrimitives.ReadInt32BigEndian(blocks[4..]) << 8) >> 8;
                return new RtcpReportBlock(
                    ssrc, blocks[4], lost, BinaryPrimitives.ReadUInt32BigEndian(blocks[8..]),
                    BinaryPrimitives.ReadUInt32BigEndian(blocks[12..]));
            }
        }

        return null;
    }
}
