using System;
using OnionSip.Machines;

namespace OnionSip.Sip;

/// <summary>
/// What the four transaction machines share: identity, peer, octets to repeat, and how they end. (SIP.TX)
/// </summary>
internal abstract class SipTransaction
{
    protected SipTransaction(TransactionId id, string key, SipPeer peer, SipRequest request, SipOutbox outbox)
    {
        Id = id;
        Key = key;
        Peer = peer;
        Request = request;
        Outbox = outbox;
    }

    public TransactionId Id { get; }

    /// <summary>What messages are matched by.</summary>
    public string Key { get; }

    public SipPeer Peer { get; }

    public SipRequest Request { get; }

    public bool IsTerminated { get; private set; }

    /// <summary>
    /// False for a transaction that the table runs by itself (a CANCEL): its user hears nothing of it.
    /// </summary>
    public bool IsTold { get; init; } = true;

    /// <summary>The deadline under which the table has filed this transaction.</summary>
    public Instant Filed { get; set; } = Instant.Never;

    public abstract Instant Deadline { get; }

    protected SipOutbox Outbox { get; }

    protected TransactionOptions Options => Outbox.Options;

    public abstract void HandleTimeout(Instant now);

    public void FailTransport()
    {
        if (!IsTerminated)
        {
            Tell(SipEventKind.TransportFailed);
            Terminate();
        }
    }

    protected void Tell(SipEventKind kind, SipMessage? message = null)
    {
        if (IsTold)
        {
            Outbox.Tell(new SipEvent(kind, Id, Peer, message));
        }
    }

    protected void Send(ReadOnlyMemory<byte> octets)
    {
        if (octets.Length > 0)
        {
            Outbox.Send(Peer, octets);
        }
    }

    protected void Terminate()
    {
        if (!IsTerminated)
        {
            IsTerminated = true;
            Tell(SipEventKind.Terminated);
        }
    }

    protected static TimeSpan Double(TimeSpan interval, TimeSpan max) =>
        interval + interval < max ? interval + interval : max;
}
