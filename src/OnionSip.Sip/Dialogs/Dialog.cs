using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Sip;

public enum DialogState : byte
{
    Early = 0,
    Confirmed,
    Terminated,
}

/// <summary>What became of a request inside a dialog. (SIP.DIALOG.ORDER)</summary>
public enum DialogDrop : byte
{
    None = 0,

    /// <summary>Its CSeq is not higher than the last one: answer 500.</summary>
    OutOfOrder,

    /// <summary>Other Call-ID or tags: answer 481.</summary>
    WrongDialog,

    /// <summary>The dialog is over: answer 481.</summary>
    Terminated,
}

/// <summary>What identifies a dialog at one end. (SIP.DIALOG)</summary>
public readonly record struct DialogId(string CallId, string LocalTag, string RemoteTag)
{
    /// <summary>The dialog a request inside one belongs to, seen by its receiver.</summary>
    public static DialogId OfRequest(SipRequest request) =>
        new(request.CallId, request.To.Tag ?? string.Empty, request.From.Tag ?? string.Empty);

    public override string ToString() => "[dialog]";
}

/// <summary>
/// The state of one dialog after RFC 3261 §12: it builds the requests inside and checks the order of those that come.
/// (SIP.DIALOG)
/// </summary>
/// <remarks>
/// States: Early → Confirmed → Terminated; a 2xx confirms, the user of the dialog terminates.
/// Target: the last Contact seen, byte for byte; the route set is fixed once the dialog is confirmed.
/// </remarks>
public sealed class Dialog
{
    private readonly NameAddress _local;
    private readonly List<NameAddress> _routes;
    private readonly NameAddress _remote;
    private uint? _remoteNumber;

    private Dialog(
        DialogId id, NameAddress local, NameAddress remote, SipUri target, List<NameAddress> routes, uint localNumber)
    {
        Id = id;
        _local = local;
        _remote = remote;
        RemoteTarget = target;
        _routes = routes;
        LocalNumber = localNumber;
    }

    public DialogId Id { get; }

    public DialogState State { get; private set; }

    /// <summary>Where requests inside the dialog are addressed.</summary>
    public SipUri RemoteTarget { get; private set; }

    public IReadOnlyList<NameAddress> Routes => _routes;

    /// <summary>The CSeq of our last request.</summary>
    public uint LocalNumber { get; private set; }

    /// <summary>The CSeq of the peer's last request; null before the first.</summary>
    public uint? RemoteNumber => _remoteNumber;

    /// <summary>
    /// The dialog that a response of ours with this tag begins (RFC 3261 §12.1.1); null without a usable Contact.
    /// </summary>
    /// <param name="request">The peer's INVITE.</param>
    /// <param name="localTag">The tag of our response.</param>
    /// <param name="localNumber">The CSeq before our first request.</param>
    public static Dialog? AsServer(SipRequest request, string localTag, uint localNumber)
    {
        if (TargetOf(request) is not { } target
            || !request.TryGetAddresses(SipHeaderNames.RecordRoute, out List<NameAddress> routes))
        {
            return null;
        }

        DialogId id = new(request.CallId, localTag, request.From.Tag ?? string.Empty);
        NameAddress local = request.To.Tag is null ? request.To.WithTag(localTag) : request.To;
        return new Dialog(id, local, request.From, target, routes, localNumber) { _remoteNumber = request.CSeq.Number };
    }

    /// <summary>
    /// The dialog that a response to our INVITE begins (RFC 3261 §12.1.2); null without a To tag, or a 2xx without a
    /// usable Contact.
    /// </summary>
    public static Dialog? AsClient(SipRequest request, SipResponse response)
    {
        if (response.Status is <= 100 or >= 300 || response.To.Tag is not { } remoteTag
            || request.From.Tag is not { } localTag
            || !response.TryGetAddresses(SipHeaderNames.RecordRoute, out List<NameAddress> routes))
        {
            return null;
        }

        // A provisional response may lack Contact: the request's URI serves until the 2xx brings one.
        SipUri? target = TargetOf(response) ?? (response.IsProvisional ? request.Uri : null);
        if (target is null)
        {
            return null;
        }

        routes.Reverse();
        DialogId id = new(request.CallId, localTag, remoteTag);
        return new Dialog(id, request.From, response.To, target, routes, request.CSeq.Number)
        {
            State = response.IsSuccess ? DialogState.Confirmed : DialogState.Early,
        };
    }

