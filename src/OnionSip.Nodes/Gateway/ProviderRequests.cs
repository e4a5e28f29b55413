using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>Decides what becomes of each new request of a provider. (SIP.GATEWAY.INCOMING)</summary>
internal sealed class ProviderRequests(GatewayCore core, AccountTable accounts, PhoneSide phones)
{
    public void Handle(Instant now, in SipEvent sipEvent)
    {
        SipRequest request = sipEvent.Request;
        TransactionId transaction = sipEvent.Transaction;
        if (accounts.FindByUpstream(new UpstreamId((int)sipEvent.Peer.Connection)) is not { } account)
        {
            Refuse(now, transaction, request, 404);
            return;
        }

        account.Upstream.Touch(now);
        if (request.To.Tag is not null)
        {
            HandleInDialog(now, transaction, account, request);
            return;
        }

        if (request.GetWords(SipHeaderNames.Require).Count > 0)
        {
            SipResponse bad = UpstreamTemplate.Respond(request, 420, SipTokens.Tag(core.Entropy));
            bad.Headers.TryAdd(SipHeaderNames.Unsupported, string.Join(", ", request.GetWords(SipHeaderNames.Require)));
            core.RespondProvider(now, transaction, bad);
            return;
        }

        switch (request.Method)
        {
            case SipMethods.Invite:
                Invite(now, transaction, account, request);
                break;
            case SipMethods.Options:
                Refuse(now, transaction, request, 200);
                break;
            case SipMethods.Notify:
                Refuse(now, transaction, request, 489);
                break;
            default:
                Refuse(now, transaction, request, request.Method is SipMethods.Bye or SipMethods.Info ? 481 : 405);
                break;
        }
    }

    private void HandleInDialog(Instant now, TransactionId transaction, GatewayAccount account, SipRequest request)
    {
        foreach (Exchange exchange in core.Exchanges)
        {
            // A dialog belongs to its account: another provider that knows its identifiers cannot reach it.
            if (exchange is GatewayCall { IsDone: false } call && call.Account == account && call.ProviderLeg.Matches(request))
            {
                call.HandleProviderRequest(now, transaction, request);
                return;
            }
        }

        Refuse(now, transaction, request, 481);
    }

    private void Invite(Instant now, TransactionId transaction, GatewayAccount account, SipRequest request)
    {
        if (request.Uri.User != account.ContactUser)
        {
            Refuse(now, transaction, request, 404);
            return;
        }

        bool reachable = account.Binding is { } binding && binding.IsLive(now) && phones.IsReachable(binding.Phone);
        if (!reachable || core.Exchanges.Count >= GatewayLimits.MaxExchanges || CountRinging(account) >= GatewayLimits.MaxRinging)
        {
            Refuse(now, transaction, request, 480);
            return;
        }

        IncomingCall call = new(core, account, transaction, request);
        core.Add(call);
        call.Begin(now);
    }

    // One provider may not take the table, the sockets and the associations of all accounts.
    private int CountRinging(GatewayAccount account)
    {
        int count = 0;
        foreach (Exchange exchange in core.Exchanges)
        {
            count += exchange is IncomingCall { Stage: CallStage.Reaching or CallStage.Calling } call && call.Account == account ? 1 : 0;
        }

        return count;
    }

    private void Refuse(Instant now, TransactionId transaction, SipRequest request, int status) =>
        core.RespondProvider(now, transaction, UpstreamTemplate.Respond(request, status, SipTokens.Tag(core.Entropy)));
}
