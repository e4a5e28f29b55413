using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>A request of one leg that was sent on as a new request of the other, and waits for its answer. (SIP.GATEWAY.DIALOG)</summary>
internal sealed record CallRelay(bool FromPhone, TransactionId Source, SipRequest Request, TransactionId Destination, bool PassStale)
{
    public override string ToString() => Request.Method + " relay";
}
