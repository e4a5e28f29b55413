using System.Linq;
using OnionSip.Sip;

namespace OnionSip.Tests.Gateway;

/// <summary>What a provider writes: Kamailio's shape, with a proxy in the path.</summary>
internal sealed class ProviderScript
{
    private int _number = 100;

    public const string Target = "sip:bob-0x1234@192.0.2.44:5080;transport=tcp;ob";
    public const string RecordRoute = "<sip:198.51.100.5;transport=tls;lr;ftag=1>";
    public const string Challenge = "Digest realm=\"example.org\", nonce=\"nonce1\", qop=\"auth\", algorithm=MD5";

    public string Tag { get; set; } = "provtag";

    /// <summary>A response to a request of the gateway.</summary>
    public string Respond(SipRequest request, int status, string extra = "", string? sdp = null, string? tag = null, bool contact = true)
    {
        string to = request.To.Tag is null && status > 100 ? request.Headers.Find("To") + ";tag=" + (tag ?? Tag) : request.Headers.Find("To")!;
        string target = contact && request.Method == "INVITE" && status is > 100 and < 300 ? $"Contact: <{Target}>\nRecord-Route: {RecordRoute}\n" : string.Empty;
        string type = sdp is null ? string.Empty : "Content-Type: application/sdp\n";
        return $"SIP/2.0 {status} Whatever\nVia: {request.Headers.Find("Via")}\nFrom: {request.Headers.Find("From")}\nTo: {to}\nCall-ID: {request.CallId}\nCSeq: {request.CSeq}\n"
            + $"{target}Server: provider\n{extra}{type}Content-Length: {sdp?.ReplaceLineEndings("\r\n").Length ?? 0}\n\n{sdp}";
    }

    /// <summary>The 200 of a REGISTER: our contact echoed with an expiry.</summary>
    public string Registered(SipRequest request, int expires = 600) =>
        Respond(request, 200, $"Contact: {request.Headers.Find("Contact")};expires={expires}\n");

    /// <summary>A call to the contact that was registered.</summary>
    public string Invite(string contact, string? sdp = null, string tag = "caller1", string callId = "provcall-1", string branch = "z9hG4bKprov1") =>
        $"INVITE {contact} SIP/2.0\nVia: SIP/2.0/TLS 198.51.100.5:5061;branch={branch}\nMax-Forwards: 60\nRecord-Route: {RecordRoute}\nFrom: \"Bob\" <sip:bob@example.org>;tag={tag}\nTo: <sip:alice@example.org>\nCall-ID: {callId}\nCSeq: 1 INVITE\nContact: <{Target}>\nP-Asserted-Identity: <sip:secret@example.org>\nCall-Info: <http://tracker.invalid/x>\n"
        + (sdp is null ? "Content-Length: 0\n\n" : $"Content-Type: application/sdp\nContent-Length: {sdp.ReplaceLineEndings("\r\n").Length}\n\n{sdp}");

    public string Cancel(SipMessage _, string contact, string tag = "caller1", string callId = "provcall-1", string branch = "z9hG4bKprov1") =>
        $"CANCEL {contact} SIP/2.0\nVia: SIP/2.0/TLS 198.51.100.5:5061;branch={branch}\nFrom: \"Bob\" <sip:bob@example.org>;tag={tag}\nTo: <sip:alice@example.org>\nCall-ID: {callId}\nCSeq: 1 CANCEL\nContent-Length: 0\n\n";

    /// <summary>A request within the dialog in which the gateway called (its INVITE and tag of ours).</summary>
    public string InDialog(string method, SipRequest invite, string contact, string extra = "", string? sdp = null) =>
        Build(method, contact, invite.Headers.Find("To") + ";tag=" + Tag, invite.Headers.Find("From")!, invite.CallId, extra, sdp);

    /// <summary>A request within the dialog in which the gateway was called.</summary>
    public string InCalledDialog(string method, SipResponse answer, string contact, string extra = "", string? sdp = null, int? number = null, string branch = "") =>
        Build(method, contact, answer.Headers.Find("From")!, answer.Headers.Find("To")!, answer.CallId, extra, sdp, number, branch);

    public static string Sdp(string direction = "sendrecv", string formats = "8 101", int port = 40000, string address = "198.51.100.9", int ptime = 20) =>
        $"v=0\no=- 1 1 IN IP4 {address}\ns=-\nc=IN IP4 {address}\nt=0 0\nm=audio {port} RTP/AVP {formats}\na=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\na=ptime:{ptime}\na={direction}\n";

    public static string ContactOf(SipMessage message) =>
        message.TryGetContacts(out var contacts) ? contacts.Single().Address!.Uri.Reveal() : string.Empty;

    private string Build(string method, string uri, string from, string to, string callId, string extra, string? sdp, int? number = null, string branch = "")
    {
        _number++;
        string type = sdp is null ? string.Empty : "Content-Type: application/sdp\n";
        return $"{method} {uri} SIP/2.0\nVia: SIP/2.0/TLS 198.51.100.5:5061;branch=z9hG4bKp{_number}{branch}\nMax-Forwards: 60\nFrom: {from}\nTo: {to}\nCall-ID: {callId}\nCSeq: {number ?? _number} {method}\nContact: <{Target}>\n{extra}{type}Content-Length: {sdp?.ReplaceLineEndings("\r\n").Length ?? 0}\n\n{sdp}";
    }
}
