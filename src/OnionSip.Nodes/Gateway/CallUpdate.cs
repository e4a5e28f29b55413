using OnionSip.Machines;
using OnionSip.Media;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>Re-INVITEs of a call that is up. (SIP.GATEWAY.REINVITE)</summary>
/// <remarks>
/// From the phone: only a change of direction (hold and back) goes upstream; a new address, codec or session refresh is answered here,
/// so the provider does not learn the phone's habits. From the provider: answered here always; new addresses get consent first.
/// Bounds: one of the phone's at a time; a second one, or one that crosses it, is refused with 491.
/// </remarks>
internal sealed class CallUpdate(GatewayCore core, GatewayCall call)
{
    private TransactionId _phone;
    private SipRequest? _request;
    private SdpSession? _offer;
    private SdpDirection _wanted;
    private TransactionId _provider;
    private bool _isPending;
    private bool _isCancelled;
    private bool _passStale;
    private bool _phoneAnswersInAck;
    private bool _providerAnswersInAck;
    private SdpDirection _phoneDirection = SdpDirection.SendReceive;

    public void HandlePhoneOffer(Instant now, TransactionId transaction, SipRequest request)
    {
        core.OwnPhone(transaction, call);
        SdpLeg phone = call.Media.Phone!;
        call.PhoneLeg!.TakeTarget(request);
        if (_isPending || _phoneAnswersInAck || _providerAnswersInAck)
        {
            core.RespondPhone(now, transaction, SipResponse.For(request, 491));
            return;
        }

        if (request.Body.Length == 0)
        {
            _phoneAnswersInAck = true;
            RespondPhone(now, transaction, request, phone.Offer(SdpDirections.Swap(call.Media.Network!.Direction)));
            return;
        }

        if (SdpLeg.Check(request.Body.Span, out SdpSession? offer, out SdpDirection wanted) != SdpRefusal.None)
        {
            core.RespondPhone(now, transaction, SipResponse.For(request, 488));
            return;
        }

        HeaderLeaks.Count(offer!, call.Leaks);
        _phone = transaction;
        _request = request;
        _offer = offer;
        _wanted = wanted;
        if (wanted == _phoneDirection)
        {
            AnswerPhone(now);
            return;
        }

        SendUpstream(now);
    }

    public void HandleProviderOffer(Instant now, TransactionId transaction, SipRequest request)
    {
        core.OwnProvider(transaction, call);
        if (_isPending || _providerAnswersInAck)
        {
            core.RespondProvider(now, transaction, UpstreamTemplate.Respond(request, 491, null));
            return;
        }

        call.ProviderLeg.TakeTarget(request);
        SdpLeg network = call.Media.Network!;
        byte[] sdp;
        if (request.Body.Length == 0)
        {
            _providerAnswersInAck = true;
            sdp = network.Offer(_phoneDirection);
        }
        else if (SdpLeg.Check(request.Body.Span, out SdpSession? offer, out _) != SdpRefusal.None
            || network.Answer(offer!, _phoneDirection, out sdp) != SdpRefusal.None)
        {
            core.RespondProvider(now, transaction, UpstreamTemplate.Respond(request, 488, null));
            return;
        }

        core.RespondProvider(now, transaction, UpstreamTemplate.RespondInvite(call.Account, request, 200, call.ProviderLeg.LocalTag, sdp));
        call.Media.Apply(now);
    }

    public void HandlePhone(Instant now, in SipEvent sipEvent)
    {
        switch (sipEvent.Kind)
        {
            case SipEventKind.Ack when _phoneAnswersInAck:
                _phoneAnswersInAck = false;
                call.Media.Phone!.ReadAnswer(sipEvent.Request.Body.Span);
                call.Media.Apply(now);
                break;
            case SipEventKind.Cancel when _isPending && sipEvent.Transaction == _phone:
                core.RespondPhone(now, _phone, SipResponse.For(_request!, 487));
                core.Providers.Cancel(now, _provider);
                _isCancelled = true;
                break;
            case SipEventKind.AckMissing:
                call.EndBoth(now, CallEndReason.PhoneLost, "no ACK");
                break;
        }
    }

