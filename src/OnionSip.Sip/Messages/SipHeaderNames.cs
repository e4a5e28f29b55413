using System;
using System.Collections.Frozen;
using System.Collections.Generic;

namespace OnionSip.Sip;

/// <summary>The header names that are known, in the order in which they are written. (SIP.WRITER)</summary>
public static class SipHeaderNames
{
    public const string Via = "Via";
    public const string MaxForwards = "Max-Forwards";
    public const string Route = "Route";
    public const string RecordRoute = "Record-Route";
    public const string From = "From";
    public const string To = "To";
    public const string CallId = "Call-ID";
    public const string CSeq = "CSeq";
    public const string Contact = "Contact";
    public const string Expires = "Expires";
    public const string MinExpires = "Min-Expires";
    public const string Authorization = "Authorization";
    public const string ProxyAuthorization = "Proxy-Authorization";
    public const string WwwAuthenticate = "WWW-Authenticate";
    public const string ProxyAuthenticate = "Proxy-Authenticate";
    public const string AuthenticationInfo = "Authentication-Info";
    public const string RAck = "RAck";
    public const string RSeq = "RSeq";
    public const string Require = "Require";
    public const string ProxyRequire = "Proxy-Require";
    public const string Supported = "Supported";
    public const string Unsupported = "Unsupported";
    public const string Allow = "Allow";
    public const string AllowEvents = "Allow-Events";
    public const string Accept = "Accept";
    public const string Event = "Event";
    public const string SubscriptionState = "Subscription-State";
    public const string SessionExpires = "Session-Expires";
    public const string MinSe = "Min-SE";
    public const string Privacy = "Privacy";
    public const string ReferTo = "Refer-To";
    public const string ReferredBy = "Referred-By";
    public const string Replaces = "Replaces";
    public const string RetryAfter = "Retry-After";
    public const string Reason = "Reason";
    public const string Warning = "Warning";
    public const string UserAgent = "User-Agent";
    public const string Server = "Server";
    public const string Subject = "Subject";
    public const string Date = "Date";
    public const string Path = "Path";
    public const string ServiceRoute = "Service-Route";
    public const string ContentEncoding = "Content-Encoding";
    public const string ContentType = "Content-Type";
    public const string ContentLength = "Content-Length";

    /// <summary>Where an unknown name is written: after the known ones, before what describes the body.</summary>
    internal const int UnknownRank = 1_000;

    private static readonly string[] s_order =
    [
        Via, MaxForwards, Route, RecordRoute, From, To, CallId, CSeq, Contact, Expires, MinExpires,
        Authorization, ProxyAuthorization, WwwAuthenticate, ProxyAuthenticate, AuthenticationInfo,
        RAck, RSeq, Require, ProxyRequire, Supported, Unsupported, Allow, AllowEvents, Accept, Event,
        SubscriptionState, SessionExpires, MinSe, Privacy, ReferTo, ReferredBy, Replaces, RetryAfter, Reason,
        Warning, UserAgent, Server, Subject, Date, Path, ServiceRoute, ContentEncoding, ContentType, ContentLength,
    ];

    private static readonly FrozenDictionary<string, (string Name, int Rank)> s_known = Known();

    /// <summary>The usual spelling of a name or of its compact form; an unknown name is handed back as it is.</summary>
    public static string Canonical(string name) =>
        s_known.TryGetValue(name, out (string Name, int Rank) known) ? known.Name : name;

    internal static int Rank(string name) =>
        s_known.TryGetValue(name, out (string Name, int Rank) known) ? known.Rank : UnknownRank;

    private static FrozenDictionary<string, (string Name, int Rank)> Known()
    {
        Dictionary<string, (string, int)> known = new(StringComparer.OrdinalIgnoreCase);
        for (int index = 0; index < s_order.Length; index++)
        {
            bool isLast = s_order[index].StartsWith("Content-", StringComparison.Ordinal);
            known.Add(s_order[index], (s_order[index], isLast ? UnknownRank + 1 + index : index));
        }

        foreach ((string compact, string name) in (ReadOnlySpan<(string, string)>)
        [
            ("v", Via), ("f", From), ("t", To), ("i", CallId), ("m", Contact), ("k", Supported), ("u", AllowEvents),
            ("o", Event), ("x", SessionExpires), ("r", ReferTo), ("b", ReferredBy), ("s", Subject),
            ("e", ContentEncoding), ("c", ContentType), ("l", ContentLength),
        ])
        {
            known.Add(compact, known[name]);
        }

        foreach ((string compact, string name) in (ReadOnlySpan<(string, string)>)
        [
            ("a", "Accept-Contact"), ("j", "Reject-Contact"), ("d", "Request-Disposition"), ("n", "Identity-Info"),
            ("y", "Identity"),
        ])
        {
            known.Add(compact, (name, UnknownRank));
            known.Add(name, (name, UnknownRank));
        }

        return known.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }
}
