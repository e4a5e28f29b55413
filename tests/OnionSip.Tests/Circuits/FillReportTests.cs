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
