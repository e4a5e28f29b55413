using System.Globalization;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>
/// The one form of every message that goes to a provider; what a phone says never chooses it. (SIP.GATEWAY.TEMPLATE, SIP.FIELDS)
/// </summary>
internal static class UpstreamTemplate
{
    /// <summary>A REGISTER of the era; credentials are the caller's to add.</summary>
    public static SipRequest Register(GatewayAccount account, SipUri uri, int expirySeconds)
    {
        SipRequest request = new(SipMethods.Register, uri);
        request.Headers.Add(SipHeaderNames.MaxForwards, "70");
        NameAddress aor = new(account.Aor);
        request.Headers.Add(SipHeaderNames.From, aor.WithTag(account.RegisterTag).Reveal());
        request.Headers.Add(SipHeaderNames.To, aor.Reveal());
        request.Headers.Add(SipHeaderNames.CallId, account.RegisterCallId);
        request.Headers.Add(SipHeaderNames.CSeq, new CSeqValue(account.NextRegisterNumber++, SipMethods.Register).ToString());
        request.Headers.Add(SipHeaderNames.Contact,
            new NameAddress(account.Contact).WithParameter("+sip.instance", account.Instance).Reveal());
        request.Headers.Add(SipHeaderNames.Expires, expirySeconds.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(SipHeaderNames.Allow, SipTexts.Allow);
        return request;
    }

    /// <summary>What every INVITE of ours bears besides its dialog.</summary>
    public static void CompleteInvite(GatewayAccount account, SipRequest request, bool isPrivate, byte[] sdp)
    {
        request.Headers.Add(SipHeaderNames.Contact, new NameAddress(account.Contact).Reveal());
        request.Headers.Add(SipHeaderNames.Allow, SipTexts.Allow);
        request.Headers.Add(SipHeaderNames.Accept, SipTexts.Accept);
        if (isPrivate)
        {
            request.Headers.Add(SipHeaderNames.Privacy, "id");
        }

        request.SetBody(SipTexts.Sdp, sdp);
    }

    /// <summary>
    /// A response to a provider: its own Via, From, To, Call-ID, CSeq, and constants; the usual phrase whatever the phone wrote.
    /// </summary>
    public static SipResponse Respond(SipRequest request, int status, string? localTag)
    {
        SipResponse response = SipResponse.For(request, status, null, localTag);
        if (status is 405 || (status == 200 && request.Method is SipMethods.Options))
        {
            response.Headers.Add(SipHeaderNames.Allow, SipTexts.Allow);
        }

        if (status == 200 && request.Method == SipMethods.Options)
        {
            response.Headers.Add(SipHeaderNames.Accept, SipTexts.Accept);
        }

        return response;
    }

    /// <summary>A dialog-forming response: Record-Route as it came, our Contact, Allow.</summary>
    public static SipResponse RespondInvite(GatewayAccount account, SipRequest request, int status, string localTag, byte[]? sdp)
    {
        SipResponse response = SipResponse.For(request, status, null, localTag);
        foreach (string route in request.Headers.FindAll(SipHeaderNames.RecordRoute))
        {
            response.Headers.TryAdd(SipHeaderNames.RecordRoute, route);
        }

        response.Headers.Add(SipHeaderNames.Contact, new NameAddress(account.Contact).Reveal());
        response.Headers.Add(SipHeaderNames.Allow, SipTexts.Allow);
        if (sdp is not null)
        {
            response.SetBody(SipTexts.Sdp, sdp);
        }

        return response;
    }
}
