using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>Where a call stands. (SIP.GATEWAY.CALL)</summary>
internal enum CallStage : byte
{
    /// <summary>Waiting for path, connection, association and sockets.</summary>
    Reaching = 0,

    /// <summary>The INVITE is with the called side.</summary>
    Calling,

    /// <summary>A challenge was passed; the phone's next INVITE goes on with this call.</summary>
    Challenged,

    /// <summary>2xx passed on, its ACK has not come.</summary>
    Answered,
    Confirmed,

    /// <summary>The phone hung up and the provider has not answered its BYE.</summary>
    Ending,

    /// <summary>Over for one side; the other's INVITE has no final answer yet.</summary>
    Lingering,
    Done,
}

/// <summary>
/// What outgoing and incoming calls share: two legs, the media between them, requests within the dialog, every way to end.
/// (SIP.GATEWAY.CALL)
/// </summary>
/// <remarks>
/// Bounds: <see cref="GatewayLimits.MaxRelays"/> requests under way between the legs.
/// Rule:   whatever ends one leg ends the other; the provider's is ended by a BYE that lives on by itself (SIP.RULE-6).
/// </remarks>
internal abstract class GatewayCall : Exchange
{
    private readonly List<CallRelay> _relays = [];
    private readonly CallUpdate _update;
    private readonly PhoneWatch _watch;
    private bool _isReported;

    protected GatewayCall(GatewayCore core, GatewayAccount account, SipPeer phone, LegDialog providerLeg, bool isOutgoing)
        : base(core, account)
    {
        Id = new GatewayCallId(core.NextId());
        Phone = phone;
        ProviderLeg = providerLeg;
        Media = new CallMedia(core, this);
        _update = new CallUpdate(core, this);
        _watch = new PhoneWatch(core, this);
        core.Emit(new CallStarted(Id, account.Id, isOutgoing));
    }

    public GatewayCallId Id { get; }

    public CallStage Stage { get; protected set; }

    public CallMedia Media { get; }

    public LeakReport Leaks { get; } = new();

    public SipPeer Phone { get; protected set; }

    /// <summary>Null until an incoming call has reached for its phone.</summary>
    public LegDialog? PhoneLeg { get; protected set; }

    public LegDialog ProviderLeg { get; }

    public override Instant Deadline
    {
        get => Instant.Min(base.Deadline, Media.Deadline);
        protected set => base.Deadline = value;
    }

    private Instant StageDeadline => base.Deadline;

    protected bool IsUp => Stage is CallStage.Answered or CallStage.Confirmed;

    /// <summary>A request of the phone within this call's dialog.</summary>
    public void HandlePhoneRequest(Instant now, TransactionId transaction, SipPeer from, SipRequest request)
    {
        Phone = from;
        NotePhone(now);
        HeaderLeaks.Count(request, Leaks);
        if (IsOld(PhoneLeg!, request))
        {
            Core.RespondPhone(now, transaction, SipResponse.For(request, 500));
            return;
        }

        switch (request.Method)
        {
            case SipMethods.Bye:
                HangUp(now, transaction, request);
                break;
            case SipMethods.Invite when IsUp:
                _update.HandlePhoneOffer(now, transaction, request);
                break;
            case SipMethods.Info when IsUp:
                RelayInfo(now, transaction, request, fromPhone: true);
                break;
            case SipMethods.Options:
                SipResponse answer = SipResponse.For(request, 200);
                answer.Headers.Add(SipHeaderNames.Allow, SipTexts.Allow);
                Core.RespondPhone(now, transaction, answer);
                break;
            default:
                Core.RespondPhone(now, transaction, SipResponse.For(request, IsUp ? 405 : 481));
                break;
        }
    }

    /// <summary>A request of the provider within this call's dialog.</summary>
    public void HandleProviderRequest(Instant now, TransactionId transaction, SipRequest request)
    {
        if (IsOld(ProviderLeg, request))
        {
            Core.RespondProvider(now, transaction, UpstreamTemplate.Respond(request, 500, null));
            return;
        }

        switch (request.Method)
        {
            case SipMethods.Bye:
                Core.RespondProvider(now, transaction, UpstreamTemplate.Respond(request, 200, null));
                AnswerRelays(now);
                EndPhone(now, 480, null, "BYE of the far side");
                End(now, CallEndReason.FarSideHungUp);
                break;
            case SipMethods.Invite when IsUp:
                _update.HandleProviderOffer(now, transaction, request);
                break;
            case SipMethods.Info when IsUp && PhoneLeg is not null:
                RelayInfo(now, transaction, request, fromPhone: false);
                break;
            case SipMethods.Options:
                Core.RespondProvider(now, transaction, UpstreamTemplate.Respond(request, 200, null));
                break;
            default:
                Core.RespondProvider(now, transaction, UpstreamTemplate.Respond(request, IsUp ? 405 : 481, null));
                break;
        }
    }

    /// <summary>The phone lives.</summary>
    public void NotePhone(Instant now) => _watch.Note(now);

