using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>
/// Where an account's phone is, and how long the provider keeps our binding; made by a provider's 200 alone. (SIP.RULE-3)
/// </summary>
internal sealed record PhoneBinding(SipUri Contact, SipPeer Phone, Instant LocalExpiry, Instant ProviderExpiry)
{
    /// <summary>True while the phone can be called.</summary>
    public bool IsLive(Instant now) => now < LocalExpiry;

    public override string ToString() => "[binding]";
}
