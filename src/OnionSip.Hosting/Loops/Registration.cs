using System;

namespace OnionSip.Hosting.Loops;

/// <summary>A watched descriptor; dispose it before the descriptor is closed.</summary>
public sealed class Registration : IDisposable
{
    private readonly EventLoop _loop;
    private Interest _interest;
    private bool _removed;

    internal Registration(EventLoop loop, Poller poller, int descriptor, int index, int generation, Interest interest)
    {
        _loop = loop;
        Poller = poller;
        Descriptor = descriptor;
        Index = index;
        Token = ((long)index << 32) | unchecked((uint)generation);
        _interest = interest;
    }

    /// <summary>What is waited for; setting it to the same value costs nothing.</summary>
    public Interest Interest
    {
        get => _interest;
        set
        {
            if (_interest != value && !_removed)
            {
                _loop.Change(this, _interest, value);
                _interest = value;
            }
        }
    }

    internal Poller Poller { get; }

    internal int Descriptor { get; }

    internal int Index { get; }

    internal long Token { get; }

    public void Dispose()
    {
        if (!_removed)
        {
            _removed = true;
            _loop.Remove(this);
        }
    }
}
