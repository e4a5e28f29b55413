using System;
using System.Buffers;

namespace OnionSip.Sip;

/// <summary>The requests that belong to another one: ACK for a failure and CANCEL. (SIP.TX.INVITE-CLIENT)</summary>
internal static class SipRequests
{
    /// <summary>
    /// RFC 3261 §17.1.1.3: everything of the INVITE but To, which is the response's. Empty when unwritable.
    /// </summary>
    public static ReadOnlyMemory<byte> WriteAckForFailure(SipRequest invite, SipResponse response)
    {
        SipRequest ack = Twin(invite, SipMethods.Ack);
        return response.Headers.Find(SipHeaderNames.To) is { } to && ack.Headers.TryAdd(SipHeaderNames.To, to)
            ? Write(ack)
            : default;
    }

    /// <summary>RFC 3261 §9.1: the same branch, number and To as the INVITE.</summary>
    public static SipRequest Cancel(SipRequest invite)
    {
        SipRequest cancel = Twin(invite, SipMethods.Cancel);
        cancel.Headers.Add(SipHeaderNames.To, invite.Headers.Find(SipHeaderNames.To)!);
        return cancel;
    }

    public static ReadOnlyMemory<byte> Write(SipMessage message)
    {
        ArrayBufferWriter<byte> octets = new(1_024);
        return SipWriter.TryWrite(message, octets) ? octets.WrittenMemory : default;
    }

    private static SipRequest Twin(SipRequest invite, string method)
    {
        SipRequest twin = new(method, invite.Uri);
        twin.Headers.Add(SipHeaderNames.Via, invite.TopVia.Reveal());
        twin.Headers.Add(SipHeaderNames.MaxForwards, "70");
        foreach (string route in invite.Headers.FindAll(SipHeaderNames.Route))
        {
            twin.Headers.Add(SipHeaderNames.Route, route);
        }

        twin.Headers.Add(SipHeaderNames.From, invite.Headers.Find(SipHeaderNames.From)!);
        twin.Headers.Add(SipHeaderNames.CallId, invite.CallId);
        twin.Headers.Add(SipHeaderNames.CSeq, (invite.CSeq with { Method = method }).ToString());
        return twin;
    }
}
