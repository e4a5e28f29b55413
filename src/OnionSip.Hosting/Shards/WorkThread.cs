using System;
using System.Runtime.ExceptionServices;
using System.Threading;
using OnionSip.Machines;

namespace OnionSip.Hosting.Shards;

/// <summary>The process's one thread for handshakes: it gives way to the shards. (HOST.WORK)</summary>
/// <remarks>
/// Bounds: <see cref="Capacity"/> computations wait; a desk has a place for each that it may have out, so the queue is never full.
/// Secrets: what still waits at the end is erased.
/// </remarks>
public sealed class WorkThread : IDisposable
{
    /// <summary>hosting.work_queue: the places of all desks there can be.</summary>
    public const int Capacity = ShardSteering.MaxShards * WorkDesk.MaxOut;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _ready = new(0);
    private readonly (NodeWork Work, WorkDesk Desk)[] _queue = new (NodeWork, WorkDesk)[Capacity];
    private readonly Thread _thread;
    private readonly Action _failed;
    private ExceptionDispatchInfo? _failure;
    private int _first;
    private int _count;
    private bool _stopping;
    private bool _givesWay;

    /// <param name="failed">Called on the thread when a computation threw, which is a bug of ours.</param>
    public WorkThread(Action failed)
    {
        _failed = failed;
        _thread = new(Run) { Name = "handshakes", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Computations that were run.</summary>
    public long Done { get; private set; }

    /// <summary>For shards that were granted nothing: the thread then steps back itself. (HOST.PRIORITY)</summary>
    internal void GiveWay() => Volatile.Write(ref _givesWay, true);

    /// <summary>Ends the thread and erases what waits.</summary>
    /// <exception cref="InvariantException">A computation ended by a bug of ours.</exception>
    public void Stop()
    {
        Dispose();
        _failure?.Throw();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
        }

        _ = _ready.Release();
        _thread.Join();
        while (TryTake(out NodeWork? work, out _))
        {
            work!.Erase();
        }

        _ready.Dispose();
    }

    internal void Add(NodeWork work, WorkDesk desk)
    {
        lock (_lock)
        {
            Invariant.Require(_count < Capacity, "more computations are out than there are places");
            _queue[(_first + _count) % Capacity] = (work, desk);
            _count++;
        }

        _ = _ready.Release();
    }

    private bool TryTake(out NodeWork? work, out WorkDesk? desk)
    {
        lock (_lock)
        {
            (work, desk) = _queue[_first];
            if (_count == 0)
            {
                return false;
            }

            _queue[_first] = default;
            _first = (_first + 1) % Capacity;
            _count--;
            return true;
        }
    }

    private void Run()
    {
        try
        {
            bool hasGivenWay = false;
            while (true)
            {
                _ready.Wait();
                if (Volatile.Read(ref _stopping))
                {
                    return;
                }

                if (!hasGivenWay && Volatile.Read(ref _givesWay))
                {
                    ShardThread.PrepareWorker();
                    hasGivenWay = true;
                }

                if (TryTake(out NodeWork? work, out WorkDesk? desk))
                {
                    work!.Run();
                    Done++;
                    desk!.Return(work);
                }
            }
        }
        catch (Exception error)
        {
            _failure = ExceptionDispatchInfo.Capture(error);
            _failed();
        }
    }
}
