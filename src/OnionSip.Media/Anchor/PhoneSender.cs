using System;
using OnionSip.Machines;

namespace OnionSip.Media;

/// <summary>What goes to the phone: each packet as it comes, in a stream of the gateway's own. (MEDIA.PHONE-LEG)</summary>
/// <remarks>
/// Delay here would be delay heard, so nothing waits: the phone's own jitter buffer does its work. Holes and pauses stay what they are;
/// the stream's SSRC, sequence and timestamp origin are drawn for the call and survive a change of the far side's source.
/// </remarks>
internal sealed class PhoneSender(Entropy entropy)
{
    private const int SamplesPerMillisecond = 8;

    private readonly RtpSource _source = new(entropy);
    private readonly byte[] _scratch = new byte[Repacketiser.Capacity];
    private Repacketiser _frames = new(160);
    private int _frameSamples = 160;
    private Instant _lastArrival;
    private uint _offset;
    private uint _lastTimestamp;
    private bool _hasSent;

    public uint Ssrc => _source.Ssrc;

    public RtcpSent Sent => _source.Sent;

    /// <summary>20 ms frames of audio received and passed on.</summary>
    public long Frames { get; private set; }

    public void HandleAudio(Instant now, in RtpPacket packet, G711Law from, in LegFormat format, int step, bool restarted,
        MediaOutbox outbox)
    {
        Rebase(now, packet.Timestamp, restarted);
        Resize(format.FrameMilliseconds * SamplesPerMillisecond);
        Span<byte> codes = _scratch.AsSpan(0, packet.Payload.Length);
        packet.Payload.CopyTo(codes);
        G711.Convert(codes, from, format.Law);
        Frames += Math.Max(1, packet.Payload.Length / 160);
        uint timestamp = unchecked(packet.Timestamp + _offset);
        _source.Skip(step - 1);
        if (_frames.Held == 0 && codes.Length == _frameSamples)
        {
            Send(outbox, in format, packet.Marker, timestamp, codes);
            return;
        }

        if (!_frames.Append(timestamp, codes))
        {
            _frames.Clear();
            return;
        }

        Span<byte> frame = stackalloc byte[_frameSamples];
        while (_frames.TryTake(frame, out uint start))
        {
            Send(outbox, in format, false, start, frame);
        }
    }

    /// <summary>A key pressed at the far side: payload as it came, timestamp in the phone's stream.</summary>
    public void HandleEvent(Instant now, in RtpPacket packet, in LegFormat format, int step, bool restarted, MediaOutbox outbox)
    {
        Rebase(now, packet.Timestamp, restarted);
        _source.Skip(step - 1);
        _source.Send(outbox, (byte)format.EventTo, packet.Marker, unchecked(packet.Timestamp + _offset), packet.Payload);
    }

    private void Send(MediaOutbox outbox, in LegFormat format, bool marker, uint timestamp, ReadOnlySpan<byte> frame)
    {
        _source.Send(outbox, (byte)format.AudioTo, marker, timestamp, frame);
    }

    // A new source goes on where the old one stood, moved by the time that has passed.
    private void Rebase(Instant now, uint timestamp, bool restarted)
    {
        if (restarted)
        {
            uint next = !_hasSent
                ? _source.FirstTimestamp
                : unchecked(_lastTimestamp + (uint)((now - _lastArrival).TotalMilliseconds * SamplesPerMillisecond));
            _offset = unchecked(next - timestamp);
            _frames.Clear();
        }

        _hasSent = true;
        _lastArrival = now;
        _lastTimestamp = unchecked(timestamp + _offset);
    }

    private void Resize(int frameSamples)
    {
        if (frameSamples != _frameSamples)
        {
            _frameSamples = frameSamples;
            _frames = new Repacketiser(frameSamples);
        }
    }
}
