using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;

namespace OnionSip.Tests.Streams;

/// <summary>How a pipe treats the bodies that go through it; probabilities are per thousand.</summary>
internal sealed record PipeFaults
{
    public int Loss { get; init; }

    public int Duplicate { get; init; }

    public int DelayMilliseconds { get; init; } = 30;

    public int JitterMilliseconds { get; init; }
}

/// <summary>Two muxes joined by faulty pipes under virtual time.</summary>
internal sealed class MuxPair
{
    private readonly PriorityQueue<(StreamMux To, byte[] Body), (long Ticks, long Order)> _wire = new();
    private readonly SeededEntropy _entropy;
    private readonly PipeFaults _faults;
    private long _order;

    public MuxPair(ulong seed, PipeFaults faults, StreamMuxOptions? client = null, StreamMuxOptions? relay = null)
    {
        _entropy = new(seed);
        _faults = faults;
        Client = new(Now, client ?? new() { IsClient = true });
        Relay = new(Now, relay ?? new() { IsClient = false });
    }

    public Instant Now { get; private set; } = Instant.FromMilliseconds(1);

    public StreamMux Client { get; }

    public StreamMux Relay { get; }

    public bool IsCut { get; set; }

    public long BodiesSent { get; private set; }

    public long MaxHeldBytes { get; private set; }

    /// <summary>Called for each event of either end.</summary>
    public Action<StreamMux, MuxEvent> OnEvent { get; set; } = (_, _) => { };

    /// <summary>Called after each step for each end.</summary>
    public Action<StreamMux> OnStep { get; set; } = _ => { };

    /// <summary>Runs to the next thing that happens; false when nothing will.</summary>
    public bool Step(Instant end)
    {
        Drain(Client, Relay);
        Drain(Relay, Client);
        Instant next = Instant.Min(Client.PollTimeout(), Relay.PollTimeout());
        bool arrives = _wire.TryPeek(out _, out (long Ticks, long Order) due) && due.Ticks <= next.Ticks;
        Instant at = arrives ? new(due.Ticks) : next;
        if (at.IsNever || at > end)
        {
            Now = Instant.Max(Now, end);
            return false;
        }

        Now = Instant.Max(Now, at);
        if (arrives)
        {
            (StreamMux to, byte[] body) = _wire.Dequeue();
            to.HandleBody(Now, body);
        }
        else
        {
            Client.HandleTimeout(Now);
            Relay.HandleTimeout(Now);
        }

        return true;
    }

    public void RunFor(int milliseconds)
    {
        Instant end = Now + TimeSpan.FromMilliseconds(milliseconds);
        while (Step(end))
        {
        }
    }

    private void Drain(StreamMux from, StreamMux to)
    {
        while (from.PollEvent(out MuxEvent muxEvent))
        {
            OnEvent(from, muxEvent);
        }

        OnStep(from);
        byte[] body = new byte[WireLayout.BodyBytes];
        while (from.PollBody(Now, body))
        {
            BodiesSent++;
            Carry(to, body);
            body = new byte[WireLayout.BodyBytes];
        }

        MaxHeldBytes = Math.Max(MaxHeldBytes, from.Stats.HeldBytes);
    }

    private void Carry(StreamMux to, byte[] body)
    {
        if (IsCut || _entropy.NextInt32(1000) < _faults.Loss)
        {
            return;
        }

        int copies = _entropy.NextInt32(1000) < _faults.Duplicate ? 2 : 1;
        for (int copy = 0; copy < copies; copy++)
        {
            int delay = _faults.DelayMilliseconds + _entropy.NextInt32(_faults.JitterMilliseconds + 1);
            _wire.Enqueue((to, body), ((Now + TimeSpan.FromMilliseconds(delay)).Ticks, _order++));
        }
    }
}
