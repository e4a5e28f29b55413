using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Streams;

/// <summary>CIRCUIT.REPORT, WIRE.FRAME</summary>
public sealed class ReportTests
{
    private const int VoiceBytes = 7 + 12 + 160 + 10 + 18;

    private static readonly Instant s_now = Instant.FromMilliseconds(5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Report_ReachesTheClient(bool hasBackward)
    {
        ReportFrame report = new(new(7, 0x8000_0000_0000_0001), hasBackward ? new(uint.MaxValue, 3) : null);
        StreamMux hop = new(s_now, new() { IsClient = false });
        StreamMux client = new(s_now, new() { IsClient = true });
        hop.NextReport = report;
        byte[] body = new byte[WireLayout.BodyBytes];
        hop.FillBody(s_now, body);
        Assert.Null(hop.NextReport);
        Assert.Equal(MuxDrop.None, client.HandleBody(s_now, body));
        Assert.Equal(report, client.LastReport);
        hop.FillBody(s_now, body);
        Assert.Equal(new byte[WireLayout.BodyBytes], body);
    }

    [Fact]
    public void LastHopsReport_FitsBesideAFrameOfVoice()
    {
        StreamMux hop = new(s_now, new() { IsClient = false });
        Assert.Equal(StreamResult.Done, hop.OpenFlow(new(2)));
        hop.SendFlow(s_now, new(2), new byte[VoiceBytes]);
        hop.NextReport = new(new(7, 1), null);
        byte[] body = new byte[WireLayout.BodyBytes];
        hop.FillBody(s_now, body);
        FrameReader reader = new(body);
        Assert.True(reader.TryRead(out FrameView frame));
        Assert.Equal((FrameType.Flow, VoiceBytes), (frame.Type, frame.Payload.Length));
        Assert.True(reader.TryRead(out frame));
        Assert.Equal(FrameType.Report, frame.Type);
    }

    [Fact]
    public void ReportToAHop_OrOfAnotherLength_IsABadFrame()
    {
        byte[] body = new byte[WireLayout.BodyBytes];
        FrameWriter writer = new(body);
        Assert.True(writer.TryWriteReport(new(new(7, 1), null)));
        Assert.Equal(MuxDrop.BadFrame, new StreamMux(s_now, new() { IsClient = false }).HandleBody(s_now, body));
        body[3] = 13;
        StreamMux client = new(s_now, new() { IsClient = true });
        Assert.Equal(MuxDrop.BadFrame, client.HandleBody(s_now, body));
        Assert.Null(client.LastReport);
    }
}
