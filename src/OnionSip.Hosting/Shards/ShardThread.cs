using System;
using OnionSip.Hosting.Loops;

namespace OnionSip.Hosting.Shards;

/// <summary>What a shard asks of the system for its own thread. (HOST.PRIORITY)</summary>
/// <remarks>Everything here is a wish; what is not granted is done without.</remarks>
internal static unsafe class ShardThread
{
    /// <summary>hosting.realtime_priority: above nothing that is real time itself.</summary>
    internal const int RealtimePriority = 2;

    /// <summary>hosting.nice</summary>
    internal const int NiceValue = -10;

    /// <summary>hosting.worker_nice</summary>
    internal const int WorkerNiceValue = 5;
    private const int FirstInFirstOut = 1;
    private const int ResetOnFork = 0x40000000;
    private const int SetTimerSlack = 29;
    private const int MaskBytes = 128;

    /// <summary>Real time, else nice; a timer that wakes when it was asked to.</summary>
    internal static ThreadGrant Prepare(bool wantsPriority)
    {
        if (!OperatingSystem.IsLinux())
        {
            return ThreadGrant.Normal;
        }

        _ = UnixCalls.ProcessControl(SetTimerSlack, 1, 0, 0, 0);
        if (!wantsPriority)
        {
            return ThreadGrant.Normal;
        }

        int priority = RealtimePriority;
        if (UnixCalls.SetScheduler(0, FirstInFirstOut | ResetOnFork, &priority) == 0)
        {
            return ThreadGrant.Realtime;
        }

        return SetNice(NiceValue) ? ThreadGrant.Nice : ThreadGrant.Normal;
    }

    /// <summary>For the thread that computes what can wait.</summary>
    internal static void PrepareWorker() => _ = OperatingSystem.IsLinux() && SetNice(WorkerNiceValue);

    /// <summary>Keeps the calling thread on one processor; false when the system does not.</summary>
    internal static bool TryPin(int processor)
    {
        if (!OperatingSystem.IsLinux() || processor >= MaskBytes * 8)
        {
            return false;
        }

        Span<byte> mask = stackalloc byte[MaskBytes];
        mask.Clear();
        mask[processor / 8] = (byte)(1 << (processor % 8));
        fixed (byte* start = mask)
        {
            return UnixCalls.SetAffinity(0, MaskBytes, start) == 0;
        }
    }

    /// <summary>Processor time of the calling thread; null where it cannot be had.</summary>
    internal static TimeSpan? ProcessorTime()
    {
        const int ThreadClock = 3;
        const int NanosecondsPerTick = 100;
        UnixCalls.TimeSpec time = default;
        return OperatingSystem.IsLinux() && UnixCalls.GetTime(ThreadClock, &time) == 0
            ? new TimeSpan((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / NanosecondsPerTick))
            : null;
    }

    // On Linux a nice value belongs to a thread, and 0 names the calling one.
    private static bool SetNice(int value) => UnixCalls.SetPriority(0, 0, value) == 0;
}
