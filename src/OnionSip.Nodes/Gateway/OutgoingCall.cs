using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Media;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>
/// A call of the phone: one INVITE in, one canonical INVITE out, one dialog back. (SIP.GATEWAY.OUTGOING, SIP.RULE-1, SIP.RULE-2,
/// SIP.RULE-6, SIP.RULE-7, SIP.RULE-10, SIP.RULE-12)
/// </summary>
/// <remarks>
/// States: Reaching → Calling → Challenged → Calling … → Answered → Confirmed → Ending → Done; Lingering after CANCEL.
/// Rule:   one To tag towards the phone whatever forks; every further 2xx gets ACK and BYE.
/// </remarks>
internal sealed class OutgoingCall : GatewayCall
{
    /// <summary>Redirections followed for one call: gateway.max_redirections.</summary>
    public const int MaxRedirections = 3;

    // Branches beyond the first that were ended: a repeated 2xx is not ended again.
    private readonly List<string?> _forks = [];
    private TransactionId _phoneInvite;
    private SipRequest _request;
    private TransactionId _providerInvite;
    private SdpSession? _offer;
    private SdpDirection _wanted = SdpDirection.SendReceive;
    private byte[]? _phoneAnswer;
    private bool _passStale;
    private bool _phoneAnswersInAck;
    private SipResponse? _redirection;
    private int _redirections;

    public OutgoingCall(GatewayCore core, GatewayAccount account, SipPeer phone, TransactionId transaction, SipRequest request)
        : base(core, account, phone, ProviderDialog(core, account, request), isOutgoing: true)
    {
        _phoneInvite = transaction;
        _request = request;
        PhoneLeg = new LegDialog
        {
            CallId = request.CallId,
            LocalTag = SipTokens.Tag(core.Entropy),
            Local = request.To.WithoutTag(),
            Remote = request.From.WithoutTag(),
        };
        PhoneLeg.TakeRequest(request);
        core.OwnPhone(transaction, this);
    }

    public void Begin(Instant now)
    {
        if (!TakeOffer(now))
        {
            return;
        }

        Stage = CallStage.Reaching;
        Deadline = now + Core.Options.ReachTimeout;
        Account.Upstream.Need(now);
        TrySend(now);
    }

    /// <summary>True for the INVITE with which a phone answers the challenge it was passed.</summary>
    public bool Continues(SipRequest request) =>
        Stage == CallStage.Challenged && request.CallId == PhoneLeg!.CallId && request.From.Tag == PhoneLeg.RemoteTag
        && request.CSeq.Number > PhoneLeg.RemoteNumber && SipTexts.Same(request.Uri, _request.Uri);

    /// <summary>Goes on with the phone's next INVITE over the same outer dialog identifiers. (SIP.RULE-2)</summary>
    public void Continue(Instant now, SipPeer phone, TransactionId transaction, SipRequest request)
    {
        Phone = phone;
        _phoneInvite = transaction;
        _request = request;
        _redirection = null;
        PhoneLeg!.TakeRequest(request);
        Core.OwnPhone(transaction, this);
        Begin(now);
    }

    public override void HandlePathReady(Instant now) => TrySend(now);

    public override void HandleUpstreamReady(Instant now) => TrySend(now);

    /// <summary>Sockets or association are there.</summary>
    public void HandleMediaReady(Instant now) => TrySend(now);

