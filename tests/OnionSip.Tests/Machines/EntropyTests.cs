using System;
using System.Linq;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Machines;

/// <summary>MACHINE.ENTROPY</summary>
public sealed class EntropyTests
{
    [Fact]
    public void OneSeed_GivesOneStream_HoweverItIsCut()
    {
        byte[] whole = new byte[100];
        new SeededEntropy(5).Fill(whole);
        SeededEntropy again = new(5);
        byte[] parts = new byte[100];
        again.Fill(parts.AsSpan(0, 7));
        again.Fill(parts.AsSpan(7, 60));
        again.Fill(parts.AsSpan(67));
        Assert.Equal(whole, parts);
        new SeededEntropy(6).Fill(parts);
        Assert.NotEqual(whole, parts);
    }

    [Fact]
    public void Number_StaysInItsRangeAndTakesEveryValue()
    {
        SeededEntropy entropy = new(1);
        int[] drawn = [.. Enumerable.Range(0, 1000).Select(_ => entropy.NextInt32(7))];
        Assert.Equal(Enumerable.Range(0, 7), drawn.Distinct().Order());
    }

    [Fact]
    public void RangeOfNothing_IsACallersMistake() =>
        Assert.Throws<ArgumentOutOfRangeException>(static () => new SeededEntropy(1).NextInt32(0));
}
