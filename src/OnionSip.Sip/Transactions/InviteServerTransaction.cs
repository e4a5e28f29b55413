using System;
using OnionSip.Machines;

namespace OnionSip.Sip;

internal enum InviteServerState : byte
{
    Proceeding = 0,
    Completed,
    Confirmed,
    Accepted,
    Terminated,
}

internal enum InviteServerTimer : byte
{
    G = 0,
    H,
    I,
    L,
}

/// <summary>The INVITE server transaction of RFC 3261 §17.2.1 as amended by RFC 6026. (SIP.TX.INVITE-SERVER)</summary>
/// <remarks>
/// States: Proceeding → Completed → Confirmed, or Proceeding → Accepted, → Terminated.
/// Timers: G repeats the final response, H waits for the ACK of a failure, I absorbs ACKs, L ends Accepted.
/// The 2xx is repeated here too (RFC 3261 §13.3.1.4), on every transport, until its ACK comes or L ends.
/// A 100 goes out as soon as the INVITE comes.
/// </remarks>
internal sealed class InviteServerTransaction : SipTransaction
{
    private ReadOnlyMemory<byte> _last;
    private TimerTable<InviteServerTimer> _timers = new();
    private TimeSpan _interval;

    public InviteServerTransaction(
        TransactionId id, string key, SipPeer peer, SipRequest request, ReadOnlyMemory<byte> trying, SipOutbox outbox)
        : base(id, key, peer, request, outbox)
    {
        _last = trying;
        Send(_last);
        Tell(SipEventKind.Request, request);
    }

    public InviteServerState State { get; private set; }

    /// <summary>True once the ACK of our 2xx has come.</summary>
    public bool IsAcknowledged { get; private set; }

    public override Instant Deadline => IsTerminated ? Instant.Never : _timers.Next();

    public SipDrop Respond(Instant now, SipResponse response, ReadOnlyMemory<byte> octets)
    {
        switch (State, response.Status / 100)
        {
            case (InviteServerState.Proceeding, 1):
                break;
            case (InviteServerState.Proceeding, 2):
                State = InviteServerState.Accepted;
                _interval = Options.T1;
                _timers.Set(InviteServerTimer.G, now + _interval);
                _timers.Set(InviteServerTimer.L, now + Options.Patience);
                break;
            case (InviteServerState.Proceeding, _):
                State = InviteServerState.Completed;
                _interval = Options.T1;
                _timers.Set(InviteServerTimer.H, now + Options.Patience);
                if (!Peer.IsReliable)
                {
                    _timers.Set(InviteServerTimer.G, now + _interval);
                }

                break;
            default:
                return SipDrop.UnexpectedInState;
        }

        _last = octets;
        Send(_last);
        return SipDrop.None;
    }

    /// <summary>A repeated INVITE: the last response again, but in Accepted, where timer G repeats it.</summary>
    public SipDrop HandleInvite()
    {
        if (State is InviteServerState.Proceeding or InviteServerState.Completed)
        {
            Send(_last);
        }

        return SipDrop.Retransmission;
    }

    public SipDrop HandleAck(Instant now, SipRequest ack)
    {
        switch (State)
        {
            case InviteServerState.Completed:
                State = InviteServerState.Confirmed;
                _timers = new();
                _timers.Set(InviteServerTimer.I, now + (Peer.IsReliable ? TimeSpan.Zero : Options.T4));
                return SipDrop.None;
            case InviteServerState.Accepted when !IsAcknowledged:
                IsAcknowledged = true;
                _timers.Stop(InviteServerTimer.G);
                Tell(SipEventKind.Ack, ack);
                return SipDrop.None;
            case InviteServerState.Accepted or InviteServerState.Confirmed:
                return SipDrop.Retransmission;
            default:
                return SipDrop.UnexpectedInState;
        }
    }

    public override void HandleTimeout(Instant now)
    {
        if (_timers.TakeExpired(InviteServerTimer.G, now))
        {
            _interval = Double(_interval, Options.T2);
            _timers.Set(InviteServerTimer.G, now + _interval);
            Send(_last);
        }

        bool unheard = _timers.TakeExpired(InviteServerTimer.H, now);
        bool over = _timers.TakeExpired(InviteServerTimer.L, now);
        if (unheard || (over && !IsAcknowledged))
        {
            Tell(SipEventKind.AckMissing);
        }

        if (unheard || over || _timers.TakeExpired(InviteServerTimer.I, now))
        {
            State = InviteServerState.Terminated;
            Terminate();
        }
    }
}
