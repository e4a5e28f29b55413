using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Machines;

/// <summary>MACHINE.TIMERS</summary>
public sealed class TimerTableTests
{
    private enum Timer : byte
    {
        Retry,
        Idle,
    }

    [Fact]
    public void NewTable_HasNoDeadline()
    {
        TimerTable<Timer> timers = new();
        Assert.True(timers.Next().IsNever);
        Assert.False(timers.TakeExpired(Timer.Retry, Instant.FromMilliseconds(1_000_000)));
    }

    [Fact]
    public void Next_IsTheEarliestThatIsSet()
    {
        TimerTable<Timer> timers = new();
        timers.Set(Timer.Retry, Instant.FromMilliseconds(20));
        timers.Set(Timer.Idle, Instant.FromMilliseconds(30));
        Assert.Equal(Instant.FromMilliseconds(20), timers.Next());
        timers.Stop(Timer.Retry);
        Assert.False(timers.IsSet(Timer.Retry));
        Assert.Equal(Instant.FromMilliseconds(30), timers.Next());
    }

    [Fact]
    public void Expired_IsTakenOnceAndNotBeforeItsTime()
    {
        TimerTable<Timer> timers = new();
        timers.Set(Timer.Idle, Instant.FromMilliseconds(30));
        Assert.False(timers.TakeExpired(Timer.Idle, Instant.FromMilliseconds(29)));
        Assert.True(timers.TakeExpired(Timer.Idle, Instant.FromMilliseconds(30)));
        Assert.False(timers.TakeExpired(Timer.Idle, Instant.FromMilliseconds(31)));
    }
}
