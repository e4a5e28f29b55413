using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.SLOT</summary>
public sealed class SlotWindowTests
{
    [Theory]
    [InlineData(0, CircuitDrop.None)]
    [InlineData(4095, CircuitDrop.None)]
    [InlineData(4096, CircuitDrop.SlotTooFar)]
    public void FirstSlot_ReachesOneJumpFromTheBase(long index, object expected) =>
        Assert.Equal((CircuitDrop)expected, new SlotWindow().Check(index));

    [Fact]
    public void Base_BeforeIt_IsTooOld()
    {
        SlotWindow window = new();
        Assert.Equal(-1, window.IndexOf(uint.MaxValue));
        Assert.Equal(CircuitDrop.SlotTooOld, window.Check(-1));
    }

    [Fact]
    public void Window_Edges_AreExact()
    {
        SlotWindow window = new();
        window.Accept(4000);
        window.Accept(8000);
        Assert.Equal(CircuitDrop.SlotReplayed, window.Check(8000));
        Assert.Equal(CircuitDrop.None, window.Check(8000 - 1023));
        Assert.Equal(CircuitDrop.SlotTooOld, window.Check(8000 - 1024));
        Assert.Equal(CircuitDrop.None, window.Check(8000 + 4096));
        Assert.Equal(CircuitDrop.SlotTooFar, window.Check(8000 + 4097));
    }

    [Fact]
    public void Index_GoesOnBeyond32Bits()
    {
        SlotWindow window = new();
        long index = -1;
        while (index < (1L << 32) + 10_000)
        {
            index += CircuitLimits.AheadSlots;
            Assert.Equal(index, window.IndexOf((uint)(index & uint.MaxValue)));
            Assert.Equal(CircuitDrop.None, window.Check(index));
            window.Accept(index);
        }

        Assert.Equal(index - 3, window.IndexOf((uint)((index - 3) & uint.MaxValue)));
    }

    /// <summary>Against a set that remembers everything.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void RandomSlots_AgreeWithASetThatForgetsNothing(int seed)
    {
        SeededEntropy entropy = new((ulong)seed);
        SlotWindow window = new();
        HashSet<long> seen = [];
        long highest = -1;
        for (int step = 0; step < 20_000; step++)
        {
            int reach = entropy.NextInt32(20) == 0 ? 5000 : 40;
            long index = highest + 30 - entropy.NextInt32(reach) + (
                entropy.NextInt32(50) == 0 ? entropy.NextInt32(4200) : 0);
            CircuitDrop expected = index > highest
                ? (index - highest > 4096 ? CircuitDrop.SlotTooFar : CircuitDrop.None)
                : index < 0 || highest - index >= 1024 ? CircuitDrop.SlotTooOld
                : seen.Contains(index) ? CircuitDrop.SlotReplayed
                : CircuitDrop.None;
            Assert.True(expected == window.Check(index), $"seed {seed} step {step} index {index} highest {highest}");
            if (expected == CircuitDrop.None)
            {
                window.Accept(index);
                seen.Add(index);
                highest = long.Max(highest, index);
            }
        }
    }
}