    public override void HandlePhone(Instant now, in SipEvent sipEvent)
    {
        if (_watch.TakeEvent(now, in sipEvent, out bool isGone))
        {
            if (isGone && IsUp)
            {
                EndBoth(now, CallEndReason.PhoneLost, "no sign of life");
            }
        }
        else if (!TakeRelayEvent(now, in sipEvent, fromPhone: false) && !IsDone)
        {
            _update.HandlePhone(now, in sipEvent);
        }
    }

    public override void HandleProvider(Instant now, in SipEvent sipEvent)
    {
        if (!TakeRelayEvent(now, in sipEvent, fromPhone: true) && !IsDone)
        {
            _update.HandleProvider(now, in sipEvent);
        }
    }

    public override void HandleUpstreamLost(Instant now, GatewayFailure reason, bool pathLost)
    {
        CallEndReason end = pathLost ? CallEndReason.PathLost : CallEndReason.ProviderLost;
        switch (Stage)
        {
            case CallStage.Answered or CallStage.Confirmed:
                EndPhone(now, 503, null, SipTexts.Phrase(reason));
                ByeProvider(now, ProviderLeg.Fork(ProviderLeg.RemoteTag, null));
                End(now, end);
                break;
            case CallStage.Ending:
                AnswerRelays(now);
                ByeProvider(now, ProviderLeg.Fork(ProviderLeg.RemoteTag, null));
                End(now, CallEndReason.PhoneHungUp);
                break;
            default:
                LoseEarly(now, reason, end);
                break;
        }
    }

    /// <summary>The sockets beside the phone or the association at the exit are gone.</summary>
    public void HandleMediaLost(Instant now, GatewayFailure reason)
    {
        if (IsUp)
        {
            EndBoth(now, CallEndReason.PathLost, SipTexts.Phrase(reason));
        }
        else if (Stage is CallStage.Reaching or CallStage.Calling or CallStage.Challenged)
        {
            LoseEarly(now, reason, CallEndReason.NotReached);
        }
    }

    public override void HandleTimeout(Instant now)
    {
        Media.HandleTimeout(now);
        if (IsUp)
        {
            _watch.HandleTimeout(now);
        }

        if (StageDeadline <= now && !IsDone)
        {
            Deadline = Instant.Never;
            HandleStageTimeout(now);
        }
    }

    public override void Shutdown(Instant now)
    {
        if (IsUp)
        {
            EndBoth(now, CallEndReason.PathLost, "OnionSip is closing");
        }
        else if (!IsDone)
        {
            LoseEarly(now, GatewayFailure.Closed, CallEndReason.Cancelled);
        }
    }

    /// <summary>Ends a call that is up on both legs.</summary>
    public void EndBoth(Instant now, CallEndReason reason, string phrase)
    {
        AnswerRelays(now);
        EndPhone(now, 500, null, phrase);
        ByeProvider(now, ProviderLeg.Fork(ProviderLeg.RemoteTag, null));
        End(now, reason);
    }

    /// <summary>Sends the provider a BYE that outlives this call.</summary>
    protected void ByeProvider(Instant now, LegDialog dialog)
    {
        OrphanBye bye = new(now, Core, Account, dialog);
        Core.Add(bye);
        bye.Begin(now);
    }

    /// <summary>Sends the phone a BYE with a reason for its display.</summary>
    protected void ByePhone(Instant now, LegDialog dialog, string reason)
    {
        SipRequest bye = dialog.Begin(SipMethods.Bye);
        bye.Headers.TryAdd(SipHeaderNames.Reason, "SIP;cause=503;text=\"" + reason.Replace('"', '\'') + "\"");
        Core.RequestPhone(now, this, Phone, bye, out _);
    }

    /// <summary>Ends the phone's leg in whatever state it is.</summary>
    protected abstract void EndPhone(Instant now, int status, string? phrase, string reason);

    /// <summary>Nothing was answered yet and the way out is gone.</summary>
    protected abstract void LoseEarly(Instant now, GatewayFailure reason, CallEndReason end);

    /// <summary>The phone sent BYE before there was an answer.</summary>
    protected abstract void CancelEarly(Instant now);

    protected virtual void HandleStageTimeout(Instant now)
    {
        AnswerRelays(now);
        End(now, Stage == CallStage.Ending ? CallEndReason.PhoneHungUp : CallEndReason.NotReached);
    }

    /// <summary>Closes the media and reports; the exchange is removed unless it lingers.</summary>
    protected void End(Instant now, CallEndReason reason, bool lingers = false)
    {
        Report(now, reason);
        Stage = lingers ? CallStage.Lingering : CallStage.Done;
        IsDone |= !lingers;
    }

    private void Report(Instant now, CallEndReason reason)
    {
        if (!_isReported)
        {
            _isReported = true;
            Media.Close(now);
            Media.CountLeaks(Leaks);
            Core.Emit(new CallEnded(Id, reason, Media.Figures, Leaks));
        }
    }

