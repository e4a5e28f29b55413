using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>An OPTIONS of a phone about somebody else, asked anew of the provider. (SIP.GATEWAY.OPTIONS)</summary>
/// <remarks>After a challenge it waits for the phone's second one and keeps Call-ID and tag for it (SIP.RULE-2).</remarks>
internal sealed class OptionsExchange : Exchange
{
    private readonly LegDialog _leg;
    private TransactionId _phone;
    private SipRequest _request;
    private TransactionId _provider;
    private bool _isWaiting = true;
    private bool _isChallenged;
    private bool _passStale;

    public OptionsExchange(GatewayCore core, GatewayAccount account, TransactionId phone, SipRequest request)
        : base(core, account)
    {
        _phone = phone;
        _request = request;
        _leg = new LegDialog
        {
            CallId = SipTokens.CallId(core.Entropy),
            LocalTag = SipTokens.Tag(core.Entropy),
            Local = new NameAddress(account.Aor),
            Remote = new NameAddress(SipTexts.Bare(request.Uri)),
        };
    }

    public bool Continues(SipRequest request) =>
        _isChallenged && request.CallId == _request.CallId && SipTexts.Same(request.Uri, _request.Uri);

    public void Continue(Instant now, TransactionId phone, SipRequest request)
    {
        _phone = phone;
        _request = request;
        _isChallenged = false;
        _isWaiting = true;
        Begin(now);
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
        if (!_isWaiting)
        {
            return;
        }

        _isWaiting = false;
        Deadline = Instant.Never;
        SipRequest options = _leg.Begin(SipMethods.Options, _request.Uri);
        options.Headers.Add(SipHeaderNames.Contact, new NameAddress(Account.Contact).Reveal());
        options.Headers.Add(SipHeaderNames.Accept, SipTexts.Accept);
        _passStale = !DigestPassage.CopyCredentials(_request, options, Account.Ledger, new LeakReport());
        if (!Core.RequestProvider(now, this, Account.Upstream, options, out _provider))
        {
            Fail(now, GatewayFailure.Busy);
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

        if (sipEvent.Kind is SipEventKind.Timeout or SipEventKind.TransportFailed)
        {
            Fail(now, GatewayFailure.Unreachable);
        }
        else if (sipEvent.Kind == SipEventKind.Response && !sipEvent.Response.IsProvisional)
        {
            Pass(now, sipEvent.Response);
        }
    }

    public override void Shutdown(Instant now) => Fail(now, GatewayFailure.Closed);

    private void Pass(Instant now, SipResponse response)
    {
        SipResponse passed = PhoneTemplate.Respond(_request, response.Status, response.ReasonPhrase, Core.Entropy);
        if (response.Status is 401 or 407)
        {
            _isChallenged = DigestPassage.CopyChallenges(response, passed, _passStale);
            Deadline = now + GatewayLimits.Patience;
            passed = _isChallenged ? passed : PhoneTemplate.Respond(_request, 403, SipTexts.OnlyAuthInt, Core.Entropy);
        }

        Core.RespondPhone(now, _phone, passed);
        IsDone = !_isChallenged;
    }

    private void Fail(Instant now, GatewayFailure reason)
    {
        if (!IsDone && !_isChallenged)
        {
            Core.RespondPhone(now, _phone, PhoneTemplate.Unavailable(_request, reason, Core.Entropy));
        }

        IsDone = true;
    }
}
