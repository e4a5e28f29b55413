using System;

namespace OnionSip.Streams;

/// <summary>The retransmission timeout after RFC 6298 §2. (STREAM.RTO)</summary>
internal sealed class RttEstimator
{
    private TimeSpan _smoothed;
    private TimeSpan _variation;
    private bool _hasSample;

    /// <summary>Without backoff.</summary>
    public TimeSpan Rto { get; private set; } = StreamLimits.InitialRto;

    public void AddSample(TimeSpan rtt)
    {
        if (!_hasSample)
        {
            _hasSample = true;
            _smoothed = rtt;
            _variation = rtt / 2;
        }
        else
        {
            _variation = ((_variation * 3) + (_smoothed - rtt).Duration()) / 4;
            _smoothed = ((_smoothed * 7) + rtt) / 8;
        }

        long ticks = (_smoothed + (_variation * 4)).Ticks;
        Rto = new(Math.Clamp(ticks, StreamLimits.MinRto.Ticks, StreamLimits.MaxRto.Ticks));
    }
}