    private static bool IsOld(LegDialog leg, SipRequest request)
    {
        bool old = request.CSeq.Number <= leg.RemoteNumber;
        leg.RemoteNumber = old ? leg.RemoteNumber : request.CSeq.Number;
        return old;
    }

    private void HangUp(Instant now, TransactionId transaction, SipRequest request)
    {
        if (Stage is not (CallStage.Answered or CallStage.Confirmed or CallStage.Ending))
        {
            Core.RespondPhone(now, transaction, SipResponse.For(request, 200));
            CancelEarly(now);
            return;
        }

        Media.Close(now);
        Stage = CallStage.Ending;
        Deadline = now + GatewayLimits.Patience;
        SipRequest bye = ProviderLeg.Begin(SipMethods.Bye, ProviderLeg.TargetFor(request.Uri));
        bool whole = DigestPassage.CopyCredentials(request, bye, Account.Ledger, Leaks);
        if (_relays.Count < GatewayLimits.MaxRelays && Core.RequestProvider(now, this, Account.Upstream, bye, out TransactionId sent))
        {
            _relays.Add(new CallRelay(true, transaction, request, sent, !whole));
            return;
        }

        Core.RespondPhone(now, transaction, SipResponse.For(request, 200));
        ByeProvider(now, ProviderLeg.Fork(ProviderLeg.RemoteTag, null));
        End(now, CallEndReason.PhoneHungUp);
    }

    private void RelayInfo(Instant now, TransactionId transaction, SipRequest request, bool fromPhone)
    {
        int refusal = _relays.Count >= GatewayLimits.MaxRelays ? 503 : 200;
        TransactionId sent = default;
        bool whole = true;
        if (refusal == 200 && request.Body.Length > 0)
        {
            refusal = InfoBody.TryRebuild(request, out byte[] body) ? 0 : 415;
            if (refusal == 0)
            {
                SipRequest info = fromPhone ? ProviderLeg.Begin(SipMethods.Info, ProviderLeg.TargetFor(request.Uri))
                    : PhoneLeg!.Begin(SipMethods.Info);
                info.SetBody(SipTexts.DtmfRelay, body);
                whole = !fromPhone || DigestPassage.CopyCredentials(request, info, Account.Ledger, Leaks);
                bool passed = fromPhone
                    ? Core.RequestProvider(now, this, Account.Upstream, info, out sent)
                    : Core.RequestPhone(now, this, Phone, info, out sent);
                refusal = passed ? 0 : 503;
            }
        }

        if (refusal == 0)
        {
            _relays.Add(new CallRelay(fromPhone, transaction, request, sent, !whole));
        }
        else
        {
            Answer(now, fromPhone, transaction, SipResponse.For(request, refusal));
        }
    }

    private bool TakeRelayEvent(Instant now, in SipEvent sipEvent, bool fromPhone)
    {
        TransactionId transaction = sipEvent.Transaction;
        int index = _relays.FindIndex(relay => relay.FromPhone == fromPhone && relay.Destination == transaction);
        if (index < 0)
        {
            return false;
        }

        bool final = sipEvent.Kind is SipEventKind.Timeout or SipEventKind.TransportFailed
            || (sipEvent.Kind == SipEventKind.Response && !sipEvent.Response.IsProvisional);
        if (final)
        {
            CallRelay relay = _relays[index];
            _relays.RemoveAt(index);
            FinishRelay(now, relay, sipEvent.Kind == SipEventKind.Response ? sipEvent.Response : null);
        }

        return true;
    }

    private void FinishRelay(Instant now, CallRelay relay, SipResponse? response)
    {
        bool isBye = relay.Request.Method == SipMethods.Bye;
        if (relay.FromPhone && response?.Status is 401 or 407)
        {
            SipResponse challenge = SipResponse.For(relay.Request, response!.Status, response.ReasonPhrase);
            if (DigestPassage.CopyChallenges(response, challenge, relay.PassStale))
            {
                Deadline = isBye ? now + GatewayLimits.Patience : StageDeadline;
                Answer(now, true, relay.Source, challenge);
                return;
            }
        }

        int status = isBye ? 200 : response?.Status ?? 408;
        Answer(now, relay.FromPhone, relay.Source, SipResponse.For(relay.Request, status is 401 or 407 ? 403 : status));
        if (isBye)
        {
            AnswerRelays(now);
            End(now, CallEndReason.PhoneHungUp);
        }
    }

    // Whoever waits for an answer of a leg that is gone gets one.
    private void AnswerRelays(Instant now)
    {
        foreach (CallRelay relay in _relays)
        {
            Answer(now, relay.FromPhone, relay.Source, SipResponse.For(relay.Request, relay.Request.Method == SipMethods.Bye ? 200 : 408));
        }

        _relays.Clear();
        _update.Abandon(now);
    }

    private void Answer(Instant now, bool phone, TransactionId transaction, SipResponse response)
    {
        if (phone)
        {
            Core.RespondPhone(now, transaction, response);
        }
        else
        {
            Core.RespondProvider(now, transaction, response);
        }
    }
}
