using System;
using System.Buffers.Binary;

namespace OnionSip.Media;

/// <summary>Keys pressed on the phone, sent anew on the tick: whole ticks, one volume, one rhythm. (MEDIA.EVENTS)</summary>
/// <remarks>
/// Shape:  payload event u8 | E R volume(6) | duration u16 (RFC 4733 §2.3). Of the phone's packets only the event and its end count.
/// Rule:   an event starts at the tick after its first packet and lasts at least <see cref="MinTicks"/> ticks; three end packets close it.
/// Bounds: events 0 to 15; <see cref="QueueLength"/> waiting, the rest is dropped and counted; an event the phone never ends stops
///         after <see cref="SilentTicks"/> ticks without a packet or <see cref="MaxTicks"/> in all.
/// </remarks>
public sealed class EventRelay
{
    /// <summary>An RFC 4733 payload.</summary>
    public const int PayloadBytes = 4;

    /// <summary>media.event_min_ticks.</summary>
    public const int MinTicks = 5;

    /// <summary>media.event_max_ticks: what a duration of 16 bits can say.</summary>
    public const int MaxTicks = 400;

    /// <summary>media.event_silent_ticks.</summary>
    public const int SilentTicks = 10;

    /// <summary>media.event_queue.</summary>
    public const int QueueLength = 16;

    private const int EndPackets = 3;
    private const int SamplesPerTick = 160;
    private const byte Volume = 10;

    private readonly byte[] _waiting = new byte[QueueLength];
    private int _first;
    private int _count;
    private bool _isActive;
    private bool _newestEnded;
    private bool _hasHeard;
    private byte _event;
    private uint _heardTimestamp;
    private int _ticks;
    private int _silent;
    private int _ends;
    private uint _startTimestamp;

    /// <summary>Events left out because too many waited.</summary>
    public long Dropped { get; private set; }

    /// <summary>True while the tick belongs to an event instead of audio.</summary>
    public bool IsActive => _isActive || _count > 0;

    /// <summary>Takes one packet of the phone; false when it is no event that is passed.</summary>
    public bool Handle(uint timestamp, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < PayloadBytes || payload[0] > 15)
        {
            return false;
        }

        bool end = (payload[1] & 0x80) != 0;
        _silent = 0;
        if (_hasHeard && timestamp == _heardTimestamp)
        {
            _newestEnded |= end;
            return true;
        }

        _hasHeard = true;
        _heardTimestamp = timestamp;
        _newestEnded = end;
        if (_count == QueueLength)
        {
            Dropped++;
            return true;
        }

        _waiting[(_first + _count) % QueueLength] = payload[0];
        _count++;
        return true;
    }

    /// <summary>Writes what this tick carries; false when it carries audio.</summary>
    public bool TryTick(uint timestamp, Span<byte> payload, out bool first, out uint startTimestamp)
    {
        first = false;
        startTimestamp = 0;
        if (!IsActive)
        {
            return false;
        }

        if (!_isActive)
        {
            Begin(timestamp);
            first = true;
        }

        _ticks += _ends == 0 ? 1 : 0;
        _silent++;

        // The next key closes the one before it, whether or not its end packets came.
        bool ended = _ticks >= MinTicks && (_newestEnded || _count > 0 || _silent > SilentTicks || _ticks >= MaxTicks);
        _ends += ended ? 1 : 0;
        payload[0] = _event;
        payload[1] = (byte)((ended ? 0x80 : 0) | Volume);
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], (ushort)(_ticks * SamplesPerTick));
        startTimestamp = _startTimestamp;
        _isActive = _ends < EndPackets;
        return true;
    }

    private void Begin(uint timestamp)
    {
        _event = _waiting[_first];
        _first = (_first + 1) % QueueLength;
        _count--;
        _isActive = true;
        _ticks = 0;
        _silent = 0;
        _ends = 0;
        _startTimestamp = timestamp;
    }
}
