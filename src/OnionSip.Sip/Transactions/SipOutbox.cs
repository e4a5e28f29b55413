using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Sip;

/// <summary>A message to send. (SIP.TX)</summary>
public readonly record struct SipTransmit(SipPeer To, ReadOnlyMemory<byte> Octets)
{
    public override string ToString() => To.ToString();
}

/// <summary>What the transactions of one table give out. (SIP.TX)</summary>
internal sealed class SipOutbox(TransactionOptions options)
{
    private readonly Queue<SipTransmit> _transmits = new();
    private readonly Queue<SipEvent> _events = new();

    public TransactionOptions Options { get; } = options;

    public DropCounters<SipDrop> Drops { get; } = new();

    public void Send(SipPeer to, ReadOnlyMemory<byte> octets)
    {
        if (_transmits.Count >= Options.MaxOutbox)
        {
            Drops.Count(SipDrop.OutboxFull);
            return;
        }

        _transmits.Enqueue(new SipTransmit(to, octets));
    }

    public void Tell(SipEvent sipEvent) => _events.Enqueue(sipEvent);

    public bool PollTransmit(out SipTransmit transmit) => _transmits.TryDequeue(out transmit);

    public bool PollEvent(out SipEvent sipEvent) => _events.TryDequeue(out sipEvent);
}
