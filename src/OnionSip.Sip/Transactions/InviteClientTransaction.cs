using System;
using OnionSip.Machines;

namespace OnionSip.Sip;

internal enum InviteClientState : byte
{
    Calling = 0,
    Proceeding,
    Completed,
    Accepted,
    Terminated,
}

internal enum InviteClientTimer : byte
{
    A = 0,
    B,
    C,
    D,
    M,
}

/// <summary>The INVITE client transaction of RFC 3261 §17.1.1 as amended by RFC 6026. (SIP.TX.INVITE-CLIENT)</summary>
/// <remarks>
/// States: Calling → Proceeding → Completed | Accepted → Terminated.
/// Timers: A repeats the INVITE (unreliable), B gives up Calling, C gives up Proceeding, D and M absorb repetitions.
/// CANCEL: wanted in Calling it waits for a provisional response; afterwards C is 64 T1 (RFC 3261 §9.1).
/// </remarks>
internal sealed class InviteClientTransaction : SipTransaction
{
    private readonly ReadOnlyMemory<byte> _invite;
    private TimerTable<InviteClientTimer> _timers = new();
    private TimeSpan _interval;
    private ReadOnlyMemory<byte> _ack;
    private bool _isCancelWanted;
    private bool _isCancelled;

    public InviteClientTransaction(
        TransactionId id,
        string key,
        SipPeer peer,
        SipRequest request,
        ReadOnlyMemory<byte> octets,
        Instant now,
        SipOutbox outbox)
        : base(id, key, peer, request, outbox)
    {
        _invite = octets;
        _interval = Options.T1;
        _timers.Set(InviteClientTimer.B, now + Options.Patience);
        if (!peer.IsReliable)
        {
            _timers.Set(InviteClientTimer.A, now + _interval);
        }

        Send(_invite);
    }

    public InviteClientState State { get; private set; }

    public override Instant Deadline => IsTerminated ? Instant.Never : _timers.Next();

    /// <summary>True when the CANCEL that was asked for may go out now; once.</summary>
    public bool TakeCancel(Instant now)
    {
        bool ready = _isCancelWanted && State == InviteClientState.Proceeding;
        if (ready)
        {
            _isCancelWanted = false;
            _isCancelled = true;
            _timers.Set(InviteClientTimer.C, now + Options.Patience);
        }

        return ready;
    }

    /// <summary>Asks for a CANCEL; false when it is too late for one.</summary>
    public bool WantCancel()
    {
        bool possible = State is InviteClientState.Calling or InviteClientState.Proceeding;
        _isCancelWanted |= possible && !_isCancelled;
        return possible;
    }

    public SipDrop HandleResponse(Instant now, SipResponse response)
    {
        switch (State, response.Status / 100)
        {
            case (InviteClientState.Calling or InviteClientState.Proceeding, 1):
                Proceed(now, response);
                return SipDrop.None;
            case (InviteClientState.Calling or InviteClientState.Proceeding, 2):
                State = InviteClientState.Accepted;
                _timers = new();
                _timers.Set(InviteClientTimer.M, now + Options.Patience);
                Tell(SipEventKind.Response, response);
                return SipDrop.None;
            case (InviteClientState.Accepted, 2):
                Tell(SipEventKind.Response, response);
                return SipDrop.None;
            case (InviteClientState.Calling or InviteClientState.Proceeding, >= 3):
                return Complete(now, response);
            case (InviteClientState.Completed, >= 3):
                Send(_ack);
                return SipDrop.Retransmission;
            default:
                return SipDrop.UnexpectedInState;
        }
    }

    public override void HandleTimeout(Instant now)
    {
        if (_timers.TakeExpired(InviteClientTimer.A, now))
        {
            _interval += _interval;
            _timers.Set(InviteClientTimer.A, now + _interval);
            Send(_invite);
        }

        if (_timers.TakeExpired(InviteClientTimer.B, now) || _timers.TakeExpired(InviteClientTimer.C, now))
        {
            Tell(SipEventKind.Timeout);
            End();
        }
        else if (_timers.TakeExpired(InviteClientTimer.D, now) || _timers.TakeExpired(InviteClientTimer.M, now))
        {
            End();
        }
    }

    private void Proceed(Instant now, SipResponse response)
    {
        bool first = State == InviteClientState.Calling;
        State = InviteClientState.Proceeding;
        _timers.Stop(InviteClientTimer.A);
        _timers.Stop(InviteClientTimer.B);

        // A CANCEL that has gone out keeps its own, shorter deadline.
        if (!_isCancelled && (first || response.Status > 100))
        {
            _timers.Set(InviteClientTimer.C, now + Options.TimerC);
        }

        Tell(SipEventKind.Response, response);
    }

    private SipDrop Complete(Instant now, SipResponse response)
    {
        State = InviteClientState.Completed;
        _timers = new();
        _timers.Set(InviteClientTimer.D, now + (Peer.IsReliable ? TimeSpan.Zero : Options.Patience));
        _ack = SipRequests.WriteAckForFailure(Request, response);
        Send(_ack);
        Tell(SipEventKind.Response, response);
        return _ack.Length > 0 ? SipDrop.None : SipDrop.Unwritable;
    }

    private void End()
    {
        State = InviteClientState.Terminated;
        Terminate();
    }
}
