using System;
using System.Runtime.InteropServices;

namespace OnionSip.Benchmarks.Loads;

/// <summary>The system calls of the load generator, in the layout of 64-bit Linux.</summary>
internal static unsafe partial class Kernel
{
    internal const int DoNotWait = 0x40;
    internal const int AbsoluteTime = 1;
    internal const int Monotonic = 1;
    internal const int Realtime = 0;
    internal const int SignalUser1 = 10;
    internal const int SignalTerminate = 15;
    internal const int SchedFifo = 1;

    /// <summary>Threads and processes that come of it are ordinary again.</summary>
    private const int ResetOnFork = 0x40000000;
    private const int SetTimerSlack = 29;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetOption(int socket, int level, int name, void* value, uint bytes);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(int socket, void* name, uint bytes);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    internal static partial int ReceiveMany(int socket, MultiMessage* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    internal static partial int SendMany(int socket, MultiMessage* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    internal static partial int GetTime(int clock, TimeSpec* time);

    [LibraryImport("libc", EntryPoint = "clock_nanosleep", SetLastError = true)]
    internal static partial int Sleep(int clock, int flags, TimeSpec* until, TimeSpec* left);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Signal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    internal static partial int SetAffinity(int thread, nuint bytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    internal static partial int SetScheduler(int thread, int policy, int* priority);

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    internal static partial int SetPriority(int which, int who, int priority);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    internal static partial int Control(int option, nuint value, nuint a, nuint b, nuint c);

    /// <summary>Nanoseconds of the monotonic clock, the one every process of the machine shares.</summary>
    internal static long Now() => Read(Monotonic);

    internal static long Read(int clock)
    {
        TimeSpec time;
        _ = GetTime(clock, &time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    /// <summary>Sleeps until an absolute time; not at all when it is past.</summary>
    internal static void SleepUntil(long nanoseconds)
    {
        TimeSpec until = new() { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        _ = Sleep(Monotonic, AbsoluteTime, &until, null);
    }

    /// <summary>Ties the calling thread to one processor and lets it wake to the microsecond.</summary>
    internal static void PinThread(int processor)
    {
        ulong mask = 1UL << processor;
        _ = SetAffinity(0, sizeof(ulong), &mask);
        _ = Control(SetTimerSlack, 1, 0, 0, 0);
    }

    /// <summary>Gives the calling thread more of a busy processor, where the system grants it.</summary>
    internal static bool TryNice(int niceness) => SetPriority(0, 0, niceness) == 0;

    /// <summary>Puts the calling thread before all ordinary ones; false when the system does not grant it.</summary>
    internal static bool TryBeFirst(int priority) => SetScheduler(0, SchedFifo | ResetOnFork, &priority) == 0;

    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        internal int Descriptor;
        internal short Wanted;
        internal short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct BytesEntry
    {
        internal void* Start;
        internal nuint Count;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal void* Name;
        internal uint NameBytes;
        internal BytesEntry* Entries;
        internal nuint EntryCount;
        internal void* Control;
        internal nuint ControlBytes;
        internal int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MultiMessage
    {
        internal MessageHeader Header;
        internal uint Bytes;
    }

    /// <summary>sockaddr_in; port and address in network order.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Name
    {
        internal ushort Family;
        internal ushort Port;
        internal uint Address;
        internal ulong Zero;
    }

    /// <summary>cmsghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ControlHeader
    {
        internal nuint Bytes;
        internal int Level;
        internal int Type;
    }
}