    /// <summary>True when a response belongs to this dialog.</summary>
    public bool Owns(SipResponse response) =>
        response.CallId == Id.CallId && response.From.Tag == Id.LocalTag && response.To.Tag == Id.RemoteTag;

    /// <summary>We sent the 2xx.</summary>
    public void Confirm()
    {
        if (State == DialogState.Early)
        {
            State = DialogState.Confirmed;
        }
    }

    public void Terminate() => State = DialogState.Terminated;

    /// <summary>
    /// A 2xx to our INVITE, re-INVITE or UPDATE: confirms an early dialog with the final route set and moves the
    /// target.
    /// </summary>
    public void HandleSuccess(SipResponse response)
    {
        if (!Owns(response) || !response.IsSuccess || State == DialogState.Terminated)
        {
            return;
        }

        if (State == DialogState.Early
            && response.TryGetAddresses(SipHeaderNames.RecordRoute, out List<NameAddress> routes))
        {
            routes.Reverse();
            _routes.Clear();
            _routes.AddRange(routes);
            State = DialogState.Confirmed;
        }

        RemoteTarget = TargetOf(response) ?? RemoteTarget;
    }

    /// <summary>
    /// Checks a request inside the dialog and takes its number and, for a target refresh, its Contact.
    /// (SIP.DIALOG.ORDER)
    /// </summary>
    public DialogDrop HandleRequest(SipRequest request)
    {
        if (DialogId.OfRequest(request) != Id)
        {
            return DialogDrop.WrongDialog;
        }

        if (State == DialogState.Terminated)
        {
            return DialogDrop.Terminated;
        }

        if (request.Method is SipMethods.Ack or SipMethods.Cancel)
        {
            return DialogDrop.None;
        }

        if (_remoteNumber is { } last && request.CSeq.Number <= last)
        {
            return DialogDrop.OutOfOrder;
        }

        _remoteNumber = request.CSeq.Number;
        if (request.Method is SipMethods.Invite or SipMethods.Update)
        {
            RemoteTarget = TargetOf(request) ?? RemoteTarget;
        }

        return DialogDrop.None;
    }

    /// <summary>
    /// A request inside the dialog with the next CSeq; Via is the transaction table's, Contact and body the caller's.
    /// </summary>
    public SipRequest CreateRequest(string method)
    {
        Invariant.Require(
            method is not (SipMethods.Ack or SipMethods.Cancel), "ACK and CANCEL have no number of their own");
        Invariant.Require(LocalNumber < CSeqValue.MaxNumber, "the CSeq of a dialog is used up");
        LocalNumber++;
        return Build(method, LocalNumber);
    }

    /// <summary>The ACK for the 2xx of the INVITE with this number (RFC 3261 §13.2.2.4).</summary>
    public SipRequest CreateAck(uint inviteNumber) => Build(SipMethods.Ack, inviteNumber);

    public override string ToString() => State + " dialog";

    private static SipUri? TargetOf(SipMessage message) =>
        message.TryGetContacts(out List<ContactValue> contacts) && contacts.Count == 1
            && contacts[0].Address is { Uri.IsSip: true } address
            ? address.Uri
            : null;

    private SipRequest Build(string method, uint number)
    {
        // A first hop that does not route loosely gets itself as Request-URI, and the target last (RFC 3261 §12.2.1.1).
        bool strict = _routes.Count > 0 && _routes[0].Uri is { IsSip: true, IsLooseRouter: false };
        SipRequest request = new(method, strict ? _routes[0].Uri.WithoutHeaders() : RemoteTarget.WithoutHeaders());
        request.Headers.Add(SipHeaderNames.MaxForwards, "70");
        for (int index = strict ? 1 : 0; index < _routes.Count; index++)
        {
            request.Headers.Add(SipHeaderNames.Route, _routes[index].Reveal());
        }

        if (strict)
        {
            request.Headers.Add(SipHeaderNames.Route, new NameAddress(RemoteTarget).Reveal());
        }

        request.Headers.Add(SipHeaderNames.From, _local.Reveal());
        request.Headers.Add(SipHeaderNames.To, _remote.Reveal());
        request.Headers.Add(SipHeaderNames.CallId, Id.CallId);
        request.Headers.Add(SipHeaderNames.CSeq, new CSeqValue(number, method).ToString());
        return request;
    }
}
