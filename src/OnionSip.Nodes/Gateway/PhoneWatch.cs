using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>Ends a call whose phone has vanished: nobody else would, and it goes on costing money. (SIP.GATEWAY.CALL)</summary>
/// <remarks>
/// A phone of which nothing came for <see cref="GatewayLimits.PhoneSilence"/>, neither media nor reports nor requests, is asked with an
/// OPTIONS inside its dialog; any answer but 408 and 481 is a sign of life. Nothing of it reaches the provider.
/// Timers: none of its own: it is looked at with every tick of the call's media.
/// </remarks>
internal sealed class PhoneWatch(GatewayCore core, GatewayCall call)
{
    private TransactionId _probe;
    private bool _isProbing;
    private Instant _heard = Instant.Never;

    /// <summary>Something came of the phone.</summary>
    public void Note(Instant now) => _heard = now;

    /// <summary>Asks a phone that has been silent for too long.</summary>
    public void HandleTimeout(Instant now)
    {
        _heard = _heard.IsNever ? now : _heard;
        if (!_isProbing && now - _heard >= GatewayLimits.PhoneSilence)
        {
            _heard = now;
            _isProbing = core.RequestPhone(now, call, call.Phone, call.PhoneLeg!.Begin(SipMethods.Options), out _probe);
        }
    }

    /// <summary>True when the event is the question's.</summary>
    public bool TakeEvent(Instant now, in SipEvent sipEvent, out bool isGone)
    {
        isGone = false;
        if (!_isProbing || sipEvent.Transaction != _probe)
        {
            return false;
        }

        bool final = sipEvent.Kind == SipEventKind.Response && !sipEvent.Response.IsProvisional;
        isGone = sipEvent.Kind is SipEventKind.Timeout or SipEventKind.TransportFailed || (final && sipEvent.Response.Status is 408 or 481);
        _isProbing = !final && !isGone;
        _heard = final ? now : _heard;
        return true;
    }
}
