using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Threading;

namespace OnionSip.Hosting.Loops;

/// <summary>Work other threads leave for the loop's thread; bounded, and it wakes the loop. (HOST.MAILBOX)</summary>
/// <remarks>Bounds: <see cref="Capacity"/> items; when full the post is refused and counted, the poster must cope.</remarks>
public sealed unsafe class Mailbox : IDisposable
{
    public const int Capacity = 4096;

    private readonly Lock _lock = new();
    private readonly Queue<Action> _items = new();
    private readonly int _readEnd;
    private readonly int _writeEnd;
    private long _refused;
    private int _wakePending;
    private bool _disposed;

    public Mailbox()
    {
        int* ends = stackalloc int[2];
        if (UnixCalls.Pipe(ends) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        (_readEnd, _writeEnd) = (ends[0], ends[1]);
    }

    public long Refused => Interlocked.Read(ref _refused);

    internal int Descriptor => _readEnd;

    /// <summary>From any thread. False when the mailbox is full or the loop is gone.</summary>
    public bool TryPost(Action item)
    {
        lock (_lock)
        {
            if (_disposed || _items.Count >= Capacity)
            {
                _refused++;
                return false;
            }

            _items.Enqueue(item);
            Wake();
        }

        return true;
    }

    /// <summary>On the loop's thread, once the descriptor is readable.</summary>
    internal void ClearWake()
    {
        byte ignored;
        _ = UnixCalls.Read(_readEnd, &ignored, 1);
        Volatile.Write(ref _wakePending, 0);
    }

    internal bool TryTake(out Action? item)
    {
        lock (_lock)
        {
            return _items.TryDequeue(out item);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _items.Clear();
            _ = UnixCalls.Close(_readEnd);
            _ = UnixCalls.Close(_writeEnd);
        }
    }

    private void Wake()
    {
        // One byte at most is ever in the pipe, so the write cannot block.
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            byte one = 1;
            _ = UnixCalls.Write(_writeEnd, &one, 1);
        }
    }
}
