using System.Collections.Generic;

namespace OnionSip.Nodes;

/// <summary>The classes of what a phone says and the gateway does not pass on. (SIP.GATEWAY.LEAKS)</summary>
public enum LeakClass : byte
{
    /// <summary>Via, Record-Route, Route, Path, Service-Route: replaced by the gateway's own or dropped.</summary>
    Topology = 0,

    /// <summary>Contact, its parameters, instance ids, GRUU: replaced.</summary>
    Contact = 1,

    /// <summary>Call-ID, tags, CSeq: replaced.</summary>
    DialogIdentifiers = 2,

    /// <summary>Display names and identity headers (P-Asserted-Identity, Remote-Party-ID, …): dropped.</summary>
    Identity = 3,

    /// <summary>User-Agent, Server, Organization, Subject, Allow, Supported, Accept: dropped or replaced by constants.</summary>
    Software = 4,

    /// <summary>Geolocation, P-Access-Network-Info and their like: dropped.</summary>
    Location = 5,

    /// <summary>Date, Timestamp, Expires habits: dropped or replaced.</summary>
    Clock = 6,

    /// <summary>Call-Info, Alert-Info, Error-Info: dropped.</summary>
    Fetch = 7,

    /// <summary>X- headers, Warning, Reason, Cisco-Guid: dropped.</summary>
    Extension = 8,

    /// <summary>Header names the gateway does not know: dropped.</summary>
    UnknownHeader = 9,

    /// <summary>SDP addresses, ports, candidates: replaced or dropped.</summary>
    SdpAddress = 10,

    /// <summary>SDP o=, s=, i=, u=, e=, p=, a=tool and other text: replaced or dropped.</summary>
    SdpText = 11,

    /// <summary>SDP attributes that are not in the canonical set: dropped.</summary>
    SdpAttribute = 12,

    /// <summary>SDP media lines beyond the one audio line: refused with port 0.</summary>
    SdpMedia = 13,

    /// <summary>Bodies that are not passed: dropped.</summary>
    Body = 14,

    /// <summary>RTP header extensions, contributing sources, padding: stripped.</summary>
    RtpHeader = 15,

    /// <summary>RTCP of the phone: ended at the gateway, never passed.</summary>
    Rtcp = 16,
}

/// <summary>What the phone said in one call and what was kept back, by class; counts only, no values. (SIP.GATEWAY.LEAKS)</summary>
public sealed class LeakReport
{
    private const int Classes = (int)LeakClass.Rtcp + 1;

    private readonly long[] _counts = new long[Classes];

    public long this[LeakClass kind] => _counts[(int)kind];

    public long Total
    {
        get
        {
            long total = 0;
            foreach (long count in _counts)
            {
                total += count;
            }

            return total;
        }
    }

    /// <summary>The classes with a count, in their order.</summary>
    public IEnumerable<(LeakClass Kind, long Count)> Counted()
    {
        for (int index = 0; index < Classes; index++)
        {
            if (_counts[index] > 0)
            {
                yield return ((LeakClass)index, _counts[index]);
            }
        }
    }

    internal void Count(LeakClass kind, long times = 1) => _counts[(int)kind] += times;

    internal void Add(LeakReport other)
    {
        for (int index = 0; index < Classes; index++)
        {
            _counts[index] += other._counts[index];
        }
    }
}
