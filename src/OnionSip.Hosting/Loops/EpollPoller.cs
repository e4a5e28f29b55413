using System;
using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace OnionSip.Hosting.Loops;

/// <summary>The Linux poller; waits with nanosecond deadlines where the system can.</summary>
internal sealed unsafe class EpollPoller : Poller
{
    private const int AddOperation = 1;
    private const int RemoveOperation = 2;
    private const int ChangeOperation = 3;
    private const int CloseOnExec = 0x80000;
    private const uint In = 1;
    private const uint Out = 4;
    private const uint ErrorOrHangUp = 8 | 16;
    private const int Capacity = 256;

    // The kernel's structure is packed on x86-64 only: 4 bytes of events, then 8 of data at 4 or at 8.
    private static readonly int s_dataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int s_entryBytes = s_dataOffset + 8;

    private readonly int _epoll;
    private readonly byte[] _events = GC.AllocateArray<byte>(Capacity * 16, pinned: true);
    private bool _precise = true;

    public EpollPoller()
    {
        _epoll = UnixCalls.EpollCreate(CloseOnExec);
        ThrowIfFailed(_epoll);
    }

    public override int Descriptor => _epoll;

    public override void Add(int descriptor, long token, Interest interest) => Control(AddOperation, descriptor, token, interest);

    public override void Change(int descriptor, long token, Interest interest) =>
        Control(ChangeOperation, descriptor, token, interest);

    public override void Remove(int descriptor)
    {
        // A descriptor that was closed has already left the set; that is not an error here.
        _ = UnixCalls.EpollControl(_epoll, RemoveOperation, descriptor, null);
    }

    public override int Wait(TimeSpan timeout, Span<ReadyDescriptor> ready)
    {
        int wanted = Math.Min(Capacity, ready.Length);
        int count;
        fixed (byte* events = _events)
        {
            count = _precise ? WaitPrecise(events, wanted, timeout) : WaitCoarse(events, wanted, timeout);
        }

        if (count < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            return error == UnixCalls.InterruptedError ? 0 : throw new Win32Exception(error);
        }

        for (int index = 0; index < count; index++)
        {
            ready[index] = Read(_events.AsSpan(index * s_entryBytes, s_entryBytes));
        }

        return count;
    }

    public override void Dispose() => _ = UnixCalls.Close(_epoll);

    private static ReadyDescriptor Read(ReadOnlySpan<byte> entry)
    {
        uint events = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        long token = BinaryPrimitives.ReadInt64LittleEndian(entry[s_dataOffset..]);
        Interest interest = (events & ErrorOrHangUp) != 0 ? Interest.Read | Interest.Write : Interest.None;
        interest |= (events & In) != 0 ? Interest.Read : Interest.None;
        interest |= (events & Out) != 0 ? Interest.Write : Interest.None;
        return new(token, interest);
    }

    private static void ThrowIfFailed(int result)
    {
        if (result < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private int WaitPrecise(byte* events, int wanted, TimeSpan timeout)
    {
        UnixCalls.TimeSpec span = new()
        {
            Seconds = timeout.Ticks / TimeSpan.TicksPerSecond,
            Nanoseconds = timeout.Ticks % TimeSpan.TicksPerSecond * 100,
        };
        try
        {
            bool forever = timeout == System.Threading.Timeout.InfiniteTimeSpan;
            int count = UnixCalls.EpollWaitPrecise(_epoll, events, wanted, forever ? null : &span, null);
            if (count >= 0 || Marshal.GetLastPInvokeError() != UnixCalls.NotImplementedError)
            {
                return count;
            }
        }
        catch (EntryPointNotFoundException)
        {
            // An older C library: milliseconds will do.
        }

        _precise = false;
        return WaitCoarse(events, wanted, timeout);
    }

    private int WaitCoarse(byte* events, int wanted, TimeSpan timeout)
    {
        int milliseconds = timeout == System.Threading.Timeout.InfiniteTimeSpan
            ? -1
            : (int)Math.Min(Math.Ceiling(timeout.TotalMilliseconds), int.MaxValue);
        return UnixCalls.EpollWait(_epoll, events, wanted, milliseconds);
    }

    private void Control(int operation, int descriptor, long token, Interest interest)
    {
        Span<byte> entry = stackalloc byte[16];
        uint events = (interest.HasFlag(Interest.Read) ? In : 0) | (interest.HasFlag(Interest.Write) ? Out : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, events);
        BinaryPrimitives.WriteInt64LittleEndian(entry[s_dataOffset..], token);
        fixed (byte* start = entry)
        {
            ThrowIfFailed(UnixCalls.EpollControl(_epoll, operation, descriptor, start));
        }
    }
}
