using System.Globalization;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>The form of what goes to a phone. (SIP.GATEWAY.TEMPLATE, SIP.RULE-1)</summary>
internal static class PhoneTemplate
{
    /// <summary>A response without a dialog.</summary>
    public static SipResponse Respond(SipRequest request, int status, string? phrase, Entropy entropy) =>
        SipResponse.For(request, status, phrase, SipTokens.Tag(entropy));

    /// <summary>503 with Retry-After and a sentence for a person. (SIP.GATEWAY.FAIL-CLOSED)</summary>
    public static SipResponse Unavailable(SipRequest request, GatewayFailure reason, Entropy entropy)
    {
        SipResponse response = Respond(request, 503, SipTexts.Phrase(reason), entropy);
        response.Headers.Add(SipHeaderNames.RetryAfter, (5 + entropy.NextInt32(6)).ToString(CultureInfo.InvariantCulture));
        return response;
    }

    /// <summary>
    /// A dialog-forming response: the gateway alone in Record-Route, the provider's remote target byte for byte in Contact.
    /// </summary>
    public static SipResponse RespondInvite(GatewayCore core, SipPeer phone, SipRequest request, SipResponse source, string localTag,
        SipUri? target, byte[]? sdp)
    {
        SipResponse response = SipResponse.For(request, source.Status, source.ReasonPhrase, localTag);
        response.Headers.Add(SipHeaderNames.RecordRoute, core.RecordRoute(phone));
        if (target is not null)
        {
            response.Headers.Add(SipHeaderNames.Contact, new NameAddress(target).Reveal());
        }

        response.Headers.Add(SipHeaderNames.Allow, SipTexts.Allow);
        if (sdp is not null)
        {
            response.SetBody(SipTexts.Sdp, sdp);
        }

        return response;
    }

    /// <summary>An INVITE to a phone.</summary>
    public static void CompleteInvite(GatewayCore core, SipPeer phone, SipRequest request, SipUri? target, byte[] sdp)
    {
        request.Headers.Add(SipHeaderNames.RecordRoute, core.RecordRoute(phone));
        request.Headers.Add(SipHeaderNames.Contact, new NameAddress(target ?? SipUri.Create(null, "anonymous.invalid")).Reveal());
        request.Headers.Add(SipHeaderNames.Allow, SipTexts.Allow);
        request.SetBody(SipTexts.Sdp, sdp);
    }
}
