using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using OnionSip.Hosting.Shards;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>What the system granted a shard's thread is what is told. (HOST.PRIORITY)</summary>
public sealed class ShardThreadTests
{
    private const int Nice = 16;
    private const int Policy = 38;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Grant_IsWhatTheSystemSays(bool wantsPriority)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the figures are read from /proc");
        ThreadGrant grant = ThreadGrant.Normal;
        string[] fields = OnThread(() => grant = ShardThread.Prepare(wantsPriority));
        ThreadGrant actual = fields[Policy] == "1" ? ThreadGrant.Realtime
            : int.Parse(fields[Nice], CultureInfo.InvariantCulture) == ShardThread.NiceValue ? ThreadGrant.Nice : ThreadGrant.Normal;
        Assert.Equal(actual, grant);
        Assert.True(wantsPriority || grant == ThreadGrant.Normal);
    }

    /// <summary>Giving way is granted to everybody.</summary>
    [Fact]
    public void Worker_GivesWay()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the figures are read from /proc");
        string[] fields = OnThread(ShardThread.PrepareWorker);
        Assert.True(int.Parse(fields[Nice], CultureInfo.InvariantCulture) >= ShardThread.WorkerNiceValue);
    }

    [Fact]
    public void Pinned_StaysOnItsProcessor()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the figures are read from /proc");
        int processor = FirstAllowed();
        string[] allowed = [];
        _ = OnThread(() =>
        {
            Assert.True(ShardThread.TryPin(processor));
            allowed = File.ReadAllLines("/proc/thread-self/status");
            Assert.False(ShardThread.TryPin(4096));
        });
        Assert.Contains("Cpus_allowed_list:\t" + processor.ToString(CultureInfo.InvariantCulture), allowed);
    }

    private static int FirstAllowed()
    {
        string line = File.ReadLines("/proc/thread-self/status").First(static line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));
        return int.Parse(line.Split('\t', '-', ',')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Runs on a thread of its own; returns its figures after the name, which may hold blanks.</summary>
    private static string[] OnThread(Action action)
    {
        string text = "";
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                action();
                text = File.ReadAllText("/proc/thread-self/stat");
            }
            catch (Exception error)
            {
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }
}
