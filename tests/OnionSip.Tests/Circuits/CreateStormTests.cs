using System;
using System.Diagnostics;
using OnionSip.Circuits;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>NODE.WORK: what a storm of CREATEs costs the thread that carries cells.</summary>
public sealed class CreateStormTests(ITestOutputHelper output)
{
    private const int Creates = 200;

    /// <summary>
    /// With handshakes handed out the data path pays for putting CREATEs together and for opening circuits, an order of magnitude less than
    /// with handshakes on the spot.
    /// </summary>
    [Fact]
    public void DataPath_PaysForReassemblyOnly()
    {
        Costs inline = Measure(handsOutWork: false);
        Costs handedOut = Measure(handsOutWork: true);
        output.WriteLine($"a CREATE on the spot: {inline.DataPath:F1} us of the data path, the longest pause {inline.Longest:F0} us");
        output.WriteLine(
            $"handed out: {handedOut.Fragments:F1} us for its fragments, {handedOut.Take:F1} us to hand out, {handedOut.Open:F1} us to open "
            + $"the circuit, {handedOut.Work:F1} us elsewhere");
        Assert.True(handedOut.DataPath * 4 < inline.DataPath, $"{handedOut.DataPath:F1} us against {inline.DataPath:F1} us");
    }

    private static Costs Measure(bool handsOutWork)
    {
        VoiceCrowd crowd = new(801, new VoiceOptions(), CircuitFlags.None, handsOutWork);
        Costs best = default;
        for (int round = 0; round < 6; round++)
        {
            Costs costs = Storm(crowd);
            best = round == 0 || costs.DataPath < best.DataPath ? costs : best;
        }

        Assert.Equal(6 * Creates, crowd.Relay.Count);
        return best;
    }

    private static Costs Storm(VoiceCrowd crowd)
    {
        Costs costs = default;
        for (int create = 0; create < Creates; create++)
        {
            long started = Stopwatch.GetTimestamp();
            crowd.SendCreate(1 + (create % 8), out _);
            double fragments = Microseconds(started);
            costs = costs with { Fragments = costs.Fragments + fragments, Longest = Math.Max(costs.Longest, fragments) };
            started = Stopwatch.GetTimestamp();
            bool any = crowd.Relay.PollWork(crowd.Now, out NodeWork? work);
            costs = costs with { Take = costs.Take + Microseconds(started) };
            if (any)
            {
                started = Stopwatch.GetTimestamp();
                work!.Run();
                costs = costs with { Work = costs.Work + Microseconds(started) };
                started = Stopwatch.GetTimestamp();
                crowd.Relay.HandleWork(crowd.Now, work);
                costs = costs with { Open = costs.Open + Microseconds(started) };
            }

            crowd.Drain();
        }

        return new(costs.Fragments / Creates, costs.Take / Creates, costs.Work / Creates, costs.Open / Creates, costs.Longest);
    }

    private static double Microseconds(long started) => (Stopwatch.GetTimestamp() - started) * 1e6 / Stopwatch.Frequency;

    private readonly record struct Costs(double Fragments, double Take, double Work, double Open, double Longest)
    {
        internal double DataPath => Fragments + Take + Open;
    }
}
