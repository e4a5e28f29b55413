using System;
using OnionSip.Machines;

namespace OnionSip.Sip;

internal enum ServerState : byte
{
    Trying = 0,
    Proceeding,
    Completed,
    Terminated,
}

internal enum ServerTimer : byte
{
    /// <summary>64 T1 for an answer: after that nobody waits for it any more (RFC 4320).</summary>
    Unanswered = 0,
    J,
}

/// <summary>The non-INVITE server transaction of RFC 3261 §17.2.2. (SIP.TX.SERVER)</summary>
/// <remarks>
/// States: Trying → Proceeding → Completed → Terminated.
/// Timers: J absorbs repeated requests; a request that its user leaves unanswered for 64 T1 is forgotten.
/// </remarks>
internal sealed class ServerTransaction : SipTransaction
{
    private ReadOnlyMemory<byte> _last;
    private TimerTable<ServerTimer> _timers = new();

    public ServerTransaction(
        TransactionId id, string key, SipPeer peer, SipRequest request, Instant now, SipOutbox outbox)
        : base(id, key, peer, request, outbox) => _timers.Set(ServerTimer.Unanswered, now + Options.Patience);

    public ServerState State { get; private set; }

    public override Instant Deadline => IsTerminated ? Instant.Never : _timers.Next();

    /// <summary>Tells the request; apart from the constructor, because a CANCEL is not told.</summary>
    public void Begin() => Tell(SipEventKind.Request, Request);

    public SipDrop Respond(Instant now, SipResponse response, ReadOnlyMemory<byte> octets)
    {
        switch (State, response.IsProvisional)
        {
            case (ServerState.Trying or ServerState.Proceeding, true):
                State = ServerState.Proceeding;
                break;
            case (ServerState.Trying or ServerState.Proceeding, false):
                State = ServerState.Completed;
                _timers = new();
                _timers.Set(ServerTimer.J, now + (Peer.IsReliable ? TimeSpan.Zero : Options.Patience));
                break;
            default:
                return SipDrop.UnexpectedInState;
        }

        _last = octets;
        Send(_last);
        return SipDrop.None;
    }

    /// <summary>A repeated request: the last response again where there is one.</summary>
    public SipDrop HandleRequest()
    {
        Send(_last);
        return SipDrop.Retransmission;
    }

    public override void HandleTimeout(Instant now)
    {
        if (_timers.TakeExpired(ServerTimer.Unanswered, now) || _timers.TakeExpired(ServerTimer.J, now))
        {
            State = ServerState.Terminated;
            Terminate();
        }
    }
}
