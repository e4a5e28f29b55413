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

    /// <summary>True while arrivals are looked for at the owner's deadlines: bulk descriptors then wake nobody. (HOST.PACE)</summary>
    bool HoldsArrivals => false;

    /// <summary>At each deadline of an owner that holds arrivals, after <see cref="HandleTimeout"/> and a drain.</summary>
    void HandleArrivals(Instant now)
    {
    }
}

/// <summary>One thread that owns one node: descriptors, a deadline and a mailbox. (HOST.LOOP)</summary>
/// <remarks>
/// Order in one turn: drain, wait, expired deadline, ready descriptors, mailbox. A handler takes at most one batch and returns, so
/// that neither deadlines nor the mailbox starve. Only <see cref="Post"/> and <see cref="Stop"/> may be called by other threads.
/// Bounds: <see cref="MaxRegistrations"/> descriptors, <see cref="Mailbox.Capacity"/> posts, <see cref="MaxPostsPerTurn"/> posts a turn,
///         <see cref="MaxBulkPerTurn"/> bulk descriptors a turn.
/// Bulk descriptors have a poller of their own, which is one descriptor of the main one: it leaves that while arrivals are held.
/// </remarks>
public sealed class EventLoop : IDisposable
{
    public const int MaxRegistrations = 16_384;
    public const int MaxPostsPerTurn = 256;
    public const int MaxBulkPerTurn = 4096;
    private const int ReadyPerWait = 256;
    private const long MailboxToken = -1;
    private const long BulkToken = -2;

    private readonly Poller _poller = Poller.Create();
    private readonly Poller _bulk;
    private readonly Mailbox _mailbox = new();
    private readonly Stack<int> _free = new();
    private readonly ReadyDescriptor[] _ready = new ReadyDescriptor[ReadyPerWait];

    // Side by side, since a busy exit looks up hundreds of them at a time.
    private (long Token, IReadyHandler? Handler)[] _places = new (long, IReadyHandler?)[64];
    private int _placeCount;
    private int _generation;
    private bool _stopping;
    private bool _postsLeft;
    private bool _bulkReady;
    private bool _bulkHeld;

    public EventLoop(HostClock clock)
    {
        Clock = clock;
        _bulk = _poller;
        if (_poller.Descriptor >= 0)
        {
            _bulk = Poller.Create();
            _poller.Add(_bulk.Descriptor, BulkToken, Interest.Read);
        }

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
    public Registration Register(int descriptor, IReadyHandler handler, Interest interest) =>
        Register(_poller, descriptor, handler, interest);

    /// <summary>Registers one of many alike, whose readiness may wait for the owner's next deadline. (HOST.PACE)</summary>
    /// <exception cref="InvalidOperationException">More than <see cref="MaxRegistrations"/> descriptors.</exception>
    public Registration RegisterBulk(int descriptor, IReadyHandler handler) => Register(_bulk, descriptor, handler, Interest.Read);

    private Registration Register(Poller poller, int descriptor, IReadyHandler handler, Interest interest)
    {
        if (_free.Count == 0 && _placeCount >= MaxRegistrations)
        {
            throw new InvalidOperationException("too many descriptors in one loop");
        }

        if (!_free.TryPop(out int index))
        {
            index = _placeCount++;
            Array.Resize(ref _places, _placeCount > _places.Length ? 2 * _places.Length : _places.Length);
        }

        _generation = unchecked(_generation + 1);
        Registration registration = new(this, poller, descriptor, index, _generation, interest);
        _places[index] = (registration.Token, handler);
        if (interest != Interest.None)
        {
            poller.Add(descriptor, registration.Token, interest);
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
        HoldBulk(owner.HoldsArrivals);
        int count = _poller.Wait(SpanUntil(deadline, longest), _ready);
        Instant now = Clock.Now;
        if (now >= deadline)
        {
            owner.HandleTimeout(now);
            _ = owner.Drain(now);
            HandleHeld(owner);
        }

        for (int index = 0; index < count; index++)
        {
            Dispatch(_ready[index], owner);
        }

        if (_bulkReady)
        {
            DispatchBulk(owner);
        }

        RunPosts(owner);
    }

    public void Dispose()
    {
        _mailbox.Dispose();
        _poller.Dispose();
        if (_bulk != _poller)
        {
            _bulk.Dispose();
        }
    }

    /// <remarks>A descriptor that waits for nothing leaves the poller, or errors on it would be reported without end.</remarks>
    internal void Change(Registration registration, Interest before, Interest after)
    {
        if (after == Interest.None)
        {
            registration.Poller.Remove(registration.Descriptor);
        }
        else if (before == Interest.None)
        {
            registration.Poller.Add(registration.Descriptor, registration.Token, after);
        }
        else
        {
            registration.Poller.Change(registration.Descriptor, registration.Token, after);
        }
    }

    internal void Remove(Registration registration)
    {
        if (registration.Interest != Interest.None)
        {
            registration.Poller.Remove(registration.Descriptor);
        }

        _places[registration.Index] = default;
        _free.Push(registration.Index);
    }

    private void HoldBulk(bool hold)
    {
        if (hold == _bulkHeld || _bulk == _poller)
        {
            return;
        }

        _bulkHeld = hold;
        if (hold)
        {
            _poller.Remove(_bulk.Descriptor);
        }
        else
        {
            _poller.Add(_bulk.Descriptor, BulkToken, Interest.Read);
        }
    }

    private void HandleHeld(ILoopOwner owner)
    {
        if (owner.HoldsArrivals)
        {
            owner.HandleArrivals(Clock.Now);
            _bulkReady = _bulkHeld;
        }
    }

    /// <summary>All bulk descriptors that are ready; the machine is drained after each <see cref="ReadyPerWait"/>.</summary>
    private void DispatchBulk(ILoopOwner owner)
    {
        _bulkReady = false;
        int count = ReadyPerWait;
        for (int done = 0; done < MaxBulkPerTurn && count == ReadyPerWait; done += count)
        {
            count = _bulk.Wait(TimeSpan.Zero, _ready);
            Instant now = Clock.Now;
            for (int index = 0; index < count; index++)
            {
                Find(_ready[index])?.HandleReady(now, _ready[index].Interest);
            }

            _ = owner.Drain(Clock.Now);
        }
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

        if (ready.Token == BulkToken)
        {
            _bulkReady = true;
            return;
        }

        if (Find(ready) is { } handler)
        {
            handler.HandleReady(Clock.Now, ready.Interest);
            _ = owner.Drain(Clock.Now);
        }
    }

    /// <summary>A handler called earlier in this turn may have ended this one, and its place may be taken: the generation tells.</summary>
    private IReadyHandler? Find(ReadyDescriptor ready)
    {
        int index = (int)(ready.Token >> 32);
        return index < _placeCount && _places[index].Token == ready.Token ? _places[index].Handler : null;
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
