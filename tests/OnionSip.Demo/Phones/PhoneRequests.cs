using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Media;
using OnionSip.Sip;

namespace OnionSip.Demo.Phones;

/// <summary>Writes a phone's messages, as chatty as its canary asks.</summary>
internal sealed class PhoneRequests(PhoneOptions options, SipAgent agent)
{
    private readonly string _fromTag = SipTokens.Tag(agent.Entropy);

    /// <summary>What RTCP calls this phone.</summary>
    internal string CanonicalName => options.Canary is null ? "phone" : $"{options.Canary}-cname@{agent.Local.Address.Reveal()}";

    internal string MakeCallId() =>
        SipTokens.CallId(agent.Entropy) + (options.Canary is null ? string.Empty : $"{options.Canary}-callid@{agent.Local.Address.Reveal()}");

    internal SipRequest Make(string method, string uri, string to, string callId, uint number)
    {
        SipUri.TryParse(uri, out SipUri? target);
        SipRequest request = new(method, target!);
        string display = options.Canary is null ? string.Empty : $"\"{options.Canary} display\" ";
        request.Headers.Add(SipHeaderNames.MaxForwards, "70");
        request.Headers.Add(SipHeaderNames.From, $"{display}<sip:{options.Account.User}@{options.Account.Domain}>;tag={_fromTag}");
        request.Headers.Add(SipHeaderNames.To, $"<{to}>");
        request.Headers.Add(SipHeaderNames.CallId, callId);
        request.Headers.Add(SipHeaderNames.CSeq, new CSeqValue(number, method).ToString());
        request.Headers.Add(SipHeaderNames.Contact, ContactText);
        Decorate(request);
        return request;
    }

    /// <summary>The same request under another number.</summary>
    internal SipRequest Repeat(SipRequest request, uint number)
    {
        SipRequest again = new(request.Method, request.Uri);
        for (int index = 0; index < request.Headers.Count; index++)
        {
            SipHeader header = request.Headers[index];
            if (header.Name is not (SipHeaderNames.Via or SipHeaderNames.CSeq or SipHeaderNames.ContentType or SipHeaderNames.ContentLength))
            {
                again.Headers.Add(header.Name, header.Value);
            }
        }

        again.Headers.Add(SipHeaderNames.CSeq, new CSeqValue(number, request.Method).ToString());
        if (!request.Body.IsEmpty)
        {
            again.SetBody("application/sdp", request.Body);
        }

        return again;
    }

    internal SipResponse Respond(SipRequest request, int status, string? tag)
    {
        SipResponse response = SipResponse.For(request, status, null, tag);
        if (request.Method == SipMethods.Invite)
        {
            response.Headers.Add(SipHeaderNames.Contact, ContactText);
            foreach (string route in request.Headers.FindAll(SipHeaderNames.RecordRoute))
            {
                response.Headers.Add(SipHeaderNames.RecordRoute, route);
            }
        }

        Decorate(response);
        return response;
    }

    /// <summary>The header and value that answer a challenge; null when the response is none.</summary>
    internal (string Header, string Value)? Answer(SipResponse response, string method, string uri)
    {
        bool isProxy = response.Status == 407;
        string challengeName = isProxy ? SipHeaderNames.ProxyAuthenticate : SipHeaderNames.WwwAuthenticate;
        if (response.Status is not (401 or 407)
            || !DigestChallenge.TryParseAll(response.Headers, challengeName, out List<DigestChallenge> challenges)
            || challenges.Count == 0)
        {
            return null;
        }

        DigestCredentials? credentials = DigestCredentials.Answer(
            challenges[0], options.Account.User, options.Account.Password, method, uri, SipTokens.ClientNonce(agent.Entropy), 1);
        string name = isProxy ? SipHeaderNames.ProxyAuthorization : SipHeaderNames.Authorization;
        return credentials is null ? null : (name, credentials.Reveal());
    }

    internal SdpLocal MakeLocal(PeerAddress rtp) => new(SdpOrigin.Create(agent.Entropy, rtp.Address), rtp.Address, rtp.Port);

    /// <summary>An offer of this phone's one codec.</summary>
    internal SdpSession MakeSession(PeerAddress rtp)
    {
        SdpSession session = Prefer(SdpOffer.Canonical(MakeLocal(rtp)));
        if (options.Canary is { } canary)
        {
            session.Name = canary + " session";
            session.Origin = session.Origin with { User = canary + "-origin" };
            session.Attributes.Add(new("tool", canary + " tool"));
            session.Media[0].Add("label", canary + "-label");
            session.Media[0].Add("ssrc", "4711 cname:" + canary + "-sdp");
        }

        return session;
    }

    /// <summary>A description without the codec this phone does not use, where its own is there too.</summary>
    internal SdpSession Prefer(SdpSession session)
    {
        (string wanted, string unwanted) = options.Codec == "PCMU" ? ("0", "8") : ("8", "0");
        for (int index = 0; index < session.Media.Count; index++)
        {
            MediaDescription media = session.Media[index];
            if (!media.Formats.Contains(wanted))
            {
                continue;
            }

            MediaDescription kept = new(media.Media, media.Port, media.Protocol, [.. media.Formats.Where(format => format != unwanted)])
            {
                Connection = media.Connection,
            };
            kept.Attributes.AddRange(media.Attributes.Where(attribute => !IsMapOf(attribute, unwanted)));
            session.Media[index] = kept;
        }

        return session;
    }

    internal void Decorate(SipMessage message)
    {
        if (options.Canary is { } canary)
        {
            message.Headers.Add(message.IsRequest ? SipHeaderNames.UserAgent : SipHeaderNames.Server, canary + " phone 1.0");
            message.Headers.Add("X-Device", canary + "-x-header");
            message.Headers.Add("Organization", canary + " organisation");
            message.Headers.Add("P-Preferred-Identity", $"<sip:{canary}-identity@{agent.Local.Address.Reveal()}>");
            message.Headers.Add("Call-Info", $"<http://{agent.Local.Address.Reveal()}/{canary}-info>;purpose=info");
            message.Headers.Add(SipHeaderNames.Subject, canary + " subject");
        }

        foreach ((string name, string value) in options.ExtraHeaders)
        {
            message.Headers.Add(name, value);
        }
    }

    private static bool IsMapOf(SdpAttribute attribute, string format) =>
        attribute.Name == "rtpmap" && attribute.Value is { } value && value.StartsWith(format + " ", StringComparison.Ordinal);

    private string ContactText
    {
        get
        {
            string user = options.Canary is null ? options.Account.User : options.Canary + "-contact";
            string transport = agent.IsTcp ? ";transport=tcp" : string.Empty;
            string instance = options.Canary is null ? string.Empty : $";+sip.instance=\"<urn:uuid:{options.Canary}-instance>\"";
            return $"<sip:{user}@{agent.Local.Reveal()}{transport}>{instance}";
        }
    }
}
