using System;
using System.Buffers.Binary;
using OnionSip.Machines;

namespace OnionSip.Media;

/// <summary>The RTCP of one leg, all its own: reports about what this leg sends and receives, a random CNAME, BYE. (MEDIA.RTCP)</summary>
/// <remarks>
/// Shape:  compound of SR (or RR while nothing was sent), SDES with CNAME alone, and BYE at the end.
/// Units:  reports every <see cref="IntervalMilliseconds"/> ± half, drawn; the NTP time starts at a random point and shows no clock.
/// Source: RFC 3550 §6, RFC 7022 §4.2 (short-term persistent CNAME of 96 random bits).
/// </remarks>
public sealed class RtcpSession
{
    /// <summary>Mean time between reports: media.rtcp_interval.</summary>
    public const int IntervalMilliseconds = 5_000;

    /// <summary>The longest compound written.</summary>
    public const int MaxBytes = 128;

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const int NameBytes = 16;

    private readonly byte[] _name = new byte[NameBytes];
    private readonly Entropy _entropy;
    private readonly Instant _begun;
    private readonly ulong _ntpOrigin;
    private readonly uint _ssrc;
    private Instant _lastReportHeard = Instant.Never;
    private uint _lastReportMiddle;

    public RtcpSession(Instant now, uint ssrc, Entropy entropy)
    {
        _ssrc = ssrc;
        _entropy = entropy;
        _begun = now;
        _ntpOrigin = entropy.NextUInt64() >> 1;
        Span<byte> random = stackalloc byte[12];
        entropy.Fill(random);
        for (int group = 0; group < 4; group++)
        {
            int bits = (random[3 * group] << 16) | (random[(3 * group) + 1] << 8) | random[(3 * group) + 2];
            for (int sextet = 0; sextet < 4; sextet++)
            {
                _name[(4 * group) + sextet] = (byte)Alphabet[(bits >> (18 - (6 * sextet))) & 0x3F];
            }
        }

        ScheduleNext(now);
    }

    /// <summary>When the next report is due.</summary>
    public Instant NextReport { get; private set; }

    public void ScheduleNext(Instant now) =>
        NextReport = now + TimeSpan.FromMilliseconds((IntervalMilliseconds / 2) + _entropy.NextInt32(IntervalMilliseconds));

    /// <summary>Notes a peer's report, for the delay fields of ours.</summary>
    public void HandleReport(Instant now, in RtcpCompound compound)
    {
        if (compound.HasSenderReport)
        {
            _lastReportHeard = now;
            _lastReportMiddle = (uint)((compound.NtpTimestamp >> 16) & uint.MaxValue);
        }
    }

    /// <summary>Writes one compound and returns its bytes.</summary>
    public int Write(Span<byte> destination, Instant now, in RtcpSent sent, RtpReception reception, bool goodbye)
    {
        bool sender = sent.Packets > 0;
        bool block = reception.HasSource;
        int bytes = sender ? 28 : 8;
        WriteHeader(destination, block ? 1 : 0, sender ? RtcpCompound.SenderReport : RtcpCompound.ReceiverReport, bytes + (block ? 24 : 0),
            _ssrc);
        if (sender)
        {
            BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Ntp(now));
            BinaryPrimitives.WriteUInt32BigEndian(destination[16..], sent.Timestamp);
            BinaryPrimitives.WriteUInt32BigEndian(destination[20..], unchecked((uint)sent.Packets));
            BinaryPrimitives.WriteUInt32BigEndian(destination[24..], unchecked((uint)sent.Bytes));
        }

        if (block)
        {
            reception.WriteBlock(destination[bytes..]);
            WriteDelay(destination[(bytes + 16)..], now);
            bytes += 24;
        }

        bytes += WriteDescription(destination[bytes..]);
        if (goodbye)
        {
            WriteHeader(destination[bytes..], 1, RtcpCompound.Goodbye, 8, _ssrc);
            bytes += 8;
        }

        return bytes;
    }

    private static void WriteHeader(Span<byte> destination, int count, byte type, int bytes, uint ssrc)
    {
        destination[0] = (byte)(0x80 | count);
        destination[1] = type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)((bytes / 4) - 1));
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], ssrc);
    }

    private int WriteDescription(Span<byte> destination)
    {
        const int Bytes = 8 + 2 + NameBytes + 2;
        destination[..Bytes].Clear();
        WriteHeader(destination, 1, RtcpCompound.SourceDescription, Bytes, _ssrc);
        destination[8] = 1;
        destination[9] = NameBytes;
        _name.CopyTo(destination[10..]);
        return Bytes;
    }

    private void WriteDelay(Span<byte> destination, Instant now)
    {
        bool heard = !_lastReportHeard.IsNever;
        uint delay = heard ? (uint)Math.Min((now - _lastReportHeard).Ticks / (double)TimeSpan.TicksPerSecond * 65_536, uint.MaxValue) : 0;
        BinaryPrimitives.WriteUInt32BigEndian(destination, heard ? _lastReportMiddle : 0);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], delay);
    }

    private ulong Ntp(Instant now)
    {
        long ticks = (now - _begun).Ticks;
        ulong seconds = (ulong)(ticks / TimeSpan.TicksPerSecond) << 32;
        ulong fraction = ((ulong)(ticks % TimeSpan.TicksPerSecond) << 32) / TimeSpan.TicksPerSecond;
        return unchecked(_ntpOrigin + seconds + fraction);
    }
}

/// <summary>What a leg has sent, for its sender report. (MEDIA.RTCP)</summary>
public readonly record struct RtcpSent(long Packets, long Bytes, uint Timestamp);
