using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using OnionSip.Media;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>Counts what a phone's message says that does not leave the gateway, by class. (SIP.GATEWAY.LEAKS)</summary>
internal static class HeaderLeaks
{
    private static readonly FrozenDictionary<string, LeakClass> s_classes = Classes();

    private static readonly FrozenSet<string> s_canonicalAttributes =
        FrozenSet.ToFrozenSet(["rtpmap", "fmtp", "ptime", "sendrecv", "sendonly", "recvonly", "inactive"],
            StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> s_addressAttributes =
        FrozenSet.ToFrozenSet(["candidate", "remote-candidates", "rtcp", "ice-ufrag", "ice-pwd", "ice-options", "ice-lite"],
            StringComparer.OrdinalIgnoreCase);

    /// <summary>Counts the header lines of a request or response of a phone.</summary>
    public static void Count(SipMessage message, LeakReport report)
    {
        for (int index = 0; index < message.Headers.Count; index++)
        {
            string name = message.Headers[index].Name;
            if (Classify(name) is { } kind)
            {
                report.Count(kind);
            }
        }

        if (message.From.Display is not null)
        {
            report.Count(LeakClass.Identity);
        }

        if (message.Body.Length > 0 && !message.HasContentType(SipTexts.Sdp))
        {
            report.Count(LeakClass.Body);
        }
    }

    /// <summary>Counts what a phone's description says beyond the canonical one.</summary>
    public static void Count(SdpSession session, LeakReport report)
    {
        // o=, s= and every line the reader ignores (i, u, e, p, b, r, z, k).
        report.Count(LeakClass.SdpText, 2 + session.IgnoredLines);
        report.Count(LeakClass.SdpAddress, session.Connection is null ? 0 : 1);
        Count(session.Attributes, report);
        bool taken = false;
        foreach (MediaDescription media in session.Media)
        {
            bool first = media.IsAudio && !media.IsRejected && !taken;
            taken |= first;
            report.Count(first ? LeakClass.SdpAddress : LeakClass.SdpMedia);
            Count(media.Attributes, report);
        }
    }

    private static void Count(List<SdpAttribute> attributes, LeakReport report)
    {
        foreach (SdpAttribute attribute in attributes)
        {
            if (string.Equals(attribute.Name, "tool", StringComparison.OrdinalIgnoreCase))
            {
                report.Count(LeakClass.SdpText);
            }
            else if (s_addressAttributes.Contains(attribute.Name))
            {
                report.Count(LeakClass.SdpAddress);
            }
            else if (!s_canonicalAttributes.Contains(attribute.Name))
            {
                report.Count(LeakClass.SdpAttribute);
            }
        }
    }

    // Null for what every message has and what is passed or rebuilt from its meaning.
    private static LeakClass? Classify(string name)
    {
        if (s_classes.TryGetValue(name, out LeakClass kind))
        {
            return kind;
        }

        bool passed = name is SipHeaderNames.From or SipHeaderNames.To or SipHeaderNames.MaxForwards or SipHeaderNames.Authorization
            or SipHeaderNames.ProxyAuthorization or SipHeaderNames.ContentType or SipHeaderNames.ContentLength or SipHeaderNames.Privacy
            or SipHeaderNames.Require or SipHeaderNames.ProxyRequire;
        return passed ? null : name.StartsWith("X-", StringComparison.OrdinalIgnoreCase) ? LeakClass.Extension
            : name.StartsWith("P-", StringComparison.OrdinalIgnoreCase) ? LeakClass.Identity
            : LeakClass.UnknownHeader;
    }

    private static FrozenDictionary<string, LeakClass> Classes()
    {
        Dictionary<string, LeakClass> classes = new(StringComparer.OrdinalIgnoreCase);
        Add(classes, LeakClass.Topology, "Via", "Record-Route", "Route", "Path", "Service-Route");
        Add(classes, LeakClass.Contact, "Contact");
        Add(classes, LeakClass.DialogIdentifiers, "Call-ID", "CSeq");
        Add(classes, LeakClass.Identity, "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Diversion", "History-Info",
            "Identity", "Identity-Info", "Reply-To", "Referred-By");
        Add(classes, LeakClass.Software, "User-Agent", "Server", "Organization", "Subject", "Allow", "Allow-Events", "Supported", "Accept",
            "Accept-Encoding", "Accept-Language", "MIME-Version", "Session-Expires", "Min-SE");
        Add(classes, LeakClass.Location, "Geolocation", "Geolocation-Routing", "P-Access-Network-Info", "P-Charging-Vector",
            "P-Visited-Network-ID", "Cellular-Network-Info");
        Add(classes, LeakClass.Clock, "Date", "Timestamp", "Expires");
        Add(classes, LeakClass.Fetch, "Call-Info", "Alert-Info", "Error-Info");
        Add(classes, LeakClass.Extension, "Warning", "Reason", "Cisco-Guid", "Session-ID", "User-to-User");
        return classes.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    private static void Add(Dictionary<string, LeakClass> classes, LeakClass kind, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            classes.Add(name, kind);
        }
    }
}