    public void HandleProvider(Instant now, in SipEvent sipEvent)
    {
        switch (sipEvent.Kind)
        {
            case SipEventKind.Ack when _providerAnswersInAck:
                _providerAnswersInAck = false;
                call.Media.Network!.ReadAnswer(sipEvent.Request.Body.Span);
                call.Media.Apply(now);
                break;
            case SipEventKind.AckMissing:
                call.EndBoth(now, CallEndReason.ProviderLost, "no ACK");
                break;
            case SipEventKind.Response when sipEvent.Transaction == _provider:
                HandleResponse(now, sipEvent.Response);
                break;
            case SipEventKind.Timeout when sipEvent.Transaction == _provider && _isPending:
                Refuse(now, SipResponse.For(_request!, 408));
                break;
        }
    }

    /// <summary>The call ends: a phone that waits for its re-INVITE's answer gets one.</summary>
    public void Abandon(Instant now)
    {
        if (_isPending)
        {
            Refuse(now, SipResponse.For(_request!, 487));
        }
    }

    private void SendUpstream(Instant now)
    {
        LegDialog leg = call.ProviderLeg;
        SipRequest invite = leg.Begin(SipMethods.Invite, leg.TargetFor(_request!.Uri));
        leg.InviteNumber = invite.CSeq.Number;
        UpstreamTemplate.CompleteInvite(call.Account, invite, SipTexts.WantsPrivacy(_request), call.Media.Network!.Offer(_wanted));
        _passStale = !DigestPassage.CopyCredentials(_request, invite, call.Account.Ledger, call.Leaks);
        _isPending = core.RequestProvider(now, call, call.Account.Upstream, invite, out _provider);
        _isCancelled = false;
        if (!_isPending)
        {
            Refuse(now, PhoneTemplate.Unavailable(_request, GatewayFailure.Busy, core.Entropy));
        }
    }

    private void HandleResponse(Instant now, SipResponse response)
    {
        if (response.IsSuccess)
        {
            LegDialog leg = call.ProviderLeg;
            leg.TakeTarget(response);
            core.Providers.Send(call.Account.Upstream.Route, leg.Begin(SipMethods.Ack, null, leg.InviteNumber));
            TakeAnswer(now, response);
            return;
        }

        if (response.IsProvisional || !_isPending)
        {
            return;
        }

        SipResponse passed = SipResponse.For(_request!, response.Status, response.ReasonPhrase);
        bool challenged = response.Status is 401 or 407;
        bool answerable = challenged && DigestPassage.CopyChallenges(response, passed, _passStale);
        Refuse(now, challenged && !answerable ? SipResponse.For(_request!, 403, SipTexts.OnlyAuthInt) : passed);
        if (response.Status is 408 or 481)
        {
            call.EndBoth(now, CallEndReason.FarSideHungUp, "the far side has ended");
        }
    }

    private void TakeAnswer(Instant now, SipResponse response)
    {
        if (!_isPending)
        {
            return;
        }

        SdpRefusal refusal = call.Media.Network!.ReadAnswer(response.Body.Span);
        if (_isCancelled || refusal != SdpRefusal.None)
        {
            _isPending = false;
            if (!_isCancelled)
            {
                core.RespondPhone(now, _phone, SipResponse.For(_request!, 488));
            }

            return;
        }

        _isPending = false;
        AnswerPhone(now);
    }

    private void AnswerPhone(Instant now)
    {
        SdpDirection ours = SdpDirections.Swap(call.Media.Network!.Direction) & SdpDirections.Swap(_wanted);
        if (call.Media.Phone!.Answer(_offer!, ours, out byte[] answer) != SdpRefusal.None)
        {
            core.RespondPhone(now, _phone, SipResponse.For(_request!, 488));
            return;
        }

        _phoneDirection = _wanted;
        RespondPhone(now, _phone, _request!, answer);
        call.Media.Apply(now);
    }

    private void RespondPhone(Instant now, TransactionId transaction, SipRequest request, byte[] sdp) =>
        core.RespondPhone(now, transaction, PhoneTemplate.RespondInvite(
            core, call.Phone, request, new SipResponse(200), call.PhoneLeg!.LocalTag, call.ProviderLeg.RemoteTarget, sdp));

    private void Refuse(Instant now, SipResponse response)
    {
        if (!_isCancelled)
        {
            core.RespondPhone(now, _phone, response);
        }

        _isPending = false;
    }
}
