using System;
using System.Collections.Generic;
using System.Threading;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Shards;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>Computations leave the shard's thread and come back to it. (HOST.WORK)</summary>
public sealed class WorkThreadTests
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    [Fact]
    public void Work_IsRunElsewhereAndWakesItsShard()
    {
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        using WorkThread thread = new(() => { });
        WorkDesk desk = new(thread, loop);
        Owner owner = new(desk);
        FakeWork[] works = [new(), new(), new()];
        Array.ForEach(works, desk.Send);
        while (owner.Back.Count < works.Length)
        {
            loop.Turn(owner, s_longest);
        }

        Assert.Equal(works, owner.Back);
        Assert.All(works, static work => Assert.NotEqual(Environment.CurrentManagedThreadId, work.RanOn));
        Assert.Equal(3, thread.Done);
    }

    [Fact]
    public void FullDesk_AsksForNoMore()
    {
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        using WorkThread thread = new(() => { });
        WorkDesk desk = new(thread, loop);
        using ManualResetEventSlim gate = new();
        for (int count = 0; count < WorkDesk.MaxOut; count++)
        {
            Assert.True(desk.HasPlace);
            desk.Send(new FakeWork { Gate = gate });
        }

        Assert.False(desk.HasPlace);
        gate.Set();
        Owner owner = new(desk);
        while (owner.Back.Count == 0)
        {
            loop.Turn(owner, s_longest);
        }

        Assert.True(desk.HasPlace);
    }

    [Fact]
    public void End_ErasesWhatWaits()
    {
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        using ManualResetEventSlim gate = new();
        WorkThread thread = new(() => { });
        WorkDesk desk = new(thread, loop);
        FakeWork[] works = [new() { Gate = gate }, new(), new()];
        Array.ForEach(works, desk.Send);
        using Timer opener = new(_ => gate.Set(), null, 50, Timeout.Infinite);
        thread.Stop();
        desk.Clear();
        Assert.All(works, static work => Assert.True(work.IsErased));
    }

    [Fact]
    public void Bug_IsToldAndEndsTheThread()
    {
        using EventLoop loop = new(new HostClock(TimeProvider.System));
        using ManualResetEventSlim told = new();
        WorkThread thread = new(told.Set);
        new WorkDesk(thread, loop).Send(new FakeWork { Throws = true });
        Assert.True(told.Wait(s_longest, TestContext.Current.CancellationToken));
        Assert.Throws<InvalidOperationException>(thread.Stop);
    }

    private sealed class FakeWork : NodeWork
    {
        public ManualResetEventSlim? Gate { get; init; }

        public bool Throws { get; init; }

        public int RanOn { get; private set; }

        public bool IsErased { get; private set; }

        public override void Run()
        {
            Gate?.Wait();
            RanOn = Environment.CurrentManagedThreadId;
            if (Throws)
            {
                throw new InvalidOperationException("a bug");
            }
        }

        public override void Erase() => IsErased = true;
    }

    private sealed class Owner(WorkDesk desk) : ILoopOwner
    {
        public List<NodeWork> Back { get; } = [];

        public Instant Drain(Instant now)
        {
            while (desk.Take() is { } work)
            {
                Back.Add(work);
            }

            return Instant.Never;
        }

        public void HandleTimeout(Instant now)
        {
        }
    }
}
