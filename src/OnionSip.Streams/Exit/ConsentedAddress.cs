using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>
/// What an association knows of one address; it outlives the consent, so that naming it again renews nothing.
/// (EXIT.UNHEARD)
/// </summary>
internal struct ConsentedAddress
{
    private int _packets;
    private int _bytes;
    private Instant _lastSent;

    public bool IsInUse;
    public IpAddress Address;
    public bool IsConsented;
    public bool IsHeard;

    /// <summary>250 packets or 64,000 bytes, then 5 packets a second. (EXIT.UNHEARD)</summary>
    public readonly bool MaySendUnheard(Instant now, int bytes)
    {
        bool hasAllowance = _packets < ExitLimits.UnheardPackets && _bytes + bytes <= ExitLimits.UnheardBytes;
        return hasAllowance
            || (now - _lastSent).Ticks >= System.TimeSpan.TicksPerSecond / ExitLimits.UnheardPacketsPerSecond;
    }

    public void NoteSent(Instant now, int bytes)
    {
        _lastSent = now;
        if (_packets < ExitLimits.UnheardPackets)
        {
            _packets++;
            _bytes += bytes;
        }
    }

    public readonly bool MayBeForgotten(Instant now) => !IsConsented && _lastSent + ExitLimits.ForgetAddress <= now;
}
