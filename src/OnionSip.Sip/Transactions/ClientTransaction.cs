using System;
using OnionSip.Machines;

namespace OnionSip.Sip;

internal enum ClientState : byte
{
    Trying = 0,
    Proceeding,
    Completed,
    Terminated,
}

internal enum ClientTimer : byte
{
    E = 0,
    F,
    K,
}

/// <summary>The non-INVITE client transaction of RFC 3261 §17.1.2. (SIP.TX.CLIENT)</summary>
/// <remarks>
/// States: Trying → Proceeding → Completed → Terminated.
/// Timers: E repeats the request (unreliable), F gives up, K absorbs repeated responses.
/// </remarks>
internal sealed class ClientTransaction : SipTransaction
{
    private readonly ReadOnlyMemory<byte> _octets;
    private TimerTable<ClientTimer> _timers = new();
    private TimeSpan _interval;

    public ClientTransaction(
        TransactionId id,
        string key,
        SipPeer peer,
        SipRequest request,
        ReadOnlyMemory<byte> octets,
        Instant now,
        SipOutbox outbox)
        : base(id, key, peer, request, outbox)
    {
        _octets = octets;
        _interval = Options.T1;
        _timers.Set(ClientTimer.F, now + Options.Patience);
        if (!peer.IsReliable)
        {
            _timers.Set(ClientTimer.E, now + _interval);
        }

        Send(_octets);
    }

    public ClientState State { get; private set; }

    public override Instant Deadline => IsTerminated ? Instant.Never : _timers.Next();

    public SipDrop HandleResponse(Instant now, SipResponse response)
    {
        switch (State, response.IsProvisional)
        {
            case (ClientState.Trying or ClientState.Proceeding, true):
                State = ClientState.Proceeding;
                Tell(SipEventKind.Response, response);
                return SipDrop.None;
            case (ClientState.Trying or ClientState.Proceeding, false):
                State = ClientState.Completed;
                _timers = new();
                _timers.Set(ClientTimer.K, now + (Peer.IsReliable ? TimeSpan.Zero : Options.T4));
                Tell(SipEventKind.Response, response);
                return SipDrop.None;
            case (ClientState.Completed, false):
                return SipDrop.Retransmission;
            default:
                return SipDrop.UnexpectedInState;
        }
    }

    public override void HandleTimeout(Instant now)
    {
        if (_timers.TakeExpired(ClientTimer.E, now))
        {
            _interval = State == ClientState.Trying ? Double(_interval, Options.T2) : Options.T2;
            _timers.Set(ClientTimer.E, now + _interval);
            Send(_octets);
        }

        bool late = _timers.TakeExpired(ClientTimer.F, now);
        if (late)
        {
            Tell(SipEventKind.Timeout);
        }

        if (late || _timers.TakeExpired(ClientTimer.K, now))
        {
            State = ClientState.Terminated;
            Terminate();
        }
    }
}
