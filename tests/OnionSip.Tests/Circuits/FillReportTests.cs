using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Circuits;

/// <summary>CIRCUIT.REPORT</summary>
public sealed class FillReportTests
{
    [Fact]
    public void BackwardHole_CarriesTheReportOfTheHopThatFilledIt()
    {
        VoiceLine line = new(3, 31);
        int sent = 0;
        line.Wire = (relay, forward) => TimeSpan.FromMilliseconds(relay == 2 && !forward && ++sent == 40 ? -1 : 3);
        line.Talk(100, static _ => TimeSpan.Zero);
        (Instant _, int hop, byte[] body) = Assert.Single(line.AtClient, static item => item.Hop < 2);
        Assert.Equal(1, hop);
        ReportFrame report = Read(body);
        Assert.Equal(1UL, report.Backward!.Value.Bits & 0xFF);
        Assert.Equal(1, line.Relay(1).Voice.Reports);
        Assert.Equal(0, line.Relay(0).Voice.Filled);
        Assert.Equal(0, line.MissingAtClient);
    }

    [Fact]
    public void ForwardFill_IsToldByASlotOfItsOwn_WhenNoHoleComesBy()
    {
        VoiceLine line = new(3, 32);
        line.Talk(400, static count => count == 60 ? TimeSpan.FromMilliseconds(-1) : TimeSpan.Zero);
        (Instant _, int hop, byte[] body) = Assert.Single(line.AtClient, static item => item.Hop < 2);
        Assert.Equal(0, hop);
        ReportFrame report = Read(body);
        Assert.Equal(0UL, report.Backward!.Value.Bits & ulong.MaxValue);
        Assert.Equal(1, line.Relay(0).Voice.Filled);
        Assert.Equal(1, line.Relay(0).Voice.Reports);
    }

    /// <summary>
    /// A next hop that jumps a whole epoch ahead while cells are held and a report is due has the key of those cells erased: the report
    /// then waits, whatever the moment. (CIRCUIT.RATCHET)
    /// </summary>
    [Fact]
    public void JumpOfTheNextHop_WhileAReportIsDue_IsSurvived()
    {
        int refused = 0;
        for (int moment = 0; moment < 70; moment++)
        {
            VoiceLine line = new(3, 37);
            line.Talk(61, static count => count == 60 ? TimeSpan.FromMilliseconds(-1) : TimeSpan.Zero);
            line.Talk(moment, static _ => TimeSpan.Zero);
            line.Run(TimeSpan.FromMilliseconds(12));
            RelayCircuit circuit = line.Relay(0).Store.Find(line.Network.Handles[0])!;
            Slot far = line.Departures[1].FindLast(static sent => !sent.Forward).Slot + CircuitLimits.AheadSlots;
            line.Relay(0).HandleCell(
                line.Network.Now, CircuitNetwork.NextSide, circuit.NextCircuit, far, new byte[WireLayout.CellBytes], out _);
            line.Talk(20, static _ => TimeSpan.Zero);
            refused += line.Relay(0).Drops[CircuitDrop.SlotTooOld] > 0 ? 1 : 0;
        }

        Assert.Equal(70, refused);
    }

    /// <summary>CIRCUIT.SLIP: slots that a hop gave up because it stood still are told like those it filled.</summary>
    [Fact]
    public void SkippedSlots_AreTold()
    {
        VoiceLine line = new(3, 35);
        Instant from = line.Network.Now + TimeSpan.FromMilliseconds(1003);
        line.IsStalled = (relay, now) => relay == 1 && now >= from && now < from + TimeSpan.FromMilliseconds(70);
        line.Talk(200, static _ => TimeSpan.Zero);
        Assert.True(line.Relay(1).Voice.Skipped > 0);
        ReportFrame report = Read(line.AtClient.First(static item => item.Hop == 1).Body);
        Assert.NotEqual(0UL, report.Forward.Bits);
        Assert.NotEqual(0UL, report.Backward!.Value.Bits);
    }

    /// <summary>A forward slot filled before the first backward cell has passed is told once one has.</summary>
    [Fact]
    public void FillBeforeAnythingCameBack_IsTold()
    {
        VoiceLine line = new(3, 36);
        Instant quiet = line.Network.Now + TimeSpan.FromMilliseconds(300);
        line.Wire = (relay, forward) => TimeSpan.FromMilliseconds(!forward && relay == 1 && line.Network.Now < quiet ? -1 : 3);
        line.Talk(200, static count => count == 5 ? TimeSpan.FromMilliseconds(-1) : TimeSpan.Zero);
        Assert.Equal(1, line.Relay(0).Voice.Filled);
        ReportFrame report = Read(Assert.Single(line.AtClient, static item => item.Hop == 0).Body);
        Assert.NotEqual(0UL, report.Forward.Bits);
    }

    [Fact]
    public void LastHop_TellsWhatCame()
    {
        VoiceLine line = new(3, 33);
        line.Talk(300, static count => count == 150 ? TimeSpan.FromMilliseconds(-1) : TimeSpan.Zero);
        List<ReportFrame> reports = [.. line.AtClient.Where(static item => item.Hop == 2 && item.Body[0] != 0).Select(static item => Read(item.Body))];
        Assert.InRange(reports.Count, 3, 5);
        int holes = reports.Sum(static report => 64 - System.Numerics.BitOperations.PopCount(report.Forward.Bits));
        Assert.All(reports, static report => Assert.Null(report.Backward));
        Assert.InRange(holes, 1, 2 + 64);
        Assert.Contains(reports, static report => System.Numerics.BitOperations.PopCount(report.Forward.Bits) == 63);
    }

    /// <summary>To whoever sits between, a slot with a report is like any other: same size, same tick, no shorter or longer gap.</summary>
    [Fact]
    public void Reports_ChangeNothingThatANeighbourSees()
    {
        VoiceLine with = new(3, 34);
        VoiceLine without = new(3, 34);
        int sent = 0;
        with.Wire = (relay, forward) => TimeSpan.FromMilliseconds(relay == 2 && !forward && ++sent % 30 == 0 ? -1 : 3);
        with.Talk(200, static _ => TimeSpan.Zero);
        without.Talk(200, static _ => TimeSpan.Zero);
        Assert.True(with.Relay(1).Voice.Reports > 3);
        Assert.Equal(0, without.Relay(1).Voice.Reports);
        Assert.Equal(TimesOf(without), TimesOf(with));
    }

    private static List<Instant> TimesOf(VoiceLine line) =>
        [.. line.Departures[1].Where(static sent => !sent.Forward).Select(static sent => sent.Time)];

    private static ReportFrame Read(byte[] body)
    {
        FrameReader reader = new(body);
        Assert.True(reader.TryRead(out FrameView frame));
        Assert.Equal(FrameType.Report, frame.Type);
        Assert.True(ReportFrame.TryParse(frame.Payload, out ReportFrame report));
        return report;
    }
}
