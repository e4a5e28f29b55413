using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using OnionSip.Machines;
using OnionSip.Media;
using OnionSip.Sip;

namespace OnionSip.Demo.Phones;

/// <summary>A small phone: registers with digest, calls, answers, speaks from memory and records what it hears.</summary>
public sealed class BuiltinPhone : IDisposable
{
    private const int CallsMax = 6;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly PhoneOptions _options;
    private readonly SipAgent _agent;
    private readonly PhoneSockets _sockets;
    private readonly PhoneRequests _requests;
    private readonly List<PhoneCall> _calls = [];
    private readonly Channel<PhoneCall> _incoming = Channel.CreateUnbounded<PhoneCall>();
    private readonly Lock _gate = new();
    private readonly string _registration;
    private uint _registerNumber = 1;
    private int _linesUsed;

    public BuiltinPhone(PhoneOptions options)
    {
        _options = options;
        PhoneSockets Make() => PhoneSockets.Make(options.Address, options.UseTcp, CallsMax);
        _sockets = options.MakeSockets is null ? Make() : options.MakeSockets(Make);
        _agent = new(_sockets.Signalling, options.Proxy) { Handler = Handle, Record = options.Record };
        _requests = new(options, _agent);
        _registration = _requests.MakeCallId();
        _agent.Start();
    }

    public PhoneAccount Account => _options.Account;

    /// <summary>The phone's own signalling address, which nobody but the gateway should ever see.</summary>
    public string LocalText => _agent.Local.Reveal();

    /// <summary>The calls that came in and were answered.</summary>
    public ChannelReader<PhoneCall> Incoming => _incoming.Reader;

    /// <summary>Registers, answering one challenge; the final response, or null when none came.</summary>
    public async Task<SipResponse?> RegisterAsync(int expiresSeconds = 300)
    {
        SipResponse? response = await SendAsync(MakeRegister(expiresSeconds, null)).ConfigureAwait(false);
        return response is not null && _requests.Answer(response, SipMethods.Register, RegistrarText) is { } credentials
            ? await SendAsync(MakeRegister(expiresSeconds, credentials)).ConfigureAwait(false)
            : response;
    }

    /// <summary>An OPTIONS to the account's domain; null when no answer came.</summary>
    public Task<SipResponse?> AskOptionsAsync()
    {
        SipRequest request = _requests.Make(SipMethods.Options, "sip:" + Account.Domain, "sip:" + Account.Domain, _requests.MakeCallId(), 1);
        return SendAsync(request);
    }

    /// <summary>Calls a user of the same provider, answering one challenge.</summary>
    public PhoneCall Dial(string user)
    {
        string target = $"sip:{user}@{Account.Domain}";
        SdpSession offer;
        PhoneCall call;
        lock (_gate)
        {
            RtpLine line = OpenLine();
            offer = _requests.MakeSession(line.Local);
            call = new(this, line, offer) { InviteNumber = 1 };
            _calls.Add(call);
        }

        SipRequest invite = _requests.Make(SipMethods.Invite, target, target, _requests.MakeCallId(), call.InviteNumber);
        invite.SetBody("application/sdp", offer.Write());
        SendInvite(call, invite, mayAnswer: true);
        return call;
    }

    /// <summary>Takes the phone off the network without a word.</summary>
    public void Dispose()
    {
        foreach (PhoneCall call in Calls())
        {
            call.End("the phone was switched off");
        }

        _agent.Dispose();
        _sockets.Dispose();
    }

    internal void HangUp(PhoneCall call)
    {
        if (call.IsOver)
        {
            return;
        }

        if (call.Dialog is { State: DialogState.Confirmed } dialog)
        {
            SipRequest bye = dialog.CreateRequest(SipMethods.Bye);
            _requests.Decorate(bye);
            call.End("hung up here");
            _agent.Request(bye, told => AnswerByeChallenge(dialog, told));
        }
        else
        {
            _agent.Cancel(call.Invite);
        }
    }

    private string RegistrarText => "sip:" + Account.Domain;

    private PhoneCall[] Calls()
    {
        lock (_gate)
        {
            return [.. _calls];
        }
    }

