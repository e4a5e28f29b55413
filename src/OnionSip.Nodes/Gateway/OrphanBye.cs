using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>A BYE that must reach the provider, over a new path if need be, until answered or 32 s have passed. (SIP.RULE-6)</summary>
/// <remarks>A PSTN call whose caller has vanished goes on billing. A challenge is no answer we can give: it ends the attempt.</remarks>
internal sealed class OrphanBye : Exchange
{
    private readonly LegDialog _dialog;
    private TransactionId _transaction;

    public OrphanBye(Instant now, GatewayCore core, GatewayAccount account, LegDialog dialog)
        : base(core, account)
    {
        _dialog = dialog;
        Deadline = now + GatewayLimits.Patience;
    }

    public void Begin(Instant now)
    {
        if (Account.Upstream.IsReady)
        {
            HandleUpstreamReady(now);
        }
        else
        {
            Account.Upstream.Need(now);
        }
    }

    public override void HandleUpstreamReady(Instant now) =>
        Core.RequestProvider(now, this, Account.Upstream, _dialog.Begin(SipMethods.Bye), out _transaction);

    public override void HandleProvider(Instant now, in SipEvent sipEvent)
    {
        bool ours = sipEvent.Transaction == _transaction;
        IsDone |= ours
            && (sipEvent.Kind == SipEventKind.Timeout || (sipEvent.Kind == SipEventKind.Response && !sipEvent.Response.IsProvisional));
    }

    public override void HandleTimeout(Instant now) => IsDone |= Deadline <= now;

    public override void Shutdown(Instant now)
    {
    }
}