    public override void HandlePhone(Instant now, in SipEvent sipEvent)
    {
        if (sipEvent.Transaction != _phoneInvite)
        {
            base.HandlePhone(now, in sipEvent);
            return;
        }

        switch (sipEvent.Kind)
        {
            case SipEventKind.Cancel when Stage is CallStage.Reaching or CallStage.Calling:
                CancelEarly(now);
                break;
            case SipEventKind.Ack when Stage == CallStage.Answered:
                Confirm(now, sipEvent.Request);
                break;
            case SipEventKind.AckMissing when Stage == CallStage.Answered:
                EndBoth(now, CallEndReason.PhoneLost, "no ACK");
                break;
            case SipEventKind.TransportFailed when Stage is CallStage.Reaching or CallStage.Calling:
                CancelEarly(now);
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
            case SipEventKind.Response when sipEvent.Response.IsProvisional:
                PassProvisional(now, sipEvent.Response);
                break;
            case SipEventKind.Response when sipEvent.Response.IsSuccess:
                HandleSuccess(now, sipEvent.Response);
                break;
            case SipEventKind.Response:
                HandleRefusal(now, sipEvent.Response);
                break;
            case SipEventKind.Timeout when Stage == CallStage.Calling:
                Refuse(now, PhoneTemplate.Unavailable(_request, GatewayFailure.Unreachable, Core.Entropy), CallEndReason.NotReached);
                break;
            case SipEventKind.Terminated when Stage == CallStage.Lingering:
                End(now, CallEndReason.Cancelled);
                break;
        }
    }

    protected override void EndPhone(Instant now, int status, string? phrase, string reason)
    {
        if (Stage is CallStage.Reaching or CallStage.Calling)
        {
            Core.RespondPhone(now, _phoneInvite, SipResponse.For(_request, status, phrase, PhoneLeg!.LocalTag));
        }
        else if (IsUp)
        {
            ByePhone(now, PhoneLeg!, reason);
        }
    }

    protected override void LoseEarly(Instant now, GatewayFailure reason, CallEndReason end)
    {
        if (Stage is CallStage.Reaching or CallStage.Calling)
        {
            Core.RespondPhone(now, _phoneInvite, PhoneTemplate.Unavailable(_request, reason, Core.Entropy));
        }

        End(now, end);
    }

    /// <summary>The phone gave up: it hears 487 at once, the provider's CANCEL waits for a provisional response. (SIP.RULE-6)</summary>
    protected override void CancelEarly(Instant now)
    {
        bool calling = Stage == CallStage.Calling;
        Core.RespondPhone(now, _phoneInvite, SipResponse.For(_request, 487, null, PhoneLeg!.LocalTag));
        bool lingers = calling && Core.Providers.Cancel(now, _providerInvite) == SipDrop.None;
        Deadline = Instant.Never;
        End(now, CallEndReason.Cancelled, lingers);
    }

    protected override void HandleStageTimeout(Instant now)
    {
        if (Stage == CallStage.Reaching)
        {
            LoseEarly(now, GatewayFailure.Timeout, CallEndReason.NotReached);
            return;
        }

        bool challenged = Stage == CallStage.Challenged;
        if (challenged)
        {
            End(now, CallEndReason.Refused);
            return;
        }

        base.HandleStageTimeout(now);
    }

    private static LegDialog ProviderDialog(GatewayCore core, GatewayAccount account, SipRequest request) => new()
    {
        CallId = SipTokens.CallId(core.Entropy),
        LocalTag = SipTokens.Tag(core.Entropy),
        Local = new NameAddress(account.Aor),
        Remote = new NameAddress(SipTexts.Bare(request.Uri)),
        RemoteTarget = request.Uri,
    };

    private bool TakeOffer(Instant now)
    {
        HeaderLeaks.Count(_request, Leaks);
        _offer = null;
        _phoneAnswer = null;
        _wanted = SdpDirection.SendReceive;
        if (_request.Body.Length == 0)
        {
            return true;
        }

        SdpRefusal refusal = _request.HasContentType(SipTexts.Sdp)
            ? SdpLeg.Check(_request.Body.Span, out _offer, out _wanted)
            : SdpRefusal.NoAudio;
        if (_offer is not null)
        {
            HeaderLeaks.Count(_offer, Leaks);
        }

        if (refusal != SdpRefusal.None)
        {
            Refuse(now, SipResponse.For(_request, 488, SipTexts.Phrase(refusal), PhoneLeg!.LocalTag), CallEndReason.NoCommonCodec);
        }

        return refusal == SdpRefusal.None;
    }

