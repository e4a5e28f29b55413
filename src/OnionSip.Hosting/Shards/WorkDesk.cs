using System;
using System.Threading;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;

namespace OnionSip.Hosting.Shards;

/// <summary>One shard's place at the handshake thread: what it has out, and what came back. (HOST.WORK)</summary>
/// <remarks>
/// Bounds: <see cref="MaxOut"/> computations are out or wait here to be taken back; the machine keeps the rest.
/// Nothing is allocated for a computation on its way. Only <see cref="Return"/> is called by another thread.
/// </remarks>
public sealed class WorkDesk(WorkThread thread, EventLoop loop)
{
    /// <summary>hosting.work_out</summary>
    public const int MaxOut = 64;

    private static readonly Action s_wake = static () => { };

    private readonly Lock _lock = new();
    private readonly NodeWork?[] _back = new NodeWork?[MaxOut];
    private int _out;
    private int _first;
    private int _count;

    /// <summary>False: poll the machine for no more until something came back.</summary>
    internal bool HasPlace => _out < MaxOut;

    internal void Send(NodeWork work)
    {
        _out++;
        thread.Add(work, this);
    }

    /// <summary>Takes one that was run; null when there is none.</summary>
    internal NodeWork? Take()
    {
        if (Volatile.Read(ref _count) == 0)
        {
            return null;
        }

        lock (_lock)
        {
            NodeWork? work = _back[_first];
            _back[_first] = null;
            _first = (_first + 1) % MaxOut;
            _count--;
            _out--;
            return work;
        }
    }

    /// <summary>On the handshake thread: the shard finds it at its next turn, which a post brings about.</summary>
    internal void Return(NodeWork work)
    {
        bool wasEmpty;
        lock (_lock)
        {
            wasEmpty = _count == 0;
            _back[(_first + _count) % MaxOut] = work;
            _count++;
        }

        if (wasEmpty)
        {
            // A full mailbox means that a turn is coming anyway.
            _ = loop.Post(s_wake);
        }
    }

    /// <summary>Erases what came back and nobody takes any more; when both threads have ended.</summary>
    internal void Clear()
    {
        while (Take() is { } work)
        {
            work.Erase();
        }
    }
}
