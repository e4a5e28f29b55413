using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Threading;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>Something with a descriptor that the loop watches.</summary>
public interface IReadyHandler
{
    void HandleReady(Instant now, Interest ready);
}

/// <summary>The machine side of a loop: what the loop calls between waits. (HOST.LOOP)</summary>
public interface ILoopOwner
{
    /// <summary>Hands out everything the machines have; returns the next deadline.</summary>
    Instant Drain(Instant now);

    void HandleTimeout(Instant now);
}

/// <summary>One thread that owns one node: descriptors, a deadline and a mailbox. (HOST.LOOP)</summary>
/// <remarks>
/// Order in one turn: drain, wait, expired deadline, ready descriptors, mailbox. A handler takes at most one batch and returns, so
/// that neither deadlines nor the mailbox starve. Only <see cref="Post"/> and <see cref="Stop"/> may be called by other threads.
/// Bounds: <see cref="MaxRegistrations"/> descriptors, <see cref="Mailbox.Capacity"/> posts, <see cref="MaxPostsPerTurn"/> posts a turn.
/// </remarks>
public sealed class EventLoop : IDisposable
{
    public const int MaxRegistrations = 16_384;
    public const int MaxPostsPerTurn = 256;
    private const int ReadyPerWait = 64;
    private const long MailboxToken = -1;

    private readonly Poller _poller = Poller.Create();
    private readonly Mailbox _mailbox = new();
    private readonly List<Registration?> _registrations = [];
    private readonly Stack<int> _free = new();
    private readonly ReadyDescriptor[] _ready = new ReadyDescriptor[ReadyPerWait];
    private int _generation;
    private bool _stopping;
    private bool _postsLeft;

    public EventLoop(HostClock clock)
    {
        Clock = clock;
        _poller.Add(_mailbox.Descriptor, MailboxToken, Interest.Read);
    }

    public HostClock Clock { get; }

    /// <summary>Posts that were refused because the mailbox was full.</summary>
    public long RefusedPosts => _mailbox.Refused;

    /// <summary>From any thread: runs <paramref name="work"/> on the loop's thread. False when the mailbox is full.</summary>
    public bool Post(Action work) => _mailbox.TryPost(work);

    /// <summary>From any thread: ends <see cref="Run"/> after the current turn.</summary>
    public void Stop()
    {
        Volatile.Write(ref _stopping, true);
        _ = _mailbox.TryPost(static () => { });
    }

    public Registration Register(Socket socket, IReadyHandler handler, Interest interest) =>
        Register((int)socket.Handle, handler, interest);

    /// <exception cref="InvalidOperationException">More than <see cref="MaxRegistrations"/> descriptors.</exception>
    public Registration Register(int descriptor, IReadyHandler handler, Interest interest)
    {
        if (_free.Count == 0 && _registrations.Count >= MaxRegistrations)
        {
            throw new InvalidOperationException("too many descriptors in one loop");
        }

        if (!_free.TryPop(out int index))
        {
            index = _registrations.Count;
            _registrations.Add(null);
        }

        _generation = unchecked(_generation + 1);
        Registration registration = new(this, descriptor, index, _generation, handler, interest);
        _registrations[index] = registration;
        if (interest != Interest.None)
        {
            _poller.Add(descriptor, registration.Token, interest);
        }

        return registration;
    }

    /// <summary>Runs until <see cref="Stop"/>.</summary>
    public void Run(ILoopOwner owner)
    {
        while (!Volatile.Read(ref _stopping))
        {
            Turn(owner, System.Threading.Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>One turn that waits at most <paramref name="longest"/>.</summary>
    public void Turn(ILoopOwner owner, TimeSpan longest)
    {
        Instant deadline = owner.Drain(Clock.Now);
        int count = _poller.Wait(SpanUntil(deadline, longest), _ready);
        Instant now = Clock.Now;
        if (now >= deadline)
        {
            owner.HandleTimeout(now);
            _ = owner.Drain(now);
        }

        for (int index = 0; index < count; index++)
        {
            Dispatch(_ready[index], owner);
        }

        RunPosts(owner);
    }

    public void Dispose()
    {
        _mailbox.Dispose();
        _poller.Dispose();
    }

    /// <remarks>A descriptor that waits for nothing leaves the poller, or errors on it would be reported without end.</remarks>
    internal void Change(Registration registration, Interest before, Interest after)
    {
        if (after == Interest.None)
        {
            _poller.Remove(registration.Descriptor);
        }
        else if (before == Interest.None)
        {
            _poller.Add(registration.Descriptor, registration.Token, after);
        }
        else
        {
            _poller.Change(registration.Descriptor, registration.Token, after);
        }
    }

    internal void Remove(Registration registration)
    {
        if (registration.Interest != Interest.None)
        {
            _poller.Remove(registration.Descriptor);
        }

        _registrations[registration.Index] = null;
        _free.Push(registration.Index);
    }

    private TimeSpan SpanUntil(Instant deadline, TimeSpan longest)
    {
        if (_postsLeft)
        {
            return TimeSpan.Zero;
        }

        if (deadline.IsNever)
        {
            return longest;
        }

        TimeSpan span = deadline - Clock.Now;
        span = span < TimeSpan.Zero ? TimeSpan.Zero : span;
        return longest != System.Threading.Timeout.InfiniteTimeSpan && longest < span ? longest : span;
    }

    private void Dispatch(ReadyDescriptor ready, ILoopOwner owner)
    {
        if (ready.Token == MailboxToken)
        {
            _mailbox.ClearWake();
            _postsLeft = true;
            return;
        }

        // A handler called earlier in this turn may have ended this one, and its place may be taken: the generation tells.
        int index = (int)(ready.Token >> 32);
        Registration? registration = index < _registrations.Count ? _registrations[index] : null;
        if (registration is not null && registration.Token == ready.Token)
        {
            registration.Handler.HandleReady(Clock.Now, ready.Interest);
            _ = owner.Drain(Clock.Now);
        }
    }

    private void RunPosts(ILoopOwner owner)
    {
        for (int count = 0; _postsLeft; count++)
        {
            if (count == MaxPostsPerTurn)
            {
                return;
            }

            _postsLeft = _mailbox.TryTake(out Action? work);
            if (_postsLeft)
            {
                work!();
                _ = owner.Drain(Clock.Now);
            }
        }
    }
}
