using OnionSip.Machines;
using OnionSip.Media;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>A call of the provider to the phone that is registered. (SIP.GATEWAY.INCOMING, SIP.RULE-1, SIP.RULE-6, SIP.RULE-10)</summary>
/// <remarks>
/// States: Reaching → Calling (the phone rings) → Answered → Confirmed → Ending → Done; Lingering while a cancelled phone has not answered.
/// Rule:   of what the phone answers only ringing, a codec and one of a few final codes are seen by the provider.
/// </remarks>
internal sealed class IncomingCall : GatewayCall
{
    private readonly TransactionId _providerInvite;
    private readonly SipRequest _request;
    private TransactionId _phoneInvite;
    private SdpSession? _offer;
    private bool _providerAnswersInAck;

    public IncomingCall(GatewayCore core, GatewayAccount account, TransactionId transaction, SipRequest request)
        : base(core, account, account.Binding!.Phone, ProviderDialog(core, request), isOutgoing: false)
    {
        _providerInvite = transaction;
        _request = request;
        ProviderLeg.TakeRequest(request);
        core.OwnProvider(transaction, this);
    }

    public void Begin(Instant now)
    {
        SdpDirection direction = SdpDirection.SendReceive;
        if (_request.Body.Length > 0
            && (!_request.HasContentType(SipTexts.Sdp) || SdpLeg.Check(_request.Body.Span, out _offer, out direction) != SdpRefusal.None))
        {
            Refuse(now, 488, CallEndReason.NoCommonCodec);
            return;
        }

        Stage = CallStage.Reaching;
        Deadline = now + Core.Options.ReachTimeout;
        if (Account.Upstream.ReadyPath is { } path)
        {
            Media.Associate(path, !Account.Upstream.Remote.Address.IsIPv4);
        }

        HandleMediaReady(now);
    }

    /// <summary>Sockets or association are there.</summary>
    public void HandleMediaReady(Instant now)
    {
        if (Stage != CallStage.Reaching || !Media.IsOpen)
        {
            return;
        }

        PhoneBinding binding = Account.Binding!;
        PhoneLeg = new LegDialog
        {
            CallId = SipTokens.CallId(Core.Entropy),
            LocalTag = SipTokens.Tag(Core.Entropy),
            Local = _request.From.WithoutTag(),
            Remote = new NameAddress(Account.Aor),
            RemoteTarget = binding.Contact,
        };
        SipRequest invite = PhoneLeg.Begin(SipMethods.Invite, binding.Contact);
        PhoneLeg.InviteNumber = invite.CSeq.Number;
        PhoneTemplate.CompleteInvite(Core, Phone, invite, ProviderLeg.RemoteTarget, Media.Phone!.Offer(SdpDirection.SendReceive));
        Stage = CallStage.Calling;
        Deadline = Instant.Never;
        if (!Core.RequestPhone(now, this, Phone, invite, out _phoneInvite))
        {
            Refuse(now, 480, CallEndReason.PhoneLost);
        }
    }

    public override void HandlePhone(Instant now, in SipEvent sipEvent)
    {
        if (sipEvent.Transaction != _phoneInvite)
        {
            base.HandlePhone(now, in sipEvent);
            return;
        }

        switch (sipEvent.Kind)
        {
            case SipEventKind.Response when sipEvent.Response.IsProvisional:
                PassRinging(now, sipEvent.Response);
                break;
            case SipEventKind.Response when sipEvent.Response.IsSuccess:
                HandleSuccess(now, sipEvent.Response);
                break;
            case SipEventKind.Response when Stage == CallStage.Calling:
                HeaderLeaks.Count(sipEvent.Response, Leaks);
                Refuse(now, Canonical(sipEvent.Response.Status), CallEndReason.Refused);
                break;
            case SipEventKind.Timeout or SipEventKind.TransportFailed when Stage == CallStage.Calling:
                Refuse(now, 480, CallEndReason.PhoneLost);
                break;
            case SipEventKind.Response or SipEventKind.Terminated when Stage == CallStage.Lingering:
                End(now, CallEndReason.Cancelled);
                break;
        }
    }

    public override void HandleProvider(Instant now, in SipEvent sipEvent)
    {
        if (sipEvent.Transaction != _providerInvite)
        {
            base.HandleProvider(now, in sipEvent);
            return;
        }

        switch (sipEvent.Kind)
        {
            case SipEventKind.Cancel when Stage is CallStage.Reaching or CallStage.Calling:
                Core.RespondProvider(now, _providerInvite, UpstreamTemplate.Respond(_request, 487, ProviderLeg.LocalTag));
                AbandonPhone(now, CallEndReason.Cancelled);
                break;
            case SipEventKind.Ack when Stage == CallStage.Answered:
                Confirm(now, sipEvent.Request);
                break;
            case SipEventKind.AckMissing when Stage == CallStage.Answered:
                EndBoth(now, CallEndReason.ProviderLost, "the far side did not confirm");
                break;
        }
    }

