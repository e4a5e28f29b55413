using System;
using System.Buffers.Binary;

namespace OnionSip.Media;

/// <summary>What became of bytes that claim to be RTP or RTCP. (MEDIA.RTP)</summary>
public enum RtpParse : byte
{
    Accepted = 0,

    /// <summary>Shorter than its header, its lists, its extension or its padding say.</summary>
    Truncated,

    /// <summary>Longer than <see cref="RtpPacket.MaxBytes"/>.</summary>
    TooLong,

    /// <summary>A version other than 2.</summary>
    BadVersion,

    /// <summary>Padding of zero bytes, or more than there is.</summary>
    BadPadding,

    /// <summary>RTP where RTCP is due, or the other way round.</summary>
    WrongKind,

    /// <summary>A compound that does not begin with a report or whose lengths do not add up.</summary>
    BadCompound,
}

/// <summary>A view of one RTP packet; what lies outside header and payload is measured and left out. (MEDIA.RTP)</summary>
/// <remarks>
/// Shape:  V(2)=2 P X CC(4) | M PT(7) | sequence u16 | timestamp u32 | SSRC u32 | CSRC list | extension | payload | padding.
/// Bounds: <see cref="MaxBytes"/>. Payload types 64 to 95 are refused: with the marker they read as RTCP (RFC 5761 §4).
/// Source: RFC 3550 §5.1.
/// </remarks>
public readonly ref struct RtpPacket
{
    /// <summary>The fixed header.</summary>
    public const int HeaderBytes = 12;

    /// <summary>The longest packet read: media.max_packet_bytes.</summary>
    public const int MaxBytes = 1_500;

    private RtpPacket(ReadOnlySpan<byte> source, ReadOnlySpan<byte> payload, int extensionBytes, int paddingBytes)
    {
        Marker = (source[1] & 0x80) != 0;
        PayloadType = (byte)(source[1] & 0x7F);
        SequenceNumber = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        Timestamp = BinaryPrimitives.ReadUInt32BigEndian(source[4..]);
        Ssrc = BinaryPrimitives.ReadUInt32BigEndian(source[8..]);
        SourceCount = source[0] & 0x0F;
        ExtensionBytes = extensionBytes;
        PaddingBytes = paddingBytes;
        Payload = payload;
    }

    public bool Marker { get; }

    public byte PayloadType { get; }

    public ushort SequenceNumber { get; }

    public uint Timestamp { get; }

    public uint Ssrc { get; }

    /// <summary>Contributing sources, which are never passed on.</summary>
    public int SourceCount { get; }

    /// <summary>The header extension with its own header, which is never passed on.</summary>
    public int ExtensionBytes { get; }

    public int PaddingBytes { get; }

    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>True when the packet carries more than header and payload.</summary>
    public bool HasExtras => SourceCount > 0 || ExtensionBytes > 0 || PaddingBytes > 0;

    public static RtpParse TryParse(ReadOnlySpan<byte> source, out RtpPacket packet)
    {
        packet = default;
        if (source.Length < HeaderBytes)
        {
            return RtpParse.Truncated;
        }

        if (source.Length > MaxBytes)
        {
            return RtpParse.TooLong;
        }

        if (source[0] >> 6 != 2)
        {
            return RtpParse.BadVersion;
        }

        if ((source[1] & 0x7F) is >= 64 and <= 95)
        {
            return RtpParse.WrongKind;
        }

        int start = HeaderBytes + (4 * (source[0] & 0x0F));
        int extensionBytes = 0;
        if ((source[0] & 0x10) != 0)
        {
            if (source.Length < start + 4)
            {
                return RtpParse.Truncated;
            }

            extensionBytes = 4 + (4 * BinaryPrimitives.ReadUInt16BigEndian(source[(start + 2)..]));
        }

        start += extensionBytes;
        if (source.Length < start)
        {
            return RtpParse.Truncated;
        }

        int paddingBytes = (source[0] & 0x20) != 0 ? source[^1] : 0;
        if ((source[0] & 0x20) != 0 && (paddingBytes == 0 || paddingBytes > source.Length - start))
        {
            return RtpParse.BadPadding;
        }

        packet = new RtpPacket(source, source[start..^paddingBytes], extensionBytes, paddingBytes);
        return RtpParse.Accepted;
    }

    /// <summary>
    /// Writes the one canonical form: version 2, no padding, no extension, no contributing sources; returns the bytes written.
    /// </summary>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int Write(
        Span<byte> destination, byte payloadType, bool marker, ushort sequenceNumber, uint timestamp, uint ssrc, ReadOnlySpan<byte> payload)
    {
        if (destination.Length < HeaderBytes + payload.Length)
        {
            throw new ArgumentException("too short for this packet", nameof(destination));
        }

        destination[0] = 0x80;
        destination[1] = (byte)((marker ? 0x80 : 0) | (payloadType & 0x7F));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], sequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], ssrc);
        payload.CopyTo(destination[HeaderBytes..]);
        return HeaderBytes + payload.Length;
    }
}
