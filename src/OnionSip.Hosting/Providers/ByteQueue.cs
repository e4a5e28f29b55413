using System;
using System.Threading;
using System.Threading.Tasks;

namespace OnionSip.Hosting.Providers;

/// <summary>A bounded queue of bytes between a loop's thread, which never waits, and a task, which may. (HOST.TLS)</summary>
internal sealed class ByteQueue(int capacity)
{
    private readonly Lock _lock = new();
    private readonly byte[] _bytes = new byte[capacity];
    private int _start;
    private int _count;
    private bool _completed;
    private TaskCompletionSource? _changed;

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    internal bool IsCompletedAndEmpty
    {
        get
        {
            lock (_lock)
            {
                return _completed && _count == 0;
            }
        }
    }

    /// <summary>Adds what there is room for and returns how much that was; 0 after the end.</summary>
    internal int TryWrite(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            int taken = _completed ? 0 : Math.Min(bytes.Length, _bytes.Length - _count);
            int end = (_start + _count) % _bytes.Length;
            int first = Math.Min(taken, _bytes.Length - end);
            bytes[..first].CopyTo(_bytes.AsSpan(end));
            bytes[first..taken].CopyTo(_bytes);
            _count += taken;
            return Signal(taken);
        }
    }

    internal int TryRead(Span<byte> destination)
    {
        lock (_lock)
        {
            int taken = Math.Min(destination.Length, _count);
            int first = Math.Min(taken, _bytes.Length - _start);
            _bytes.AsSpan(_start, first).CopyTo(destination);
            _bytes.AsSpan(0, taken - first).CopyTo(destination[first..]);
            _start = (_start + taken) % _bytes.Length;
            _count -= taken;
            return Signal(taken);
        }
    }

    /// <summary>Nothing more will be written.</summary>
    internal void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            _ = Signal(1);
        }
    }

    /// <summary>Waits for at least one byte; 0 at the end.</summary>
    internal async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancel)
    {
        while (true)
        {
            Task wait = NextChange();
            int taken = TryRead(destination.Span);
            if (taken > 0 || destination.IsEmpty || IsCompletedAndEmpty)
            {
                return taken;
            }

            await wait.WaitAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until all is in the queue; false when it was ended first.</summary>
    internal async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        while (!bytes.IsEmpty)
        {
            Task wait = NextChange();
            bytes = bytes[TryWrite(bytes.Span)..];
            if (bytes.IsEmpty)
            {
                return true;
            }

            lock (_lock)
            {
                if (_completed)
                {
                    return false;
                }
            }

            await wait.WaitAsync(cancel).ConfigureAwait(false);
        }

        return true;
    }

    private Task NextChange()
    {
        lock (_lock)
        {
            _changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _changed.Task;
        }
    }

    private int Signal(int moved)
    {
        if (moved > 0 && _changed is { } waiting)
        {
            _changed = null;
            waiting.SetResult();
        }

        return moved;
    }
}
