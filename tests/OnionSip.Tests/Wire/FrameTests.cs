using System;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Wire;

/// <summary>WIRE.FRAME, WIRE.RELAY-CELL</summary>
public sealed class FrameTests
{
    [Fact]
    public void EveryFrame_RoundTripsInOneBody()
    {
        byte[] body = new byte[WireLayout.BodyBytes];
        body.AsSpan().Fill(0xEE);
        FrameWriter writer = new(body);
        Assert.True(writer.TryWriteStream(new(3), 70_000, true, "abc"u8));
        Assert.True(writer.TryWriteStreamAck(new(4), 10, 99, [new(12, 14), new(20, 21)]));
        Assert.True(writer.TryWriteStreamReset(new(5)));
        Assert.True(writer.TryWriteFlow(new(6), "voice"u8));
        Assert.True(writer.TryWriteFlowPart(new(7), 65_535, 1, 2, "part"u8));
        writer.Complete();

        FrameReader reader = new(body);
        Assert.True(reader.TryRead(out FrameView frame));
        Assert.True(StreamFrame.TryParse(frame.Payload, out StreamFrame stream));
        Assert.Equal((3, 70_000u, true), (frame.Id, stream.Offset, stream.IsFin));
        Assert.Equal("abc"u8, stream.Bytes);
        Assert.True(reader.TryRead(out frame));
        Assert.True(StreamAckFrame.TryParse(frame.Payload, out StreamAckFrame ack));
        Assert.Equal(
            (4, 10u, 99u, 2, new OffsetRange(20, 21)), (frame.Id, ack.Next, ack.Limit, ack.RangeCount, ack.Range(1)));
        Assert.True(reader.TryRead(out frame));
        Assert.Equal((FrameType.StreamReset, 5, 0), (frame.Type, frame.Id, frame.Payload.Length));
        Assert.True(reader.TryRead(out frame));
        Assert.Equal("voice"u8, frame.Payload);
        Assert.True(reader.TryRead(out frame));
        Assert.True(FlowPartFrame.TryParse(frame.Payload, out FlowPartFrame part));
        Assert.Equal((65_535, 1, 2), (part.Packet, part.Part, part.Parts));
        Assert.False(reader.TryRead(out _));
        Assert.Equal(WireParse.None, reader.Error);
    }

    /// <summary>The vector printed in streams.md.</summary>
    [Fact]
    public void PrintedBody_IsWrittenByteForByte()
    {
        byte[] body = new byte[WireLayout.BodyBytes];
        FrameWriter writer = new(body);
        writer.TryWriteStream(new(1), 0, true, "hi"u8);
        writer.TryWriteStreamAck(new(1), 3, 16_384, [new(5, 9)]);
        writer.TryWriteFlow(new(2), [0xAA]);
        writer.Complete();
        const string Printed = "010001070000000001686902000110000000030000400000000005000000090400" + "0201AA";
        Assert.Equal(Printed, Convert.ToHexString(body.AsSpan(0, Printed.Length / 2)));
        Assert.False(body.AsSpan(Printed.Length / 2).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void FullBody_HasNoEndAndReads()
    {
        byte[] body = new byte[WireLayout.BodyBytes];
        FrameWriter writer = new(body);
        Assert.False(writer.TryWriteFlow(new(2), new byte[WireLayout.MaxFramePayloadBytes + 1]));
        Assert.True(writer.TryWriteFlow(new(2), new byte[WireLayout.MaxFramePayloadBytes]));
        Assert.False(writer.TryWriteStreamReset(new(1)));
        writer.Complete();
        FrameReader reader = new(body);
        Assert.True(reader.TryRead(out _));
        Assert.False(reader.TryRead(out _));
        Assert.Equal(WireParse.None, reader.Error);
    }

    [Fact]
    public void AckWithoutRoom_LeavesRangesOut()
    {
        FrameWriter writer = new(new byte[12 + 8]);
        Assert.True(writer.TryWriteStreamAck(new(1), 1, 2, [new(3, 4), new(6, 7)]));
        Assert.Equal(-4, writer.RemainingPayloadBytes);
    }

    [Theory]
    [InlineData(WireParse.BadType, new byte[] { 7, 0, 0, 0 })]
    [InlineData(WireParse.BadType, new byte[] { 255, 0, 0, 0 })]
    [InlineData(WireParse.Truncated, new byte[] { 4, 0, 1, 2, 9 })]
    [InlineData(WireParse.Truncated, new byte[] { 4, 0, 1 })]
    [InlineData(WireParse.NonZeroFill, new byte[] { 0, 0, 1 })]
    public void MalformedAfterAGoodFrame_StopsThere(WireParse expected, byte[] tail)
    {
        byte[] body = [4, 0, 2, 1, 0x55, .. tail];
        FrameReader reader = new(body);
        Assert.True(reader.TryRead(out _));
        Assert.False(reader.TryRead(out _));
        Assert.Equal(expected, reader.Error);
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void MalformedPayloads_AreRefused()
    {
        Assert.Equal(WireParse.Truncated, StreamFrame.Parse([0, 0, 0, 1], out _));
        Assert.Equal(WireParse.BadType, StreamFrame.Parse([0, 0, 0, 1, 2], out _));
        Assert.Equal(WireParse.BadRange, StreamFrame.Parse([255, 255, 255, 254, 0, 1], out _));
        Assert.Equal(WireParse.Truncated, StreamAckFrame.Parse(new byte[9], out _));
        Assert.Equal(WireParse.BadCount, StreamAckFrame.Parse(new byte[48], out _));
        Assert.Equal(WireParse.BadRange, StreamAckFrame.Parse([0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 9], out _));
        Assert.Equal(WireParse.BadRange, StreamAckFrame.Parse([0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 7], out _));
        Assert.Equal(WireParse.Truncated, FlowPartFrame.Parse([0, 0, 0, 2], out _));
        Assert.Equal(WireParse.BadCount, FlowPartFrame.Parse([0, 0, 2, 2, 1], out _));
        Assert.Equal(WireParse.BadCount, FlowPartFrame.Parse([0, 0, 0, 1, 1], out _));
        Assert.Equal(WireParse.BadCount, FlowPartFrame.Parse([0, 0, 0, 9, 1], out _));
    }

    [Fact]
    public void RandomBodies_NeverThrow()
    {
        const ulong Seed = 5;
        SeededEntropy entropy = new(Seed);
        byte[] body = new byte[WireLayout.BodyBytes];
        int frames = 0;
        for (int round = 0; round < 50_000; round++)
        {
            entropy.Fill(body);
            body[0] = (byte)(1 + (round % 5));
            body[3] = (byte)(body[3] % 60);
            FrameReader reader = new(body);
            while (reader.TryRead(out FrameView frame))
            {
                frames += StreamFrame.TryParse(frame.Payload, out _) ? 1 : 0;
                frames += StreamAckFrame.TryParse(frame.Payload, out _) ? 1 : 0;
                frames += FlowPartFrame.TryParse(frame.Payload, out _) ? 1 : 0;
            }
        }

        Assert.NotEqual(0, frames);
    }
}
