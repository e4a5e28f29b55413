using System;
using OnionSip.Machines;

namespace OnionSip.Simulation;

/// <summary>One node on the simulated network: the same machine and the same driver as on a real host. (SIM.HOST)</summary>
internal abstract class SimHost(SimNetwork network, PeerAddress address)
{
    private Instant _wakeAt = Instant.Never;
    private long _incarnation;

    public PeerAddress Address => address;

    public bool IsUp { get; private set; } = true;

    protected SimNetwork Network => network;

    protected Instant Now => network.Now;

    public void Receive(PeerAddress from, ReadOnlySpan<byte> datagram)
    {
        if (IsUp)
        {
            HandleDatagram(from, datagram);
            Settle();
        }
    }

    /// <summary>Loses all memory; comes back after <paramref name="downTime"/>.</summary>
    public void Crash(TimeSpan downTime)
    {
        IsUp = false;
        _incarnation++;
        _wakeAt = Instant.Never;
        long incarnation = _incarnation;
        network.Schedule(Now + downTime, () =>
        {
            if (incarnation == _incarnation)
            {
                IsUp = true;
                Restart();
                Settle();
            }
        });
    }

    /// <summary>Drains the machine and books its next deadline.</summary>
    protected void Settle()
    {
        Instant next = Drain();
        if (next.IsNever || (next >= _wakeAt && !_wakeAt.IsNever && _wakeAt > Now))
        {
            return;
        }

        _wakeAt = next;
        long incarnation = _incarnation;
        network.Schedule(next, () =>
        {
            if (IsUp && incarnation == _incarnation && _wakeAt == next)
            {
                _wakeAt = Instant.Never;
                HandleTimeout();
                Settle();
            }
        });
    }

    protected void RunLater(TimeSpan delay, Action action)
    {
        long incarnation = _incarnation;
        network.Schedule(Now + delay, () =>
        {
            if (IsUp && incarnation == _incarnation)
            {
                action();
                Settle();
            }
        });
    }

    protected abstract void HandleDatagram(PeerAddress from, ReadOnlySpan<byte> datagram);

    protected abstract void HandleTimeout();

    protected abstract Instant Drain();

    protected abstract void Restart();
}
