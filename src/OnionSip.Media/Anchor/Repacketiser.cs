using System;

namespace OnionSip.Media;

/// <summary>Cuts a row of G.711 payloads of any length (10, 20, 30, 60 ms, …) into frames of one length. (MEDIA.REPACKETISE)</summary>
/// <remarks>
/// Use:    <see cref="Append"/> a payload, then <see cref="TryTake"/> until it says no.
/// Bounds: <see cref="Capacity"/> samples; a payload that does not fit is refused whole.
/// A gap or a step back in the timestamps drops the part frame before it.
/// </remarks>
public sealed class Repacketiser
{
    /// <summary>120 ms: media.repacketiser_samples.</summary>
    public const int Capacity = 960;

    private readonly byte[] _samples = new byte[Capacity];
    private readonly int _frameSamples;
    private uint _nextTimestamp;
    private int _count;

    public Repacketiser(int frameSamples)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(frameSamples);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frameSamples, Capacity / 2);
        _frameSamples = frameSamples;
    }

    /// <summary>Samples held that do not fill a frame yet.</summary>
    public int Held => _count;

    /// <summary>Takes one payload; false when it is longer than there is room for.</summary>
    public bool Append(uint timestamp, ReadOnlySpan<byte> payload)
    {
        if (_count > 0 && timestamp != _nextTimestamp)
        {
            _count = 0;
        }

        if (payload.Length > Capacity - _count)
        {
            return false;
        }

        payload.CopyTo(_samples.AsSpan(_count));
        _count += payload.Length;
        _nextTimestamp = unchecked(timestamp + (uint)payload.Length);
        return true;
    }

    /// <summary>Writes one frame and its timestamp; false when there is none.</summary>
    public bool TryTake(Span<byte> frame, out uint timestamp)
    {
        timestamp = unchecked(_nextTimestamp - (uint)_count);
        if (_count < _frameSamples)
        {
            return false;
        }

        _samples.AsSpan(0, _frameSamples).CopyTo(frame);
        _samples.AsSpan(_frameSamples, _count - _frameSamples).CopyTo(_samples);
        _count -= _frameSamples;
        return true;
    }

    public void Clear() => _count = 0;
}
