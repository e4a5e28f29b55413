using System;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Machines;

/// <summary>MACHINE.DROPS</summary>
public sealed class DropCountersTests
{
    private enum Reason
    {
        None = 0,
        Long,
        Short,
    }

    [Fact]
    public void Count_HandsTheReasonBackAndAddsOne()
    {
        DropCounters<Reason> drops = new();
        Assert.Equal(Reason.Short, drops.Count(Reason.Short));
        drops.Count(Reason.Short);
        drops.Count(Reason.None);
        Assert.Equal((0, 2, 1, 2), (drops[Reason.Long], drops[Reason.Short], drops[Reason.None], drops.Total));
    }

    [Fact]
    public void Counting_AllocatesNothing()
    {
        DropCounters<Reason> drops = new();
        drops.Count(Reason.Long);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int count = 0; count < 1000; count++)
        {
            drops.Count(Reason.Long);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1001, drops.Total);
    }
}
