using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Hosting.Loops;

/// <summary>When datagrams wake the loop and when the clock does. (HOST.PACE)</summary>
public sealed class ArrivalGateTests
{
    private readonly ArrivalGate _gate = new();

    [Theory]
    [InlineData(99, true, false)]
    [InlineData(100, true, true)]
    [InlineData(100, false, false)]
    public void Rate_Decides(int bundles, bool isPaced, bool isPolling)
    {
        _ = _gate.Update(Instant.FromMilliseconds(0), isPaced);
        _gate.Count(bundles);
        Assert.False(_gate.Update(Instant.FromMilliseconds(99), isPaced));
        Assert.Equal(isPolling, _gate.Update(Instant.FromMilliseconds(100), isPaced));
        Assert.Equal(isPolling, _gate.IsPolling);
        Assert.Equal(!isPolling, _gate.NextLook.IsNever);
    }

    [Fact]
    public void HalfTheRate_Keeps_LessEnds()
    {
        Begin();
        _gate.Count(50);
        Assert.False(_gate.Update(Instant.FromMilliseconds(200), true));
        _gate.Count(49);
        Assert.True(_gate.Update(Instant.FromMilliseconds(300), true));
        Assert.True(_gate.NextLook.IsNever);
    }

    [Fact]
    public void NothingPaced_EndsAtOnce()
    {
        Begin();
        Assert.True(_gate.Update(Instant.FromMilliseconds(101), false));
        Assert.False(_gate.IsPolling);
    }

    [Fact]
    public void Looks_KeepInStep_AndMissedOnesAreLeftOut()
    {
        Begin();
        _gate.Looked(Instant.FromMilliseconds(110), new(1_103_000));
        Assert.Equal(Instant.FromMilliseconds(111), _gate.NextLook);
        _gate.Looked(Instant.FromMilliseconds(111), Instant.FromMilliseconds(150));
        Assert.Equal(Instant.FromMilliseconds(151), _gate.NextLook);
    }

    private void Begin()
    {
        _ = _gate.Update(Instant.FromMilliseconds(0), true);
        _gate.Count(100);
        Assert.True(_gate.Update(Instant.FromMilliseconds(100), true));
    }
}
