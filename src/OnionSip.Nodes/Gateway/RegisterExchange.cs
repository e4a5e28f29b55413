using System.Collections.Generic;
using System.Globalization;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>One REGISTER of a phone on its way to the provider and back. (SIP.GATEWAY.REGISTER, SIP.RULE-2, SIP.RULE-3)</summary>
/// <remarks>The gateway has no password: it sends nothing that the phone did not ask for, and only the provider's 200 makes a
/// binding.</remarks>
internal sealed class RegisterExchange : Exchange
{
    private readonly TransactionId _phone;
    private readonly SipRequest _request;
    private readonly SipPeer _peer;
    private readonly SipUri? _contact;
    private TransactionId _provider;
    private bool _isSent;
    private bool _passStale;

    /// <param name="core">Of the gateway.</param>
    /// <param name="account">Whose binding it is.</param>
    /// <param name="phone">The phone's transaction.</param>
    /// <param name="peer">Where the phone is.</param>
    /// <param name="request">The phone's REGISTER.</param>
    /// <param name="contact">The phone's contact; null removes the binding.</param>
    public RegisterExchange(GatewayCore core, GatewayAccount account, TransactionId phone, SipPeer peer, SipRequest request,
        SipUri? contact)
        : base(core, account)
    {
        _phone = phone;
        _peer = peer;
        _request = request;
        _contact = contact;
    }

    public void Begin(Instant now)
    {
        Deadline = now + Core.Options.ReachTimeout;
        if (Account.Upstream.IsReady)
        {
            HandleUpstreamReady(now);
        }
        else
        {
            Account.Upstream.Need(now);
        }
    }

    public override void HandleUpstreamReady(Instant now)
    {
        if (!_isSent)
        {
            _isSent = true;
            Deadline = Instant.Never;
            Send(now, withCredentials: true);
        }
    }

    public override void HandleUpstreamLost(Instant now, GatewayFailure reason, bool pathLost) => Fail(now, reason);

    public override void HandleTimeout(Instant now)
    {
        if (Deadline <= now)
        {
            Fail(now, GatewayFailure.Timeout);
        }
    }

    public override void HandleProvider(Instant now, in SipEvent sipEvent)
    {
        if (IsDone || sipEvent.Transaction != _provider)
        {
            return;
        }

        switch (sipEvent.Kind)
        {
            case SipEventKind.Response when !sipEvent.Response.IsProvisional:
                HandleFinal(now, sipEvent.Response);
                break;
            case SipEventKind.Timeout:
                Fail(now, GatewayFailure.Unreachable);
                break;
            case SipEventKind.TransportFailed:
                Fail(now, GatewayFailure.Closed);
                break;
        }
    }

    public override void Shutdown(Instant now) => Fail(now, GatewayFailure.Closed);

    /// <summary>The 200 that a phone gets, from the provider's word or from the gateway while a binding is fresh.</summary>
    public static SipResponse Accept(GatewayCore core, SipRequest request, SipUri? contact, int seconds)
    {
        SipResponse response = PhoneTemplate.Respond(request, 200, null, core.Entropy);
        if (contact is not null)
        {
            NameAddress value = new NameAddress(contact).WithParameter("expires", seconds.ToString(CultureInfo.InvariantCulture));
            response.Headers.TryAdd(SipHeaderNames.Contact, value.Reveal());
        }

        return response;
    }

    private void Send(Instant now, bool withCredentials)
    {
        bool ownDomain = _request.Uri.IsSip
            && string.Equals(_request.Uri.Host, Account.Options.Domain, System.StringComparison.OrdinalIgnoreCase)
            && _request.Uri.User is null;
        SipUri uri = ownDomain ? _request.Uri : SipUri.Create(null, Account.Options.Domain);
        SipRequest request = UpstreamTemplate.Register(Account, uri, _contact is null ? 0 : Account.ExpirySeconds);
        _passStale |= !withCredentials || !DigestPassage.CopyCredentials(_request, request, Account.Ledger, new LeakReport());
        if (!Core.RequestProvider(now, this, Account.Upstream, request, out _provider))
        {
            Fail(now, GatewayFailure.Busy);
        }
    }

