using System.Collections.Generic;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>One side of a call as RFC 3261 §12 has it: identifiers, numbers, route set and remote target. (SIP.GATEWAY.DIALOG)</summary>
/// <remarks>Every identifier on our side is drawn for this leg alone; the two legs of a call have none in common.</remarks>
internal sealed class LegDialog
{
    private const int MaxTargets = 4;

    // The targets the far side has named: the phone may not have heard of the last one yet.
    private readonly List<SipUri> _targets = [];

    public required string CallId { get; init; }

    public required string LocalTag { get; init; }

    public required NameAddress Local { get; init; }

    public required NameAddress Remote { get; set; }

    public string? RemoteTag { get; set; }

    public SipUri? RemoteTarget { get; set; }

    public List<string> Routes { get; } = [];

    public uint LocalNumber { get; private set; }

    public uint RemoteNumber { get; set; }

    /// <summary>The number of the INVITE that is under way or was answered: its ACK bears it.</summary>
    public uint InviteNumber { get; set; }

    public uint NextNumber() => LocalNumber = LocalNumber == 0 ? SipTexts.FirstCSeq : LocalNumber + 1;

    /// <summary>What a dialog-forming response says, seen by the caller's side.</summary>
    public void TakeResponse(SipResponse response)
    {
        RemoteTag = response.To.Tag;
        TakeTarget(response);
        Routes.Clear();
        if (response.TryGetAddresses(SipHeaderNames.RecordRoute, out List<NameAddress> routes))
        {
            routes.Reverse();
            routes.ForEach(route => Routes.Add(route.Reveal()));
        }
    }

    /// <summary>What a dialog-forming request says, seen by the called side.</summary>
    public void TakeRequest(SipRequest request)
    {
        RemoteTag = request.From.Tag;
        RemoteNumber = request.CSeq.Number;
        TakeTarget(request);
        Routes.Clear();
        if (request.TryGetAddresses(SipHeaderNames.RecordRoute, out List<NameAddress> routes))
        {
            routes.ForEach(route => Routes.Add(route.Reveal()));
        }
    }

    /// <summary>A new Contact refreshes the target (RFC 3261 §12.2).</summary>
    public void TakeTarget(SipMessage message)
    {
        if (message.TryGetContacts(out List<ContactValue> contacts) && contacts is [{ Address: { } address }, ..])
        {
            RemoteTarget = address.Uri;
            _targets.Add(address.Uri);
            if (_targets.Count > MaxTargets)
            {
                _targets.RemoveAt(1);
            }
        }
    }

    /// <summary>
    /// The Request-URI for a request of the phone: its own while it is a target it was given, with or without the parameters; else the
    /// target, because anything more would be the phone's own words or address. (SIP.RULE-1)
    /// </summary>
    public SipUri TargetFor(SipUri asked) =>
        _targets.Exists(target => SipTexts.IsWithin(asked, target)) ? asked : RemoteTarget ?? Remote.Uri;

    /// <summary>True when a request bears this dialog's identifiers.</summary>
    public bool Matches(SipRequest request) =>
        request.CallId == CallId && request.To.Tag == LocalTag && (RemoteTag is null || request.From.Tag == RemoteTag);

    /// <summary>A copy that outlives the call: for the BYE of a lost one.</summary>
    public LegDialog Fork(string? remoteTag, SipResponse? response)
    {
        LegDialog fork =
            new() { CallId = CallId, LocalTag = LocalTag, Local = Local, Remote = Remote, RemoteTag = remoteTag,
            RemoteTarget = RemoteTarget };
        fork.LocalNumber = LocalNumber;
        fork.InviteNumber = InviteNumber;
        fork.Routes.AddRange(Routes);
        if (response is not null)
        {
            fork.TakeResponse(response);
        }

        return fork;
    }

    /// <summary>Begins a request of this dialog: Request-URI, Route, From, To, Call-ID, CSeq.</summary>
    public SipRequest Begin(string method, SipUri? uri = null, uint? number = null)
    {
        SipRequest request = new(method, uri ?? RemoteTarget ?? Remote.Uri);
        request.Headers.Add(SipHeaderNames.MaxForwards, "70");
        foreach (string route in Routes)
        {
            request.Headers.TryAdd(SipHeaderNames.Route, route);
        }

        request.Headers.Add(SipHeaderNames.From, Local.WithTag(LocalTag).Reveal());
        request.Headers.Add(SipHeaderNames.To, (RemoteTag is null ? Remote : Remote.WithTag(RemoteTag)).Reveal());
        request.Headers.Add(SipHeaderNames.CallId, CallId);
        request.Headers.Add(SipHeaderNames.CSeq, new CSeqValue(number ?? NextNumber(), method).ToString());
        return request;
    }
}
