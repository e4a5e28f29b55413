using System;
using System.Collections.Generic;

namespace OnionSip.Sip;

/// <summary>A request that was refused, and what an answer to it needs (RFC 4475 expectations). (SIP.REFUSAL)</summary>
/// <remarks>Exists only where a method and a top Via could be read; never for ACK, which nobody answers.</remarks>
public sealed class SipRefusal
{
    private readonly List<SipHeader> _copied;

    internal SipRefusal(SipParse reason, string method, ViaValue topVia, List<SipHeader> copied)
    {
        Reason = reason;
        Method = method;
        TopVia = topVia;
        _copied = copied;
    }

    internal SipRefusal(SipParse reason, SipRefusal other)
        : this(reason, other.Method, other.TopVia, other._copied)
    {
    }

    public SipParse Reason { get; }

    public string Method { get; }

    public ViaValue TopVia { get; }

    public int Status => Reason switch
    {
        SipParse.BadVersion => 505,
        SipParse.TooLong or SipParse.TooManyHeaders or SipParse.HeaderTooLong => 513,
        _ => 400,
    };

    /// <summary>What was wrong in words that a person debugging a phone understands.</summary>
    public string Phrase => Reason switch
    {
        SipParse.BadVersion => "Version Not Supported",
        SipParse.TooLong or SipParse.TooManyHeaders or SipParse.HeaderTooLong => "Message Too Large",
        SipParse.BadRequestUri => "Bad Request-URI",
        SipParse.MissingMandatory => "Missing Mandatory Header",
        SipParse.DuplicateHeader => "Header Repeated",
        SipParse.BadVia => "Bad Via",
        SipParse.BadAddress => "Bad From, To or Contact",
        SipParse.BadCSeq => "Bad CSeq",
        SipParse.MethodMismatch => "CSeq Method Does Not Match",
        SipParse.BadMaxForwards => "Bad Max-Forwards",
        SipParse.BadContentLength or SipParse.MissingContentLength => "Bad Content-Length",
        _ => "Bad Request",
    };

    /// <summary>
    /// The answer: every Via as it came (the top one with its source), and those of From, To, Call-ID, CSeq that were
    /// there.
    /// </summary>
    public SipResponse BuildResponse(Machines.PeerAddress source, string toTag)
    {
        SipResponse response = new(Status, Phrase);
        response.Headers.TryAdd(SipHeaderNames.Via, TopVia.WithSource(source).Reveal());
        foreach (SipHeader line in _copied)
        {
            bool untagged = line.Name == SipHeaderNames.To && NameAddress.TryParse(line.Value, out NameAddress? to)
                && to.Tag is null;
            response.Headers.TryAdd(line.Name, untagged ? line.Value + ";tag=" + toTag : line.Value);
        }

        return response;
    }

    public override string ToString() => Reason.ToString();
}