    private void AnswerByeChallenge(Dialog dialog, SipEvent told)
    {
        if (told.Kind == SipEventKind.Response && _requests.Answer(told.Response, SipMethods.Bye, dialog.RemoteTarget.Reveal()) is { } credentials)
        {
            SipRequest bye = new(SipMethods.Bye, dialog.RemoteTarget);
            SipRequest again = dialog.CreateRequest(SipMethods.Bye);
            foreach (string name in (string[])[SipHeaderNames.MaxForwards, SipHeaderNames.Route, SipHeaderNames.From, SipHeaderNames.To, SipHeaderNames.CallId, SipHeaderNames.CSeq])
            {
                foreach (string value in again.Headers.FindAll(name))
                {
                    bye.Headers.Add(name, value);
                }
            }

            bye.Headers.Add(credentials.Header, credentials.Value);
            _agent.Request(bye, static _ => { });
        }
    }

    private RtpLine OpenLine()
    {
        (System.Net.Sockets.Socket even, System.Net.Sockets.Socket odd) = _sockets.Media[_linesUsed++];
        return new(even, odd, _options.Speech, _requests.CanonicalName) { Record = _options.Record };
    }

    private SipRequest MakeRegister(int expiresSeconds, (string Header, string Value)? credentials)
    {
        SipRequest request = _requests.Make(
            SipMethods.Register, RegistrarText, $"sip:{Account.User}@{Account.Domain}", _registration, _registerNumber++);
        request.Headers.Add(SipHeaderNames.Expires, expiresSeconds.ToString(CultureInfo.InvariantCulture));
        if (credentials is { } given)
        {
            request.Headers.Add(given.Header, given.Value);
        }

        return request;
    }

    private async Task<SipResponse?> SendAsync(SipRequest request)
    {
        TaskCompletionSource<SipResponse?> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _agent.Request(request, told =>
        {
            if (told.Kind == SipEventKind.Response && !told.Response.IsProvisional)
            {
                completion.TrySetResult(told.Response);
            }
            else if (told.Kind is SipEventKind.Timeout or SipEventKind.TransportFailed)
            {
                completion.TrySetResult(null);
            }
        });
        Task first = await Task.WhenAny(completion.Task, Task.Delay(s_patience)).ConfigureAwait(false);
        return first == completion.Task ? await completion.Task.ConfigureAwait(false) : null;
    }

    private void SendInvite(PhoneCall call, SipRequest invite, bool mayAnswer) =>
        call.Invite = _agent.Request(invite, told => HandleInviteEvent(call, invite, mayAnswer, told));

    private void HandleInviteEvent(PhoneCall call, SipRequest invite, bool mayAnswer, SipEvent told)
    {
        switch (told.Kind)
        {
            case SipEventKind.Response when told.Response.IsProvisional:
                if (told.Response.Status is 180 or 183)
                {
                    call.HandleRinging();
                }

                break;
            case SipEventKind.Response when told.Response.IsSuccess:
                HandleAnswer(call, invite, told.Response);
                break;
            case SipEventKind.Response when mayAnswer && _requests.Answer(told.Response, SipMethods.Invite, invite.Uri.Reveal()) is { } credentials:
                call.InviteNumber++;
                SipRequest again = _requests.Repeat(invite, call.InviteNumber);
                again.Headers.Add(credentials.Header, credentials.Value);
                SendInvite(call, again, mayAnswer: false);
                break;
            case SipEventKind.Response:
                call.Refuse(told.Response);
                break;
            case SipEventKind.Timeout or SipEventKind.TransportFailed:
                call.End("no answer from the proxy");
                break;
            default:
                break;
        }
    }

    private void HandleAnswer(PhoneCall call, SipRequest invite, SipResponse response)
    {
        bool isFirst = call.Dialog is null;
        call.Dialog ??= Dialog.AsClient(invite, response);
        if (call.Dialog is null || !call.Dialog.Owns(response))
        {
            return;
        }

        call.Dialog.HandleSuccess(response);
        SipRequest ack = call.Dialog.CreateAck(call.InviteNumber);
        _requests.Decorate(ack);
        _agent.SendAck(ack);
        if (!isFirst)
        {
            return;
        }

        SdpAudio? audio = null;
        bool isRead = SdpSession.TryParse(response.Body.Span, out SdpSession? answer) == SdpParse.Accepted
            && SdpAnswer.Read(call.LocalSession, answer!, out audio) == SdpRefusal.None;
        if (isRead)
        {
            call.HandleAnswered(audio!);
        }
        else
        {
            HangUp(call);
        }
    }

