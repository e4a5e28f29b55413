using OnionSip.Circuits;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>
/// Every single bit of a cell, flipped between hops, in both directions. CIRCUIT.LAYER, CIRCUIT.GARBLED
/// </summary>
/// <remarks>
/// Each run is done with the real cipher, which must hide the change, and with a counter-mode cipher, which must
/// not.
/// </remarks>
public sealed class TaggingTests
{
    [Fact]
    public void EveryBit_FlippedByTheGuard_RandomisesTheCellBehindTheMiddle()
    {
        TaggingMeasure measure = new TaggingAttack(11, Hctr2CipherFactory.Instance).FlipForward();
        Report(measure);
        Assert.True(measure.IsIndistinguishable(), measure.ToString());
    }

    [Fact]
    public void EveryBit_FlippedByTheExit_RandomisesTheCellBehindTheMiddle()
    {
        TaggingMeasure measure = new TaggingAttack(12, Hctr2CipherFactory.Instance).FlipBackward();
        Report(measure);
        Assert.True(measure.IsIndistinguishable(), measure.ToString());
    }

    [Fact]
    public void EveryBit_FlippedBeforeAnHonestExit_IsMissingThere()
    {
        TaggingMeasure measure = new TaggingAttack(13, Hctr2CipherFactory.Instance).FlipBeforeExit();
        Report(measure);
        Assert.True(measure.IsIndistinguishable(), measure.ToString());
    }

    [Fact]
    public void CounterMode_FlippedByTheGuard_IsFoundByTheExitEveryTime()
    {
        TaggingMeasure measure = new TaggingAttack(11, new CounterModeCipherFactory()).FlipForward();
        Report(measure);
        Assert.False(measure.IsIndistinguishable());
        Assert.Equal(1, measure.MostDistance);
        Assert.Equal(TaggingMeasure.CellBits, measure.Recognised);
    }

    [Fact]
    public void CounterMode_FlippedByTheExit_IsFoundByTheGuardEveryTime()
    {
        TaggingMeasure measure = new TaggingAttack(12, new CounterModeCipherFactory()).FlipBackward();
        Report(measure);
        Assert.False(measure.IsIndistinguishable());
        Assert.Equal(1, measure.MostDistance);
        Assert.Equal(TaggingMeasure.CellBits, measure.Recognised);
    }

    [Fact]
    public void CounterMode_FlippedInTheBody_IsDeliveredByAnHonestExit()
    {
        TaggingMeasure measure = new TaggingAttack(13, new CounterModeCipherFactory()).FlipBeforeExit();
        Report(measure);
        Assert.False(measure.IsIndistinguishable());
        Assert.Equal(TaggingMeasure.CellBits - 128, measure.Delivered);
    }

    private static void Report(TaggingMeasure measure) => TestContext.Current.TestOutputHelper?.WriteLine(
        measure.ToString());
}