    private void HandleFinal(Instant now, SipResponse response)
    {
        switch (response.Status)
        {
            case 423 when _contact is not null && TryTakeMinimum(response):
                // Our own expiry was refused, not the phone's: asked again without credentials, the challenge then bears stale=true.
                Send(now, withCredentials: false);
                return;
            case 401 or 407:
                Challenge(now, response);
                break;
            case >= 200 and < 300:
                Bind(now, response);
                break;
            default:
                SipResponse refusal = PhoneTemplate.Respond(_request, response.Status, response.ReasonPhrase, Core.Entropy);
                CopyRetryAfter(response, refusal);
                Core.RespondPhone(now, _phone, refusal);
                break;
        }

        IsDone = true;
    }

    private void Challenge(Instant now, SipResponse response)
    {
        SipResponse passed = PhoneTemplate.Respond(_request, response.Status, response.ReasonPhrase, Core.Entropy);
        bool any = DigestPassage.CopyChallenges(response, passed, _passStale);
        Core.RespondPhone(now, _phone, any ? passed : PhoneTemplate.Respond(_request, 403, SipTexts.OnlyAuthInt, Core.Entropy));
    }

    private void Bind(Instant now, SipResponse response)
    {
        if (_contact is null)
        {
            Account.Binding = null;
            Core.Emit(new RegistrationChanged(Account.Id, false, GatewayFailure.None));
            Core.RespondPhone(now, _phone, Accept(Core, _request, null, 0));
            return;
        }

        int granted = Granted(response);
        int local = System.Math.Min(GatewayLimits.LocalExpirySeconds, granted);
        System.TimeSpan spare = System.TimeSpan.FromSeconds(5);
        Account.Binding =
            new PhoneBinding(_contact, _peer, now + System.TimeSpan.FromSeconds(local) + spare, now + System.TimeSpan.FromSeconds(granted));
        Core.Emit(new RegistrationChanged(Account.Id, true, GatewayFailure.None));
        Core.RespondPhone(now, _phone, Accept(Core, _request, _contact, local));
    }

    private int Granted(SipResponse response)
    {
        if (response.TryGetContacts(out List<ContactValue> contacts))
        {
            foreach (ContactValue contact in contacts)
            {
                if (contact.Address is { } address && address.Uri.User == Account.ContactUser && contact.ExpiresSeconds is { } seconds)
                {
                    return (int)System.Math.Clamp(seconds, 1, GatewayLimits.MaxProviderExpirySeconds);
                }
            }
        }

        return response.TryGetNumber(SipHeaderNames.Expires, out uint expires)
            ? (int)System.Math.Clamp(expires, 1, GatewayLimits.MaxProviderExpirySeconds)
            : Account.ExpirySeconds;
    }

    private bool TryTakeMinimum(SipResponse response)
    {
        bool usable = response.TryGetNumber(SipHeaderNames.MinExpires, out uint seconds)
            && seconds > Account.ExpirySeconds && seconds <= GatewayLimits.MaxProviderExpirySeconds;
        Account.ExpirySeconds = usable ? (int)seconds : Account.ExpirySeconds;
        return usable;
    }

    private void Fail(Instant now, GatewayFailure reason)
    {
        if (!IsDone)
        {
            IsDone = true;
            Core.RespondPhone(now, _phone, PhoneTemplate.Unavailable(_request, reason, Core.Entropy));
        }
    }

    private static void CopyRetryAfter(SipResponse from, SipResponse to)
    {
        if (from.TryGetToken(SipHeaderNames.RetryAfter, out TokenValue value))
        {
            to.Headers.TryAdd(SipHeaderNames.RetryAfter, value.Word);
        }
    }
}