    private void TrySend(Instant now)
    {
        if (Stage != CallStage.Reaching)
        {
            return;
        }

        Upstream upstream = Account.Upstream;
        if (upstream.IsReady && upstream.ReadyPath is { } path)
        {
            Media.Associate(path, !upstream.Remote.Address.IsIPv4);
        }

        if (upstream.IsReady && Media.IsOpen)
        {
            Send(now, _request.Uri);
        }
    }

    private void Send(Instant now, SipUri target)
    {
        ProviderLeg.RemoteTag = null;
        SipRequest invite = ProviderLeg.Begin(SipMethods.Invite, target);
        ProviderLeg.InviteNumber = invite.CSeq.Number;
        UpstreamTemplate.CompleteInvite(Account, invite, SipTexts.WantsPrivacy(_request), Media.Network!.Offer(_wanted));

        // The phone's digest names what it dialled: to another target it is not sent.
        _passStale = _redirection is null && !DigestPassage.CopyCredentials(_request, invite, Account.Ledger, Leaks);
        Stage = CallStage.Calling;
        Deadline = Instant.Never;
        if (!Core.RequestProvider(now, this, Account.Upstream, invite, out _providerInvite))
        {
            LoseEarly(now, GatewayFailure.Busy, CallEndReason.NotReached);
        }
    }

    private void PassProvisional(Instant now, SipResponse response)
    {
        if (Stage != CallStage.Calling || response.Status is 100 or 199)
        {
            return;
        }

        byte[]? sdp = response.Body.Length > 0 && response.HasContentType(SipTexts.Sdp) && TakeAnswer(now, response) ? _phoneAnswer : null;
        Core.RespondPhone(now, _phoneInvite, PhoneTemplate.RespondInvite(
            Core, Phone, _request, response, PhoneLeg!.LocalTag, TargetOf(response), sdp));
    }

    private void HandleSuccess(Instant now, SipResponse response)
    {
        bool first = Stage == CallStage.Calling;
        bool known = !first && response.To.Tag == ProviderLeg.RemoteTag
            && Stage is CallStage.Answered or CallStage.Confirmed or CallStage.Ending;
        LegDialog leg = first || known ? ProviderLeg : ProviderLeg.Fork(response.To.Tag, response);
        if (first)
        {
            leg.TakeResponse(response);
        }

        if (Account.Upstream.IsReady)
        {
            Core.Providers.Send(Account.Upstream.Route, leg.Begin(SipMethods.Ack, null, leg.InviteNumber));
        }

        if (first)
        {
            Answer(now, response);
        }
        else if (!known && !_forks.Contains(response.To.Tag) && _forks.Count < GatewayLimits.MaxForks)
        {
            _forks.Add(response.To.Tag);
            // Late after CANCEL, or a second branch that answered as well: it must not go on billing.
            ByeProvider(now, leg);
        }
    }

    private void Answer(Instant now, SipResponse response)
    {
        bool hasAnswer = response.Body.Length > 0 && response.HasContentType(SipTexts.Sdp) ? TakeAnswer(now, response)
            : Media.Network!.Audio is not null;
        if (!hasAnswer)
        {
            ByeProvider(now, ProviderLeg.Fork(ProviderLeg.RemoteTag, null));
            Refuse(now, SipResponse.For(_request, 488, "The far side's media cannot be used", PhoneLeg!.LocalTag),
                CallEndReason.NoCommonCodec);
            return;
        }

        Stage = CallStage.Answered;
        Core.Emit(new CallAnswered(Id));
        Core.RespondPhone(now, _phoneInvite, PhoneTemplate.RespondInvite(
            Core, Phone, _request, response, PhoneLeg!.LocalTag, ProviderLeg.RemoteTarget, _phoneAnswer));
    }

