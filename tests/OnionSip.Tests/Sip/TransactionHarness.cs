using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>One table on a virtual clock, with everything it gave out.</summary>
internal sealed class TransactionHarness
{
    public static readonly PeerAddress Remote = new(IpAddress.FromIPv4(0xC0000202), 5060);

    public TransactionHarness(SipTransport transport = SipTransport.Udp, TransactionOptions? options = null)
    {
        Peer = new SipPeer(transport, Remote, transport == SipTransport.Udp ? 0UL : 7UL);
        Route = new SipRoute(Peer, "192.0.2.1", 5070);
        Table = new TransactionTable(new SeededEntropy(5), options);
    }

    public SipPeer Peer { get; }

    public SipRoute Route { get; }

    public TransactionTable Table { get; }

    public Instant Now { get; private set; } = Instant.FromMilliseconds(1_000);

    public List<SipMessage> Sent { get; } = [];

    public List<(long Milliseconds, SipMessage Message)> SentAt { get; } = [];

    public List<SipEvent> Events { get; } = [];

    public static SipRequest Parse(string text)
    {
        Assert.Equal(SipParse.Accepted, SipMessage.TryParse(SipCorpus.Octets(text), out SipMessage? message));
        return (SipRequest)message!;
    }

    public static SipRequest NewRequest(string method, string toTag = "")
    {
        Assert.True(SipUri.TryParse("sip:bob@biloxi.com", out SipUri? uri));
        SipRequest request = new(method, uri);
        request.Headers.Add("Max-Forwards", "70").Add("From", "<sip:alice@atlanta.com>;tag=a1").Add(
            "To", "<sip:bob@biloxi.com>" + toTag);
        request.Headers.Add("Call-ID", "c1").Add("CSeq", "7 " + method).Add("Contact", "<sip:alice@192.0.2.1:5070>");
        return request;
    }

    /// <summary>A request as the peer sends it, with a branch of its own.</summary>
    public static SipRequest Incoming(
        string method, string branch = "z9hG4bKpeer1", string toTag = "", uint number = 7, bool rport = true)
    {
        SipRequest request = NewRequest(method, toTag);
        request.Headers.Set("CSeq", number + " " + method);
        request.Headers.Add("Via", "SIP/2.0/UDP 192.0.2.2:5060;branch=" + branch + (rport ? ";rport" : string.Empty));
        return request;
    }

    public TransactionId Start(SipRequest request)
    {
        Assert.Equal(SipDrop.None, Table.Request(Now, Route, request, out TransactionId id));
        Drain();
        return id;
    }

    public SipDrop Receive(SipMessage message)
    {
        // Through the octets, as on the wire.
        Assert.Equal(SipParse.Accepted, SipMessage.TryParse(SipWriter.Write(message), out SipMessage? parsed));
        SipDrop drop = Table.HandleMessage(Now, Peer, parsed!);
        Drain();
        return drop;
    }

    public SipDrop Answer(SipRequest request, int status, string toTag = "b1")
    {
        SipResponse response = SipResponse.For(request, status, null, toTag);
        response.Headers.Add("Contact", "<sip:bob@192.0.2.2>");
        return Receive(response);
    }

    public SipDrop Respond(TransactionId id, SipRequest request, int status)
    {
        SipDrop drop = Table.Respond(Now, id, SipResponse.For(request, status, null, "b1"));
        Drain();
        return drop;
    }

    /// <summary>Jumps from deadline to deadline until the span has passed.</summary>
    public void Advance(double seconds)
    {
        Instant end = Now + TimeSpan.FromSeconds(seconds);
        while (Table.PollTimeout() <= end)
        {
            Now = Instant.Max(Now, Table.PollTimeout());
            Table.HandleTimeout(Now);
            Drain();
        }

        Now = end;
    }

    public int CountEvents(SipEventKind kind) => Events.FindAll(item => item.Kind == kind).Count;

    public void Drain()
    {
        while (Table.PollEvent(out SipEvent sipEvent))
        {
            Events.Add(sipEvent);
        }

        while (Table.PollTransmit(out SipTransmit transmit))
        {
            Assert.Equal(SipParse.Accepted, SipMessage.TryParse(transmit.Octets.Span, out SipMessage? message));
            Sent.Add(message!);
            SentAt.Add(((Now - Instant.FromMilliseconds(1_000)).Ticks / TimeSpan.TicksPerMillisecond, message!));
        }
    }
}