    protected override void EndPhone(Instant now, int status, string? phrase, string reason)
    {
        if (IsUp)
        {
            ByePhone(now, PhoneLeg!, reason);
        }
        else if (Stage == CallStage.Calling)
        {
            // The caller's BYE does not end its INVITE (RFC 3261 §15.1.2).
            Core.RespondProvider(now, _providerInvite, UpstreamTemplate.Respond(_request, 487, ProviderLeg.LocalTag));
            Core.Phones.Cancel(now, _phoneInvite);
        }
    }

    protected override void LoseEarly(Instant now, GatewayFailure reason, CallEndReason end)
    {
        if (Stage is CallStage.Reaching or CallStage.Calling)
        {
            Core.RespondProvider(now, _providerInvite, UpstreamTemplate.Respond(_request, 480, ProviderLeg.LocalTag));
            AbandonPhone(now, end);
        }
    }

    protected override void CancelEarly(Instant now) => Refuse(now, 480, CallEndReason.PhoneHungUp);

    protected override void HandleStageTimeout(Instant now)
    {
        if (Stage == CallStage.Reaching)
        {
            Refuse(now, 480, CallEndReason.NotReached);
            return;
        }

        base.HandleStageTimeout(now);
    }

    private static LegDialog ProviderDialog(GatewayCore core, SipRequest request) => new()
    {
        CallId = request.CallId,
        LocalTag = SipTokens.Tag(core.Entropy),
        Local = request.To.WithoutTag(),
        Remote = request.From.WithoutTag(),
    };

    // What a phone may say about why it does not take a call; everything else is "not available".
    private static int Canonical(int status) => status is 486 or 488 or 600 or 603 ? status : 480;

    private void PassRinging(Instant now, SipResponse response)
    {
        if (Stage == CallStage.Calling && response.Status > 100)
        {
            Core.RespondProvider(now, _providerInvite, UpstreamTemplate.RespondInvite(Account, _request, 180, ProviderLeg.LocalTag, null));
        }
    }

    private void HandleSuccess(Instant now, SipResponse response)
    {
        bool first = Stage == CallStage.Calling;
        bool known = IsUp || Stage == CallStage.Ending;
        LegDialog leg = first || known ? PhoneLeg! : PhoneLeg!.Fork(response.To.Tag, response);
        if (first)
        {
            HeaderLeaks.Count(response, Leaks);
            leg.TakeResponse(response);
        }

        // Behind the gateway's own Record-Route the phone stands alone: its answers name no other hop.
        leg.Routes.Clear();
        Core.Phones.Send(Core.PhoneRoute(Phone), leg.Begin(SipMethods.Ack, null, leg.InviteNumber));
        if (first)
        {
            Answer(now, response);
        }
        else if (!known)
        {
            ByePhone(now, leg, "the caller has hung up");
            End(now, CallEndReason.Cancelled);
        }
    }

    private void Answer(Instant now, SipResponse response)
    {
        byte[] sdp = [];
        SdpRefusal refusal = Media.Phone!.ReadAnswer(response.Body.Span);
        if (Media.Phone.LastRemote is { } remote)
        {
            HeaderLeaks.Count(remote, Leaks);
        }

        SdpDirection ours = SdpDirections.Swap(Media.Phone.Direction);
        if (refusal == SdpRefusal.None && _offer is null)
        {
            _providerAnswersInAck = true;
            sdp = Media.Network!.Offer(ours);
        }
        else if (refusal == SdpRefusal.None)
        {
            refusal = Media.Network!.Answer(_offer!, ours, out sdp);
        }

        if (refusal != SdpRefusal.None)
        {
            ByePhone(now, PhoneLeg!, "No codec in common");
            Refuse(now, 488, CallEndReason.NoCommonCodec);
            return;
        }

        Stage = CallStage.Answered;
        Core.Emit(new CallAnswered(Id));
        Core.RespondProvider(now, _providerInvite, UpstreamTemplate.RespondInvite(Account, _request, 200, ProviderLeg.LocalTag, sdp));
        Media.Apply(now);
    }

    private void Confirm(Instant now, SipRequest ack)
    {
        Stage = CallStage.Confirmed;
        if (_providerAnswersInAck)
        {
            _providerAnswersInAck = false;
            if (Media.Network!.ReadAnswer(ack.Body.Span) != SdpRefusal.None)
            {
                EndBoth(now, CallEndReason.NoCommonCodec, "No codec in common");
                return;
            }

            Media.Apply(now);
        }
    }

    private void Refuse(Instant now, int status, CallEndReason reason)
    {
        Core.RespondProvider(now, _providerInvite, UpstreamTemplate.Respond(_request, status, ProviderLeg.LocalTag));
        End(now, reason);
    }

    private void AbandonPhone(Instant now, CallEndReason reason)
    {
        bool lingers = Stage == CallStage.Calling && Core.Phones.Cancel(now, _phoneInvite) == SipDrop.None;
        Deadline = Instant.Never;
        End(now, reason, lingers);
    }
}
