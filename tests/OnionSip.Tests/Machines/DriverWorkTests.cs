using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Machines;

/// <summary>NODE.WORK, MACHINE.ENTROPY: the driver runs computations on the spot, or hands them to a sink that takes them.</summary>
public sealed class DriverWorkTests
{
    [Fact]
    public void SinkThatTakesNoWork_HasItRunOnTheSpot()
    {
        Worker worker = new();
        Assert.Equal(Instant.Never, new MachineDriver<Worker, int, Sink>(worker, new Sink()).Drain(Instant.Zero));
        Assert.Equal([1, 4, 9], worker.Results);
    }

    [Fact]
    public void SinkThatTakesWork_GetsItUnrun()
    {
        Worker worker = new();
        TakingSink sink = new();
        MachineDriver<Worker, int, TakingSink> driver = new(worker, sink);
        driver.Drain(Instant.Zero);
        Assert.Empty(worker.Results);
        Assert.Equal(3, sink.Works.Count);
        sink.Works[1].Run();
        worker.HandleWork(Instant.Zero, sink.Works[1]);
        driver.Drain(Instant.Zero);
        Assert.Equal([4], worker.Results);
        Assert.Equal(3, sink.Works.Count);
    }

    [Fact]
    public void DrawnEntropy_GivesWhatTheSourceWouldHaveGiven_Once()
    {
        SeededEntropy source = new(1);
        DrawnEntropy drawn = new(new SeededEntropy(1), portions: 2, portionBytes: 32);
        byte[] expected = new byte[64];
        source.Fill(expected);
        byte[] given = new byte[64];
        drawn.Fill(given.AsSpan(0, 40));
        drawn.Fill(given.AsSpan(40));
        Assert.Equal(expected, given);
        Assert.Throws<InvariantException>(() => drawn.Fill(new byte[1]));
        DrawnEntropy erased = new(source, portions: 1, portionBytes: 32);
        erased.Erase();
        Assert.Throws<InvariantException>(() => erased.Fill(new byte[1]));
    }

    private sealed class Square(int number) : NodeWork
    {
        internal int Result { get; private set; }

        public override void Run() => Result = number * number;

        public override void Erase() => Result = 0;
    }

    private sealed class Worker : IMachine<int>, IWorkMachine
    {
        private readonly Queue<int> _numbers = new([1, 2, 3]);

        internal List<int> Results { get; } = [];

        public bool PollTransmit(Instant now, Span<byte> destination, out Transmit transmit)
        {
            transmit = default;
            return false;
        }

        public bool PollEvent(out int nodeEvent)
        {
            nodeEvent = 0;
            return false;
        }

        public Instant PollTimeout() => Instant.Never;

        public void HandleTimeout(Instant now)
        {
        }

        public bool PollWork(Instant now, [NotNullWhen(true)] out NodeWork? work)
        {
            work = _numbers.TryDequeue(out int number) ? new Square(number) : null;
            return work is not null;
        }

        public void HandleWork(Instant now, NodeWork work) => Results.Add(((Square)work).Result);
    }

    private class Sink : IMachineSink<int>
    {
        public void Transmit(PeerAddress to, ReadOnlySpan<byte> datagram) => Assert.Fail("nothing is sent here");

        public void Event(in int nodeEvent) => Assert.Fail("nothing happens here");
    }

    private sealed class TakingSink : Sink, IWorkSink
    {
        internal List<NodeWork> Works { get; } = [];

        public void Work(NodeWork work) => Works.Add(work);
    }
}
