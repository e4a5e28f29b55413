using System;
using System.Collections.Generic;
using System.Net.Sockets;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Trains;
using OnionSip.Machines;
using OnionSip.Tests.Hosting.Trains;
using Xunit;

namespace OnionSip.Tests.Hosting.Loops;

/// <summary>Ticks first, then arrivals; woken by datagrams while they are few, by the clock while they are many. (HOST.PACE)</summary>
[Collection(AloneCollection.Name)]
public sealed class ShardLoopTests
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(TrainIo.Native)]
    [InlineData(TrainIo.Portable)]
    public void Datagram_GoesThroughTheMachineAndBack(TrainIo io)
    {
        using Socket peer = TrainWire.Plain(true);
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        FakeTrainMachine machine = new();
        using ShardLoop<FakeTrainMachine, int> shard = Make(loop, machine, io);
        _ = peer.SendTo([1, 2, 3], SocketNames.ToEndPoint(shard.LocalAddress(0)));
        loop.Turn(shard, s_longest);
        Assert.Equal("010203", Assert.Single(TrainWire.TakePlain(peer, 1)));
        Assert.Equal(1, shard.Counters(0).Received);
        Assert.Equal(1, shard.Excess.Count);
        Assert.Equal(0, shard.Lateness.Count);
    }

    [Fact]
    public void ManyDatagrams_AreLookedForByTheClock_TickFirst()
    {
        using Socket peer = TrainWire.Plain(true);
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        List<string> log = [];
        FakeTrainMachine machine = new() { IsPaced = true, Log = log, TickTo = TrainWire.AddressOf(peer) };
        using ShardLoop<FakeTrainMachine, int> shard = Make(loop, machine, TrainIo.Native);
        Poll(loop, shard, machine, peer);
        log.Clear();
        Instant before = loop.Clock.Now;
        machine.Tick = before;
        _ = peer.SendTo([1], SocketNames.ToEndPoint(shard.LocalAddress(0)));
        loop.Turn(shard, s_longest);
        Assert.Equal(["tick", "train"], log);
        Assert.Equal("07", TrainWire.TakePlain(peer, 2)[^2]);
        Assert.Equal(1, shard.Lateness.Count);
        Assert.True(shard.Lateness.Longest > TimeSpan.Zero);
    }

    /// <summary>A held descriptor waits for the look; with the hold off it wakes the loop at once.</summary>
    [Fact]
    public void HeldDatagram_WaitsForTheLook()
    {
        using Socket peer = TrainWire.Plain(true);
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        FakeTrainMachine machine = new() { IsPaced = true, TickTo = TrainWire.AddressOf(peer) };
        using ShardLoop<FakeTrainMachine, int> shard = Make(loop, machine, TrainIo.Native);
        using UdpPort bulk = UdpPort.Bind(TrainWire.AnyPort(true));
        CountingHandler handler = new(bulk);
        using Registration registration = loop.RegisterBulk((int)bulk.Socket.Handle, handler);
        _ = peer.SendTo([1], SocketNames.ToEndPoint(bulk.Local));
        loop.Turn(shard, s_longest);
        Assert.Equal(1, handler.Count);
        Poll(loop, shard, machine, peer);
        loop.Turn(shard, s_longest);
        Instant look = shard.Drain(loop.Clock.Now);
        _ = peer.SendTo([1], SocketNames.ToEndPoint(bulk.Local));
        loop.Turn(shard, s_longest);
        Assert.Equal(2, handler.Count);
        Assert.True(loop.Clock.Now >= look);
        Assert.False(look.IsNever);
    }

    [Fact]
    public void Unpaced_DatagramsWakeTheLoopAgain()
    {
        using Socket peer = TrainWire.Plain(true);
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        FakeTrainMachine machine = new() { IsPaced = true };
        using ShardLoop<FakeTrainMachine, int> shard = Make(loop, machine, TrainIo.Native);
        Poll(loop, shard, machine, peer);
        machine.IsPaced = false;
        Assert.True(shard.Drain(loop.Clock.Now).IsNever);
        Assert.False(shard.HoldsArrivals);
        int before = machine.Datagrams;
        _ = peer.SendTo([1], SocketNames.ToEndPoint(shard.LocalAddress(0)));
        loop.Turn(shard, s_longest);
        Assert.Equal(before + 1, machine.Datagrams);
    }

    [Theory]
    [InlineData(TrainIo.Native, true)]
    [InlineData(TrainIo.Native, false)]
    [InlineData(TrainIo.Portable, false)]
    public void Turns_AllocateNothing(TrainIo io, bool isPaced)
    {
        using TrainPort peer = TrainWire.Bind(TrainIo.Native, true);
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        FakeTrainMachine machine = new() { IsPaced = isPaced };
        using ShardLoop<FakeTrainMachine, int> shard = Make(loop, machine, io);
        TrainOutbox outbox = new();
        do
        {
            _ = Exchange(loop, shard, machine, peer, outbox, 200);
        }
        while (shard.HoldsArrivals != isPaced);

        // A first use of something may cost once; what a datagram costs, it costs each time.
        long least = long.MaxValue;
        for (int run = 0; run < 5; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            int datagrams = Exchange(loop, shard, machine, peer, outbox, 200);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(200 * 8, datagrams);
        }

        Assert.Equal(0, least);
        Assert.Equal(isPaced, shard.HoldsArrivals);
    }

    private static int Exchange(
        EventLoop loop, ShardLoop<FakeTrainMachine, int> shard, FakeTrainMachine machine, TrainPort peer, TrainOutbox outbox, int turns)
    {
        int before = machine.Datagrams;
        for (int turn = 1; turn <= turns; turn++)
        {
            outbox.Add(new(shard.LocalAddress(0), 280, 8 * 280));
            peer.Send(outbox);
            while (machine.Datagrams < before + (turn * 8))
            {
                loop.Turn(shard, s_longest);
            }
        }

        return machine.Datagrams - before;
    }

    /// <summary>Sends until the loop looks by the clock.</summary>
    private static void Poll(EventLoop loop, ShardLoop<FakeTrainMachine, int> shard, FakeTrainMachine machine, Socket peer)
    {
        long deadline = Environment.TickCount64 + 5000;
        while (!shard.HoldsArrivals)
        {
            Assert.True(Environment.TickCount64 < deadline);
            int before = machine.Datagrams;
            _ = peer.SendTo([9], SocketNames.ToEndPoint(shard.LocalAddress(0)));
            while (machine.Datagrams == before)
            {
                loop.Turn(shard, s_longest);
            }

            _ = TrainWire.TakePlain(peer, 1);
        }
    }

    private static ShardLoop<FakeTrainMachine, int> Make(EventLoop loop, FakeTrainMachine machine, TrainIo io) =>
        new(loop, machine, machine, new ShardPorts { Announced = [TrainWire.AnyPort(true)], Io = io });

    private sealed class CountingHandler(UdpPort port) : IReadyHandler
    {
        private readonly DatagramBatch _batch = new();

        public int Count { get; private set; }

        public void HandleReady(Instant now, Interest ready) => Count += port.Receive(_batch);
    }
}
