using System.Globalization;
using OnionSip.Sip;

namespace OnionSip.Tests.Gateway;

/// <summary>What a phone writes: baresip's shape by default; every field the phone controls can bear a canary.</summary>
internal sealed class PhoneScript
{
    private int _branch;
    private int _number;

    public string User { get; init; } = "alice";

    public string CallId { get; set; } = "phonecall-1";

    public string Tag { get; set; } = "phonetag1";

    /// <summary>Put into every field that a phone chooses freely.</summary>
    public string Canary { get; init; } = "kanari";

    public string Transport { get; init; } = "UDP";

    /// <summary>The Via of the last INVITE, for its CANCEL and the ACK of a refusal.</summary>
    public string LastVia { get; private set; } = string.Empty;

    public int Number => _number;

    public string Contact => $"sip:{User}-0x55{Canary}@127.0.0.77:5071";

    public string Register(string extra = "", string? contact = null, int expires = 3600) => Request(
        "REGISTER", "sip:" + GatewayWorld.Domain, $"<sip:{User}@{GatewayWorld.Domain}>", $"Contact: <{contact ?? Contact}>;expires={expires}\n" + extra, null);

    public string Invite(string to = "sip:bob@example.org", string? sdp = null, string extra = "", string toTag = "") => Request(
        "INVITE", to, $"<{to}>{toTag}", $"Contact: <{Contact}>\nAllow: INVITE,ACK,BYE,CANCEL,OPTIONS,REFER,NOTIFY\n" + extra, sdp ?? Sdp());

    public string Cancel(string to = "sip:bob@example.org") =>
        $"CANCEL {to} SIP/2.0\nVia: {LastVia}\nMax-Forwards: 70\nFrom: <sip:{User}@{GatewayWorld.Domain}>;tag={Tag}\nTo: <{to}>\nCall-ID: {CallId}\nCSeq: {_number} CANCEL\nContent-Length: 0\n\n";

    /// <summary>The ACK of a 2xx, or (same Via) of a refusal.</summary>
    public string Ack(SipResponse response, bool refusal = false, string? body = null)
    {
        string via = refusal ? LastVia : NextVia();
        string uri = response.TryGetContacts(out var contacts) && contacts is [{ Address: { } address }] ? address.Uri.Reveal() : "sip:bob@example.org";
        string type = body is null ? string.Empty : "Content-Type: application/sdp\n";
        return $"ACK {uri} SIP/2.0\nVia: {via}\nMax-Forwards: 70\nFrom: <sip:{User}@{GatewayWorld.Domain}>;tag={Tag}\nTo: {response.Headers.Find("To")}\nCall-ID: {CallId}\nCSeq: {response.CSeq.Number} ACK\n{type}Content-Length: {body?.ReplaceLineEndings("\r\n").Length ?? 0}\n\n{body}";
    }

    /// <summary>A request within the dialog that <paramref name="answer"/> made.</summary>
    public string InDialog(string method, SipResponse answer, string extra = "", string? sdp = null)
    {
        answer.TryGetContacts(out var contacts);
        string uri = contacts[0].Address!.Uri.Reveal();
        return Request(method, uri, answer.Headers.Find("To")!, $"Contact: <{Contact}>\nRoute: {answer.Headers.Find("Record-Route")}\n" + extra, sdp);
    }

    /// <summary>A response of the phone to a request of the gateway.</summary>
    public string Respond(SipRequest request, int status, string tag = "phonetag2", string? sdp = null, string extra = "")
    {
        string to = request.To.Tag is null ? request.Headers.Find("To") + ";tag=" + tag : request.Headers.Find("To")!;
        string type = sdp is null ? string.Empty : "Content-Type: application/sdp\n";
        return $"SIP/2.0 {status} {Canary}\nVia: {request.Headers.Find("Via")}\nFrom: {request.Headers.Find("From")}\nTo: {to}\nCall-ID: {request.CallId}\nCSeq: {request.CSeq}\n"
            + $"Contact: <{Contact}>\nServer: {Canary}\nUser-Agent: {Canary}\n{extra}{type}Content-Length: {sdp?.ReplaceLineEndings("\r\n").Length ?? 0}\n\n{sdp}";
    }

    /// <summary>A description with a canary in every line that has room for one.</summary>
    public string Sdp(string direction = "sendrecv", string formats = "0 8 101", int ptime = 20, string more = "") => string.Create(CultureInfo.InvariantCulture, $"""
        v=0
        o={Canary} 39{_number} {_number} IN IP4 127.0.0.77
        s={Canary} session
        i={Canary}
        u=http://{Canary}.invalid/
        e={Canary}@{Canary}.invalid
        p=+1 {Canary}
        c=IN IP4 127.0.0.77
        b=AS:{_number + 100}
        t=0 0
        a=tool:{Canary} 1.0.0
        a={Canary}:session
        m=audio 30000 RTP/AVP {formats}
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15
        a=rtpmap:96 opus/48000/2
        a=fmtp:96 {Canary}=1
        a=rtcp:30001
        a=candidate:1 1 UDP 1 127.0.0.77 30000 typ host
        a=ssrc:1234 cname:{Canary}
        a=label:{Canary}
        a=x-{Canary}
        a={direction}
        a=ptime:{ptime}
        {more}
        """).TrimEnd() + "\n";

    private string Request(string method, string uri, string to, string headers, string? sdp)
    {
        _number++;
        string via = NextVia();
        LastVia = method is "INVITE" ? via : LastVia;
        string type = sdp is null ? string.Empty : "Content-Type: application/sdp\n";
        return $"{method} {uri} SIP/2.0\nVia: {via}\nMax-Forwards: 67\nFrom: \"{Canary}\" <sip:{User}@{GatewayWorld.Domain}>;tag={Tag}\nTo: {to}\nCall-ID: {CallId}\nCSeq: {_number} {method}\n"
            + $"User-Agent: {Canary}\nX-{Canary}: {Canary}\n{headers}{type}Content-Length: {sdp?.ReplaceLineEndings("\r\n").Length ?? 0}\n\n{sdp}";
    }

    private string NextVia() => $"SIP/2.0/{Transport} 127.0.0.77:5071;branch=z9hG4bK{Canary}{_branch++};rport";
}
