using System.Collections.Generic;
using OnionSip.Crypto;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.REPLAY</summary>
public sealed class ReplayWindowTests
{
    private const ulong Width = ReplayWindow.WindowCounters;

    /// <summary>CRYPTO.REPLAY: a list of counters and what each must be answered with.</summary>
    [Fact]
    public void ListedCounters_GetTheListedVerdicts()
    {
        ReplayWindow window = new();
        (ulong Counter, ReplayCheck Expected)[] steps =
        [
            (0, ReplayCheck.Fresh), (0, ReplayCheck.Replayed), (1, ReplayCheck.Fresh), (1, ReplayCheck.Replayed),
            (9, ReplayCheck.Fresh), (8, ReplayCheck.Fresh), (7, ReplayCheck.Fresh), (7, ReplayCheck.Replayed),
            (Width - 1, ReplayCheck.Fresh), (Width, ReplayCheck.Fresh), (Width, ReplayCheck.Replayed),
            (0, ReplayCheck.TooOld), (1, ReplayCheck.Replayed), (2, ReplayCheck.Fresh),
            (Width * 3, ReplayCheck.Fresh), (Width * 2, ReplayCheck.TooOld), ((Width * 2) + 1, ReplayCheck.Fresh),
            ((Width * 3) - 1, ReplayCheck.Fresh), ((Width * 3) - 1, ReplayCheck.Replayed),
            (ulong.MaxValue - 1, ReplayCheck.Fresh), (ulong.MaxValue - 1, ReplayCheck.Replayed),
            (ulong.MaxValue, ReplayCheck.TooFar), (ulong.MaxValue - Width, ReplayCheck.Fresh),
            (ulong.MaxValue - 1 - Width, ReplayCheck.TooOld),
        ];
        foreach ((ulong counter, ReplayCheck expected) in steps)
        {
            Assert.Equal(expected, window.Check(counter));
            Assert.Equal(expected, window.Accept(counter));
        }
    }

    /// <summary>CRYPTO.REPLAY: checking alone moves nothing, so a forged counter cannot push the window.</summary>
    [Fact]
    public void CheckWithoutAccept_ChangesNothing()
    {
        ReplayWindow window = new();
        Assert.Equal(ReplayCheck.Fresh, window.Check(1_000_000));
        Assert.Equal(0UL, window.Next);
        Assert.Equal(ReplayCheck.Fresh, window.Accept(0));

        // With the defence off - accepting before the tag is checked - the forged counter shuts the honest ones out.
        Assert.Equal(ReplayCheck.Fresh, window.Accept(1_000_000));
        Assert.Equal(ReplayCheck.TooOld, window.Check(1));
    }

    /// <summary>CRYPTO.REPLAY: a bounded window refuses a jump one longer than its bound.</summary>
    [Fact]
    public void JumpBeyondTheBound_IsTooFar()
    {
        ReplayWindow window = new(maxForward: 100);
        Assert.Equal(ReplayCheck.TooFar, window.Check(101));
        Assert.Equal(ReplayCheck.Fresh, window.Accept(100));
        Assert.Equal(ReplayCheck.TooFar, window.Accept(202));
        Assert.Equal(ReplayCheck.Fresh, window.Accept(201));
        window.Reset();
        Assert.Equal(ReplayCheck.Fresh, window.Accept(0));
    }

    /// <summary>CRYPTO.REPLAY: 200,000 random counters against a set that remembers everything.</summary>
    [Fact]
    public void RandomCounters_MatchASetThatForgetsNothing()
    {
        const ulong Seed = 20_26;
        SeededEntropy entropy = new(Seed);
        ReplayWindow window = new();
        HashSet<ulong> seen = [];
        ulong next = 0;
        for (int round = 0; round < 200_000; round++)
        {
            ulong back = (ulong)entropy.NextInt32(1200);
            ulong ahead = entropy.NextInt32(50) == 0 ? (ulong)entropy.NextInt32(3000) : (ulong)entropy.NextInt32(3);
            ulong counter = next + ahead > back ? next + ahead - back : 0;
            ReplayCheck expected = counter < next && next - counter > Width ? ReplayCheck.TooOld
                : seen.Contains(counter) ? ReplayCheck.Replayed
                : ReplayCheck.Fresh;
            Assert.True(window.Accept(counter) == expected, $"seed {Seed} round {round} counter {counter}");
            seen.Add(counter);
            next = counter >= next ? counter + 1 : next;
        }
    }
}
