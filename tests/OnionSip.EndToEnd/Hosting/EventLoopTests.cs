using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.EndToEnd.Hosting;

/// <summary>One thread, many descriptors, one deadline, one mailbox. (HOST.LOOP, HOST.MAILBOX)</summary>
public sealed class EventLoopTests : IDisposable
{
    private readonly EventLoop _loop = new(new HostClock(TimeProvider.System));
    private readonly Owner _owner = new();

    [Fact]
    public async Task PostsOfOtherThreads_RunOnTheLoopsThread_InOrder()
    {
        List<int> seen = [];
        HashSet<int> threads = [];
        Task running = Task.Factory.StartNew(() => _loop.Run(_owner), Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (int number = 0; number < 1000; number++)
        {
            int value = number;
            Assert.True(_loop.Post(() =>
            {
                seen.Add(value);
                threads.Add(Environment.CurrentManagedThreadId);
            }));
        }

        _loop.Post(_loop.Stop);
        await running;
        Assert.Equal(1000, seen.Count);
        Assert.Equal(seen, [.. seen.Order()]);
        Assert.Single(threads);
    }

    [Fact]
    public void FullMailbox_RefusesAndCounts()
    {
        for (int number = 0; number < Mailbox.Capacity; number++)
        {
            Assert.True(_loop.Post(static () => { }));
        }

        Assert.False(_loop.Post(static () => { }));
        Assert.Equal(1, _loop.RefusedPosts);
    }

    [Fact]
    public void Deadline_RunsTheTimeoutWhenItHasCome_AndNotBefore()
    {
        _owner.Deadline = _loop.Clock.Now + TimeSpan.FromMilliseconds(20);
        _loop.Turn(_owner, TimeSpan.Zero);
        Assert.Equal(Instant.Never, _owner.TimedOutAt);
        while (_owner.TimedOutAt.IsNever)
        {
            _loop.Turn(_owner, Timeout.InfiniteTimeSpan);
        }

        Assert.True(_owner.TimedOutAt >= _owner.Deadline);
    }

    [Fact]
    public void DisposedRegistration_IsNotCalled_ThoughItWasReady()
    {
        using UdpClient first = new(new IPEndPoint(IPAddress.Loopback, 0));
        using UdpClient second = new(new IPEndPoint(IPAddress.Loopback, 0));
        Ender handler = new();
        handler.Registrations.Add(_loop.Register(first.Client, handler, Interest.Read));
        handler.Registrations.Add(_loop.Register(second.Client, handler, Interest.Read));
        first.Send([1], 1, (IPEndPoint)first.Client.LocalEndPoint!);
        first.Send([1], 1, (IPEndPoint)second.Client.LocalEndPoint!);
        _loop.Turn(_owner, TimeSpan.FromSeconds(5));
        _loop.Turn(_owner, TimeSpan.FromMilliseconds(10));
        Assert.Equal(1, handler.Calls);
    }

    public void Dispose() => _loop.Dispose();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Ends every registration at the first call.</summary>
    private sealed class Ender : IReadyHandler
    {
        public List<Registration> Registrations { get; } = [];

        public int Calls { get; private set; }

        public void HandleReady(Instant now, Interest ready)
        {
            Calls++;
            foreach (Registration registration in Registrations)
            {
                registration.Dispose();
            }
        }
    }

    private sealed class Owner : ILoopOwner
    {
        public Instant Deadline { get; set; } = Instant.Never;

        public Instant TimedOutAt { get; private set; } = Instant.Never;

        public Instant Drain(Instant now) => TimedOutAt.IsNever ? Deadline : Instant.Never;

        public void HandleTimeout(Instant now) => TimedOutAt = now;
    }
}
