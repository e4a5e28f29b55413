using System;
using OnionSip.Media;
using Xunit;

namespace OnionSip.Tests.Media;

/// <summary>Frames that stand in the queue are delay and go; one may stay. (MEDIA.DRIFT)</summary>
public sealed class DriftQueueTests
{
    private readonly DriftQueue _queue = new(1);
    private readonly byte[] _frame = new byte[1];

    [Fact]
    public void FramesThatStandAtTheStart_GoWithinTheSettling()
    {
        _queue.Put([0]);
        _queue.Put([0]);
        Run(DriftQueue.SettleTicks);
        Assert.Equal((1L, 1), (_queue.Dropped, _queue.Count));
    }

    [Fact]
    public void FramesThatStandAfterAStall_GoAfterAWindow()
    {
        Run(200);
        _queue.Put([0]);
        _queue.Put([0]);
        Run(2 * DriftQueue.StandingTicks);
        Assert.Equal((1L, 0L, 1), (_queue.Dropped, _queue.Filled, _queue.Count));
    }

    [Fact]
    public void OneFrameThatStands_Stays()
    {
        _queue.Put([0]);
        Run(10 * DriftQueue.StandingTicks);
        Assert.Equal((0L, 1), (_queue.Slips, _queue.Count));
    }

    [Fact]
    public void BurstsOfThree_AreNotCut()
    {
        for (int burst = 0; burst < 200; burst++)
        {
            for (int frame = 0; frame < 3; frame++)
            {
                _queue.Put([0]);
            }

            Take(3);
        }

        Assert.Equal(0, _queue.Slips);
    }

    /// <summary>Packets that come now before and now after the tick cost one filled tick, and not one in every window.</summary>
    [Fact]
    public void PacketsAtTheTick_SlipOnce()
    {
        Random random = new(7);
        long late = 0;
        for (int tick = 0; tick < 500; tick++)
        {
            bool isLate = random.Next(2) == 1;
            Take(isLate ? 1 : 0);
            _queue.Put([0]);
            Take(isLate ? 0 : 1);
            late += isLate ? 1 : 0;
        }

        Assert.InRange(late, 100, 400);
        Assert.Equal(1, _queue.Slips);
    }

    [Fact]
    public void FastPhone_SlipsOnceForEveryFrameItIsAhead()
    {
        // 1,000 packets in 990 ticks.
        for (int packet = 0, ticks = 0; packet < 1000; packet++)
        {
            _queue.Put([0]);
            if (packet * 99 / 100 > ticks || packet == 0)
            {
                ticks++;
                Take(1);
            }
        }

        Assert.InRange(_queue.Dropped, 8, 11);
        Assert.Equal(0, _queue.Filled);
    }

    private void Run(int ticks)
    {
        for (int tick = 0; tick < ticks; tick++)
        {
            _queue.Put([0]);
            Take(1);
        }
    }

    private void Take(int times)
    {
        for (int time = 0; time < times; time++)
        {
            _queue.TryTake(_frame);
        }
    }
}
