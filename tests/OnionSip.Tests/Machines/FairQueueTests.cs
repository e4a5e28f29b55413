using System.Collections.Generic;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Machines;

/// <summary>MACHINE.FAIR-QUEUE</summary>
public sealed class FairQueueTests
{
    [Fact]
    public void Owners_TakeTurnsByTheirWeight()
    {
        FairQueue<char, string> queue = new(100);
        for (int item = 0; item < 6; item++)
        {
            Assert.True(queue.TryAdd('a', 1, 10, "a" + item, out _));
            Assert.True(queue.TryAdd('b', 2, 10, "b" + item, out _));
        }

        Assert.Equal(["a0", "b0", "b1", "a1", "b2", "b3", "a2", "b4", "b5", "a3", "a4", "a5"], Drain(queue));
        Assert.Equal((0, 0), (queue.Count, queue.Owners));
    }

    [Fact]
    public void FullQueue_TakesFromTheLongestForTheShorter()
    {
        FairQueue<char, string> queue = new(4);
        for (int item = 0; item < 4; item++)
        {
            Assert.True(queue.TryAdd('a', 1, 10, "a" + item, out _));
        }

        Assert.False(queue.TryAdd('a', 1, 10, "a4", out _));
        Assert.True(queue.TryAdd('b', 1, 10, "b0", out string? evicted));
        Assert.Equal("a3", evicted);
        Assert.True(queue.TryAdd('b', 1, 10, "b1", out evicted));
        Assert.Equal("a2", evicted);
        Assert.False(queue.TryAdd('b', 1, 10, "b2", out evicted));
        Assert.Null(evicted);
        Assert.Equal(["a0", "b0", "a1", "b1"], Drain(queue));
    }

    [Fact]
    public void Owner_HasNoMoreThanItMay_AndItemsCanBeTakenOut()
    {
        FairQueue<char, string> queue = new(10);
        Assert.True(queue.TryAdd('a', 1, 2, "a0", out _));
        Assert.True(queue.TryAdd('a', 1, 2, "a1", out _));
        Assert.False(queue.TryAdd('a', 1, 2, "a2", out _));
        Assert.True(queue.Remove('a', "a0"));
        Assert.False(queue.Remove('a', "a0"));
        Assert.False(queue.Remove('b', "a1"));
        Assert.Equal(1, queue.CountOf('a'));
        Assert.True(queue.Remove('a', "a1"));
        Assert.Equal((0, 0), (queue.Count, queue.Owners));
        Assert.False(queue.TryTake(out _));
    }

    /// <summary>Against a plain list of queues, over random steps.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void RandomSteps_KeepEveryCount(int seed)
    {
        SeededEntropy entropy = new((ulong)seed);
        FairQueue<int, string> queue = new(20);
        HashSet<string> inside = [];
        for (int step = 0; step < 5000; step++)
        {
            int owner = entropy.NextInt32(8);
            string item = $"{owner}-{step}";
            if (entropy.NextInt32(3) > 0)
            {
                if (queue.TryAdd(owner, 1 + (owner % 3), 6, item, out string? evicted))
                {
                    inside.Add(item);
                }

                Assert.True(evicted is null || inside.Remove(evicted));
            }
            else if (queue.TryTake(out string? taken))
            {
                Assert.True(inside.Remove(taken));
            }

            Assert.Equal(inside.Count, queue.Count);
        }
    }

    private static List<string> Drain(FairQueue<char, string> queue)
    {
        List<string> items = [];
        while (queue.TryTake(out string? item))
        {
            items.Add(item);
        }

        return items;
    }
}
