using System;
using OnionSip.Machines;

namespace OnionSip.Media;

/// <summary>What goes to the exit: one packet at every tick, whatever the phone does. (MEDIA.GRID)</summary>
/// <remarks>
/// A tick carries a key press, else a frame of the phone, else silence. The timestamp moves on by 160 at every tick, sent or not.
/// While the far side only sends, silence goes out until it is heard: it may wait for our packet to learn where to send (SIP.RULE-9).
/// The phone's sequence numbers, timestamps, markers and pauses are read and never copied.
/// </remarks>
internal sealed class NetworkSender(Entropy entropy)
{
    public const int SamplesPerTick = 160;

    private readonly RtpSource _source = new(entropy);
    private readonly DriftQueue _queue = new(SamplesPerTick);
    private readonly Repacketiser _frames = new(SamplesPerTick);
    private readonly EventRelay _events = new();
    private readonly byte[] _scratch = new byte[Repacketiser.Capacity];
    private uint _elapsed;

    public uint Ssrc => _source.Ssrc;

    public RtcpSent Sent => _source.Sent;

    public long FramesSent { get; private set; }

    public long SilenceSent { get; private set; }

    public long Slips => _queue.Slips;

    /// <summary>Takes audio of the phone, in either law.</summary>
    public MediaDrop HandleAudio(in RtpPacket packet, G711Law from, G711Law to)
    {
        if (packet.Payload.Length > _scratch.Length)
        {
            return MediaDrop.TooLong;
        }

        Span<byte> codes = _scratch.AsSpan(0, packet.Payload.Length);
        packet.Payload.CopyTo(codes);
        G711.Convert(codes, from, to);
        if (!_frames.Append(packet.Timestamp, codes))
        {
            _frames.Clear();
            return MediaDrop.TooLong;
        }

        Span<byte> frame = stackalloc byte[SamplesPerTick];
        while (_frames.TryTake(frame, out _))
        {
            _queue.Put(frame);
        }

        return MediaDrop.None;
    }

    public MediaDrop HandleEvent(in RtpPacket packet) =>
        _events.Handle(packet.Timestamp, packet.Payload) ? MediaDrop.None : MediaDrop.UnknownPayload;

    /// <summary>One tick; nothing leaves while the format does not send, but time goes on.</summary>
    public void Tick(MediaOutbox outbox, in LegFormat format, bool isHeard)
    {
        uint timestamp = unchecked(_source.FirstTimestamp + _elapsed);
        _elapsed = unchecked(_elapsed + SamplesPerTick);
        Span<byte> payload = stackalloc byte[SamplesPerTick];
        if (format.Sends && format.EventTo >= 0 && _events.TryTick(timestamp, payload, out bool first, out uint start))
        {
            // The audio of a pressed key is the key's tone or silence: its frame is used up with the tick.
            _queue.TryTake(stackalloc byte[SamplesPerTick]);
            Send(outbox, (byte)format.EventTo, first, start, payload[..EventRelay.PayloadBytes]);
            return;
        }

        bool audio = format.Sends && _queue.TryTake(payload);
        if (audio || format.Sends || (format.Receives && !isHeard))
        {
            SilenceSent += audio ? 0 : 1;
            payload = audio ? payload : Silence(payload, format.Law);
            Send(outbox, (byte)format.AudioTo, false, timestamp, payload);
        }
    }

    /// <summary>A tick that nothing could leave at: time goes on. (MEDIA.GRID)</summary>
    public void SkipTick() => _elapsed = unchecked(_elapsed + SamplesPerTick);

    /// <summary>Forgets the phone's audio: its codec or direction changed.</summary>
    public void Clear()
    {
        _queue.Clear();
        _frames.Clear();
    }

    private static Span<byte> Silence(Span<byte> payload, G711Law law)
    {
        payload.Fill(G711.Silence(law));
        return payload;
    }

    private void Send(MediaOutbox outbox, byte payloadType, bool marker, uint timestamp, ReadOnlySpan<byte> payload)
    {
        _source.Send(outbox, payloadType, marker, timestamp, payload);
        FramesSent++;
    }
}
