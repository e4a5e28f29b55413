using System;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>Cells lost on each link of a path stand in the account where they belong. (NODE.VOICE-REPORT, CIRCUIT.REPORT)</summary>
public sealed class VoiceReportTests(ITestOutputHelper output)
{
    /// <summary>Nothing lost: all reached, nothing filled, nothing undeclared; what no report covers is the last round.</summary>
    [Fact]
    public void CalmPath_HasNothingToTell()
    {
        (PathVoiceReport report, _) = Run(static (_, _) => false);
        Assert.InRange(report.ForwardSent, 1498, 1503);
        Assert.InRange(report.ForwardUnreported, 0, 70);
        Assert.Equal(report.ForwardSent, report.ForwardReached + report.ForwardUnreported);
        Assert.InRange(report.BackwardReached, 1490, 1501);
        Assert.All(report.Hops, static hop => Assert.Equal(new HopFills(0, 0), hop));
        Assert.Equal((0, 0, 0, 0), (report.ForwardUndeclared, report.BackwardUndeclared, report.BackwardMissing, report.TicksSkipped));
    }

    /// <summary>Forward cells lost before a hop are filled by it and declared. Some are lost backward too, so that reports find a place.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void ForwardLoss_IsDeclaredByTheHopThatFilled(int hop)
    {
        (PathVoiceReport report, int lost) = Run((from, to) => (from, to) == (hop - 1, hop), backward: (from, to) => (from, to) == (2, 1));
        Assert.InRange(lost, 40, 110);
        Assert.InRange(report.Hops[hop].Forward, lost * 0.8, lost);
        Assert.Equal(0, report.Hops[1 - hop].Forward);
        Assert.InRange(report.ForwardUndeclared, 0, lost * 0.2);
    }

    /// <summary>What is lost before the last hop nobody filled: it is undeclared, as what a hop hides would be.</summary>
    [Fact]
    public void ForwardLossBeforeTheExit_IsUndeclared()
    {
        (PathVoiceReport report, int lost) = Run(static (from, to) => (from, to) == (1, 2));
        Assert.InRange(report.ForwardUndeclared, lost - 10, lost);
        Assert.All(report.Hops, static hop => Assert.Equal(new HopFills(0, 0), hop));
    }

    /// <summary>A hop that was not asked to re-time passes holes on: nobody fills them. (NODE.VOICE)</summary>
    [Fact]
    public void HopThatDoesNotRetime_FillsNothing()
    {
        PathOptions options = new() { IsVoice = true, Retimes = [true, false, true] };
        (PathVoiceReport report, int lost) = Run(static (from, to) => (from, to) == (0, 1), options: options);
        Assert.InRange(report.ForwardUndeclared, lost - 10, lost);
        Assert.All(report.Hops, static hop => Assert.Equal(0, hop.Forward));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void BackwardLoss_IsDeclaredByTheHopThatFilled(int hop)
    {
        (PathVoiceReport report, int lost) = Run((from, to) => (from, to) == (hop + 1, hop));
        Assert.InRange(report.Hops[hop].Backward, lost * 0.9, lost);
        Assert.Equal(0, report.Hops[1 - hop].Backward);
        Assert.InRange(report.BackwardUndeclared, 0, lost * 0.1);
        Assert.InRange(report.BackwardReached, 1490 - lost, 1502 - lost);
    }

    [Fact]
    public void BackwardLossBehindTheGuard_IsMissing()
    {
        (PathVoiceReport report, int lost) = Run(static (from, to) => (from, to) == (0, -1));
        Assert.InRange(report.BackwardMissing, lost - 2, lost);
        Assert.All(report.Hops, static hop => Assert.Equal(new HopFills(0, 0), hop));
    }

    /// <summary>Index arithmetic wraps where the wire does.</summary>
    [Theory]
    [InlineData(5_000_000_000, 4_999_999_990)]
    [InlineData(4_294_967_300, 4_294_967_290)]
    [InlineData(100, 104)]
    public void Newest_IsWidenedToTheNearest(long expected, long newest)
    {
        const long Start = 1034;
        SlotBitmap bitmap = new(unchecked((uint)(newest - Start)), 0);
        Assert.Equal(newest, VoiceLedger.CountOf(bitmap, Start, expected));
    }

    /// <summary>A slot is counted once, however often it is spoken of, and a report of slots never used says nothing.</summary>
    [Fact]
    public void Ledger_CountsEachSlotOnce()
    {
        VoiceLedger ledger = new(3);
        for (long count = 1000; count < 4000; count++)
        {
            ledger.Begin(count);
            ledger.Settle(count - 5, count % 10 == 0 ? SlotFate.Unreadable : SlotFate.Reached);
            ledger.Settle(count - 5, SlotFate.Unreadable);
            if (count % 20 == 0)
            {
                ledger.Fill(count - 5, 1);
                ledger.Fill(count - 5, 0);
            }
        }

        ledger.Settle(-1, SlotFate.Reached);
        ledger.Settle(5000, SlotFate.Reached);
        ledger.Fill(10, 2);
        VoiceTotals total = ledger.Total();
        Assert.Equal((3000, 2696, 150, 149, 5), (total.All, total.Reached, total.Undeclared, total.Filled[1], total.Open));
        Assert.Equal((0, 0), (total.Filled[0], total.Filled[2]));
    }

    /// <summary>Thirty seconds of voice; <paramref name="loses"/> names the direction (−1 is the client, 0 the guard) in which one cell in 20 is lost.</summary>
    private (PathVoiceReport Report, int Lost) Run(Func<int, int, bool> loses, Func<int, int, bool>? backward = null, PathOptions? options = null)
    {
        using NodeMesh mesh = new();
        PathId path = mesh.Client.OpenPath(mesh.Now, options ?? new PathOptions { IsVoice = true })!.Value;
        mesh.Run(TimeSpan.FromSeconds(1));
        Assert.Contains(mesh.ClientEvents, e => e.Path == path && e.Kind == ClientEventKind.PathReady);
        PeerAddress[] hops = [.. mesh.Client.RelaysOf(path).Select(static relay => relay.Addresses[0])];
        Assert.True(mesh.Client.StartVoice(mesh.Now, path));
        mesh.Run(TimeSpan.FromMilliseconds(200));
        SeededEntropy entropy = new(77);
        int lost = 0;
        mesh.Tap = (from, to, _) =>
        {
            (int first, int second) = (Array.IndexOf(hops, from), Array.IndexOf(hops, to));
            if (loses(first, second) && entropy.NextInt32(20) == 0)
            {
                lost++;
                return false;
            }

            return backward?.Invoke(first, second) != true || entropy.NextInt32(20) != 0;
        };
        mesh.Run(TimeSpan.FromSeconds(29.8));
        PathVoiceReport report = mesh.Client.VoiceReport(path)!;
        output.WriteLine($"lost {lost}: {report}; hops {string.Join(", ", report.Hops)}");
        return (report, lost);
    }
}
