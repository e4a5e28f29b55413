using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace OnionSip.Hosting.Loops;

/// <summary>The poller for Unix systems other than 64-bit Linux: <c>poll</c>, millisecond deadlines.</summary>
internal sealed unsafe class UnixPoller : Poller
{
    private const short In = 1;
    private const short Out = 4;
    private const short ErrorHangUpInvalid = 8 | 16 | 32;

    private readonly Dictionary<int, (long Token, Interest Interest)> _registered = [];
    private UnixCalls.PollEntry[] _entries = new UnixCalls.PollEntry[16];

    public override void Add(int descriptor, long token, Interest interest) => _registered[descriptor] = (token, interest);

    public override void Change(int descriptor, long token, Interest interest) => _registered[descriptor] = (token, interest);

    public override void Remove(int descriptor) => _registered.Remove(descriptor);

    public override int Wait(TimeSpan timeout, Span<ReadyDescriptor> ready)
    {
        int registered = FillEntries();
        int milliseconds = timeout == System.Threading.Timeout.InfiniteTimeSpan
            ? -1
            : (int)Math.Min(Math.Ceiling(timeout.TotalMilliseconds), int.MaxValue);
        int result;
        fixed (UnixCalls.PollEntry* entries = _entries)
        {
            result = UnixCalls.Poll(entries, (nuint)registered, milliseconds);
        }

        if (result < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            return error == UnixCalls.InterruptedError ? 0 : throw new Win32Exception(error);
        }

        return Collect(registered, ready);
    }

    public override void Dispose() => _registered.Clear();

    private int FillEntries()
    {
        if (_entries.Length < _registered.Count)
        {
            _entries = new UnixCalls.PollEntry[_registered.Count * 2];
        }

        int count = 0;
        foreach ((int descriptor, (long _, Interest interest)) in _registered)
        {
            int wanted = (interest.HasFlag(Interest.Read) ? In : 0) | (interest.HasFlag(Interest.Write) ? Out : 0);
            _entries[count++] = new() { Descriptor = descriptor, Wanted = (short)wanted };
        }

        return count;
    }

    private int Collect(int registered, Span<ReadyDescriptor> ready)
    {
        int count = 0;
        for (int index = 0; index < registered && count < ready.Length; index++)
        {
            short returned = _entries[index].Returned;
            if (returned == 0)
            {
                continue;
            }

            Interest interest = (returned & ErrorHangUpInvalid) != 0 ? Interest.Read | Interest.Write : Interest.None;
            interest |= (returned & In) != 0 ? Interest.Read : Interest.None;
            interest |= (returned & Out) != 0 ? Interest.Write : Interest.None;
            ready[count++] = new(_registered[_entries[index].Descriptor].Token, interest);
        }

        return count;
    }
}