    // The phone's description is made from the far side's; one that offered nothing is offered to and answers in its ACK.
    private bool TakeAnswer(Instant now, SipResponse response)
    {
        if (Media.Network!.ReadAnswer(response.Body.Span) != SdpRefusal.None || !Media.Network.Audio!.TryGetRemote(out _))
        {
            return false;
        }

        SdpDirection ours = SdpDirections.Swap(Media.Network.Direction);
        if (_offer is null)
        {
            _phoneAnswersInAck = true;
            _phoneAnswer ??= Media.Phone!.Offer(ours);
        }
        else if (_phoneAnswer is null && Media.Phone!.Answer(_offer, ours, out byte[] answer) == SdpRefusal.None)
        {
            _phoneAnswer = answer;
        }

        Media.Apply(now);
        return _phoneAnswer is not null;
    }

    private void Confirm(Instant now, SipRequest ack)
    {
        Stage = CallStage.Confirmed;
        if (_phoneAnswersInAck)
        {
            _phoneAnswersInAck = false;
            if (Media.Phone!.ReadAnswer(ack.Body.Span) != SdpRefusal.None)
            {
                EndBoth(now, CallEndReason.NoCommonCodec, "No codec in common");
                return;
            }

            Media.Apply(now);
        }
    }

    private void HandleRefusal(Instant now, SipResponse response)
    {
        if (Stage != CallStage.Calling)
        {
            if (Stage == CallStage.Lingering)
            {
                End(now, CallEndReason.Cancelled);
            }

            return;
        }

        if (response.Status / 100 == 3 && _redirections < MaxRedirections && TargetOf(response) is { IsSip: true } target)
        {
            _redirections++;
            _redirection = response;
            Send(now, target);
            return;
        }

        bool challenged = response.Status is 401 or 407;
        SipResponse final = challenged && _redirection is not null ? _redirection : response;
        SipResponse passed = SipResponse.For(_request, final.Status, final.ReasonPhrase, PhoneLeg!.LocalTag);
        if (challenged && _redirection is null)
        {
            Challenge(now, response, passed);
            return;
        }

        if (final.Status / 100 == 3)
        {
            CopyTargets(final, passed);
        }

        if (response.TryGetToken(SipHeaderNames.RetryAfter, out TokenValue retry))
        {
            passed.Headers.TryAdd(SipHeaderNames.RetryAfter, retry.Word);
        }

        Refuse(now, passed, CallEndReason.Refused);
    }

    private void Challenge(Instant now, SipResponse response, SipResponse passed)
    {
        if (!DigestPassage.CopyChallenges(response, passed, _passStale))
        {
            Refuse(now, SipResponse.For(_request, 403, SipTexts.OnlyAuthInt, PhoneLeg!.LocalTag), CallEndReason.Refused);
            return;
        }

        Core.RespondPhone(now, _phoneInvite, passed);
        Stage = CallStage.Challenged;
        Deadline = now + GatewayLimits.Patience;
    }

    // A redirection that wants a digest of its own is the phone's to follow, byte for byte: its next INVITE leaves through the same
    // account.
    private static void CopyTargets(SipResponse from, SipResponse to)
    {
        if (from.TryGetContacts(out List<ContactValue> contacts))
        {
            foreach (ContactValue contact in contacts)
            {
                // A link of another scheme would be opened from here.
                if (contact.Address is { Uri.IsSip: true })
                {
                    to.Headers.TryAdd(SipHeaderNames.Contact, contact.Reveal());
                }
            }
        }
    }

    private static SipUri? TargetOf(SipResponse response) =>
        response.TryGetContacts(out List<ContactValue> contacts) && contacts is [{ Address: { } address }, ..] ? address.Uri : null;

    private void Refuse(Instant now, SipResponse response, CallEndReason reason)
    {
        Core.RespondPhone(now, _phoneInvite, response);
        End(now, reason);
    }
}
