using System;
using System.Buffers.Binary;
using OnionSip.Machines;

namespace OnionSip.Media;

/// <summary>What one leg received: loss, jitter and lateness of one source at a time. (MEDIA.FIGURES)</summary>
/// <remarks>
/// Late: a packet whose transit (arrival less timestamp) is <see cref="LateMilliseconds"/> or more above the smallest of the call,
/// which may creep up by <see cref="CreepPerSecond"/> so that a drifting clock is not lateness.
/// A new SSRC or a jump of more than <see cref="MaxJump"/> starts the counting afresh and keeps the sums.
/// Source: RFC 3550 appendix A.1, A.3, A.8.
/// </remarks>
public sealed class RtpReception
{
    /// <summary>media.late.</summary>
    public const int LateMilliseconds = 60;

    /// <summary>Sequence numbers forward or back beyond which a source is taken to have restarted: media.max_sequence_jump.</summary>
    public const int MaxJump = 500;

    private const int SamplesPerSecond = 8_000;
    private const double CreepPerSecond = 0.001;

    private uint _ssrc;
    private long _first;
    private long _highest;
    private long _received;
    private long _lostBefore;
    private long _receivedAtReport;
    private long _expectedAtReport;
    private uint _firstTimestamp;
    private Instant _begun;
    private Instant _last;
    private double _previousTransit;
    private double _smallestTransit;
    private double _jitter;

    public bool HasSource { get; private set; }

    public long Packets { get; private set; }

    public long Late { get; private set; }

    /// <summary>Packets that never came, by sequence number.</summary>
    public long Missing => _lostBefore + Lost;

    private long Lost => HasSource ? Math.Max(0, _highest - _first + 1 - _received) : 0;

    /// <summary>
    /// Counts one packet; returns its place relative to the one before it (1 when nothing is missing, 0 or less when it is old).
    /// </summary>
    public int Handle(Instant now, in RtpPacket packet, out bool restarted)
    {
        Packets++;
        long delta = HasSource ? unchecked((short)(packet.SequenceNumber - (ushort)(_highest & 0xFFFF))) : 0;
        restarted = !HasSource || packet.Ssrc != _ssrc || Math.Abs(delta) > MaxJump;
        if (restarted)
        {
            Restart(now, in packet);
            return 1;
        }

        _received++;
        _highest += Math.Max(0, delta);
        Time(now, packet.Timestamp);
        return (int)delta;
    }

    /// <summary>Writes SSRC, loss, highest sequence and jitter; the two delay words are left to the caller.</summary>
    internal void WriteBlock(Span<byte> destination)
    {
        long expected = _highest - _first + 1;
        long expectedNow = expected - _expectedAtReport;
        long lostNow = expectedNow - (_received - _receivedAtReport);
        byte fraction = expectedNow > 0 && lostNow > 0 ? (byte)Math.Min(255, (lostNow << 8) / expectedNow) : (byte)0;
        long total = Math.Clamp(expected - _received, -0x80_0000, 0x7F_FFFF);
        _expectedAtReport = expected;
        _receivedAtReport = _received;
        BinaryPrimitives.WriteUInt32BigEndian(destination, _ssrc);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], (int)(total & 0xFF_FFFF));
        destination[4] = fraction;
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], (uint)(_highest & uint.MaxValue));
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], (uint)Math.Min(_jitter, uint.MaxValue));
        destination[16..24].Clear();
    }

    private void Restart(Instant now, in RtpPacket packet)
    {
        _lostBefore += Lost;
        HasSource = true;
        _ssrc = packet.Ssrc;
        _first = packet.SequenceNumber;
        _highest = packet.SequenceNumber;
        _received = 1;
        _receivedAtReport = 0;
        _expectedAtReport = 0;
        _firstTimestamp = packet.Timestamp;
        _begun = now;
        _last = now;
        _previousTransit = 0;
        _smallestTransit = 0;
        _jitter = 0;
    }

    private void Time(Instant now, uint timestamp)
    {
        double arrival = (now - _begun).TotalSeconds;
        double transit = arrival - (unchecked((int)(timestamp - _firstTimestamp)) / (double)SamplesPerSecond);
        _jitter += ((Math.Abs(transit - _previousTransit) * SamplesPerSecond) - _jitter) / 16;
        _previousTransit = transit;
        _smallestTransit = Math.Min(transit, _smallestTransit + ((now - _last).TotalSeconds * CreepPerSecond));
        _last = now;
        Late += transit - _smallestTransit >= LateMilliseconds / 1_000.0 ? 1 : 0;
    }
}
