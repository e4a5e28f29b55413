using System;
using System.Collections.Generic;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Machines;

/// <summary>The driver drains until nothing is left and ends a machine that never stops. (MACHINE.DRAIN, MACHINE.INVARIANT, MACHINE.TIME)</summary>
public sealed class MachineDriverTests
{
    private static readonly PeerAddress s_peer = new(IpAddress.FromIPv4(0x0A000001), 9000);

    [Fact]
    public void CommandOfAnEventHandler_IsDrainedInTheSameCall()
    {
        Echo machine = new();
        Sink sink = new(machine);
        MachineDriver<Echo, int, Sink> driver = new(machine, sink);
        machine.Events.Enqueue(3);
        Assert.Equal(Instant.FromMilliseconds(77), driver.Drain(Instant.FromMilliseconds(1)));
        Assert.Equal([3, 2, 1, 0], sink.Seen);
        Assert.Equal([3, 2, 1, 0], sink.Sent);
    }

    [Fact]
    public void Deadline_RunsTheMachineAndDrains()
    {
        Echo machine = new();
        Sink sink = new(machine);
        new MachineDriver<Echo, int, Sink>(machine, sink).HandleTimeout(Instant.FromMilliseconds(5));
        Assert.Equal([0], sink.Seen);
        Assert.Equal(Instant.FromMilliseconds(5), machine.TimedOutAt);
    }

    [Fact]
    public void TimeThatGoesBack_IsABug()
    {
        Echo machine = new();
        MachineDriver<Echo, int, Sink> driver = new(machine, new Sink(machine));
        driver.Drain(Instant.FromMilliseconds(2));
        Assert.Throws<InvariantException>(() => driver.Drain(Instant.FromMilliseconds(1)));
    }

    [Fact]
    public void MachineThatNeverStops_IsABug()
    {
        Echo machine = new() { IsEndless = true };
        MachineDriver<Echo, int, Sink> driver = new(machine, new Sink(machine));
        InvariantException error = Assert.Throws<InvariantException>(() => driver.Drain(Instant.FromMilliseconds(1)));
        Assert.Equal("invariant broken: a machine keeps producing datagrams", error.Message);
    }

    [Fact]
    public void Invariant_ThrowsOnlyWhenItIsBroken()
    {
        Invariant.Require(true, "holds");
        Assert.Equal("invariant broken: does not", Assert.Throws<InvariantException>(static () => Invariant.Require(false, "does not")).Message);
    }

    /// <summary>Says an event for each in its queue, and sends what it is told to.</summary>
    private sealed class Echo : IMachine<int>
    {
        public Queue<int> Events { get; } = new();

        public Queue<byte> Outgoing { get; } = new();

        public bool IsEndless { get; init; }

        public Instant TimedOutAt { get; private set; }

        public bool PollTransmit(Instant now, Span<byte> destination, out Transmit transmit)
        {
            transmit = new(s_peer, 1);
            if (Outgoing.TryDequeue(out destination[0]))
            {
                return true;
            }

            return IsEndless;
        }

        public bool PollEvent(out int nodeEvent) => Events.TryDequeue(out nodeEvent);

        public Instant PollTimeout() => Instant.FromMilliseconds(77);

        public void HandleTimeout(Instant now)
        {
            TimedOutAt = now;
            Events.Enqueue(0);
        }
    }

    /// <summary>Answers each event with a datagram and, above nought, the next event.</summary>
    private sealed class Sink(Echo machine) : IMachineSink<int>
    {
        public List<int> Seen { get; } = [];

        public List<int> Sent { get; } = [];

        public void Transmit(PeerAddress to, ReadOnlySpan<byte> datagram)
        {
            Assert.Equal(s_peer, to);
            if (Sent.Count < 100)
            {
                Sent.Add(datagram[0]);
            }

            if (datagram[0] > 0)
            {
                machine.Events.Enqueue(datagram[0] - 1);
            }
        }

        public void Event(in int nodeEvent)
        {
            Seen.Add(nodeEvent);
            machine.Outgoing.Enqueue((byte)nodeEvent);
        }
    }
}
