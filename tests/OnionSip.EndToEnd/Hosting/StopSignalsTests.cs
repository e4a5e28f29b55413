using System;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.EndToEnd.Hosting;

/// <summary>Signals of the system reach the loop's thread as work and end nothing by themselves. (HOST.SIGNALS)</summary>
public sealed class StopSignalsTests
{
    [Theory]
    [InlineData(1, "reload")]
    [InlineData(10, "stats")]
    [InlineData(15, "stop")]
    public async Task Signal_IsTheRightWorkOnTheLoopsThread(int number, string expected)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("signal numbers of Linux");
        }

        using EventLoop loop = new(new HostClock(TimeProvider.System));
        string? heard = null;
        int thread = 0;
        void Hear(string what)
        {
            heard ??= what;
            thread = Environment.CurrentManagedThreadId;
            loop.Stop();
        }

        using StopSignals signals = new(loop, () => Hear("stop"), () => Hear("stats"), () => Hear("reload"));
        int loopThread = 0;
        Task running = Task.Factory.StartNew(
            () =>
            {
                loopThread = Environment.CurrentManagedThreadId;
                loop.Run(new Idle());
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        Assert.Equal(0, Kill(Environment.ProcessId, number));
        await running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(expected, heard);
        Assert.Equal(loopThread, thread);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    private sealed class Idle : ILoopOwner
    {
        public Instant Drain(Instant now) => Instant.Never;

        public void HandleTimeout(Instant now)
        {
        }
    }
}