    private void Handle(SipEvent sipEvent)
    {
        switch (sipEvent.Kind)
        {
            case SipEventKind.Request when sipEvent.Request.Method == SipMethods.Invite && sipEvent.Request.To.Tag is null:
                Ring(sipEvent.Transaction, sipEvent.Request);
                break;
            case SipEventKind.Request when Find(sipEvent.Request) is { } call:
                HandleInside(call, sipEvent.Transaction, sipEvent.Request);
                break;
            case SipEventKind.Request:
                int status = sipEvent.Request.Method == SipMethods.Options ? 200 : 481;
                _agent.Respond(sipEvent.Transaction, _requests.Respond(sipEvent.Request, status, null));
                break;
            case SipEventKind.Cancel when Calls().FirstOrDefault(call => call.Invite == sipEvent.Transaction) is { } cancelled:
                cancelled.End("cancelled by the caller");
                _agent.Respond(cancelled.Invite, _requests.Respond(_ringing[cancelled], 487, cancelled.Dialog?.Id.LocalTag));
                break;
            default:
                break;
        }
    }

    private readonly Dictionary<PhoneCall, SipRequest> _ringing = [];

    private PhoneCall? Find(SipRequest request) => Calls().FirstOrDefault(call => call.Dialog?.Id == DialogId.OfRequest(request));

    private void HandleInside(PhoneCall call, TransactionId transaction, SipRequest request)
    {
        DialogDrop drop = call.Dialog!.HandleRequest(request);
        int status = drop switch
        {
            DialogDrop.OutOfOrder => 500,
            DialogDrop.None => request.Method is SipMethods.Bye or SipMethods.Options or SipMethods.Info ? 200 : 501,
            _ => 481,
        };
        _agent.Respond(transaction, _requests.Respond(request, status, null));
        if (drop == DialogDrop.None && request.Method == SipMethods.Bye)
        {
            call.End("the far side hung up");
        }
    }

    private void Ring(TransactionId transaction, SipRequest invite)
    {
        string tag = SipTokens.Tag(_agent.Entropy);
        if (_linesUsed >= CallsMax)
        {
            _agent.Respond(transaction, _requests.Respond(invite, 486, tag));
            return;
        }

        RtpLine line = OpenLine();
        SdpAudio? audio = null;
        SdpSession? answer = null;
        bool isRead = SdpSession.TryParse(invite.Body.Span, out SdpSession? offer) == SdpParse.Accepted
            && SdpAnswer.For(_requests.Prefer(offer!), _requests.MakeLocal(line.Local), out answer, out audio) == SdpRefusal.None;
        if (!isRead)
        {
            line.Dispose();
            _agent.Respond(transaction, _requests.Respond(invite, 488, tag));
            return;
        }

        PhoneCall call = new(this, line, answer!) { Invite = transaction, Dialog = Dialog.AsServer(invite, tag, 1) };
        lock (_gate)
        {
            _calls.Add(call);
            _ringing[call] = invite;
        }

        _agent.Respond(transaction, _requests.Respond(invite, 180, tag));
        _ = AnswerLaterAsync(call, invite, tag, audio!);
    }

    private async Task AnswerLaterAsync(PhoneCall call, SipRequest invite, string tag, SdpAudio audio)
    {
        await Task.Delay(_options.AnswerAfter).ConfigureAwait(false);
        if (call.IsOver)
        {
            return;
        }

        SipResponse response = _requests.Respond(invite, 200, tag);
        response.SetBody("application/sdp", call.LocalSession.Write());
        _agent.Respond(call.Invite, response);
        call.Dialog?.Confirm();
        call.HandleAnswered(audio);
        _incoming.Writer.TryWrite(call);
    }
}
