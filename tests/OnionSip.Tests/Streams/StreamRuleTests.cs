using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Streams;

/// <summary>
/// STREAM.OPEN, STREAM.CLOSE, STREAM.RESET, STREAM.ACK, STREAM.CREDIT, STREAM.PROBE, STREAM.EVENTS, STREAM.TIMERS,
/// STREAM.STATS, STREAM.DROPS, STREAM.LIMITS
/// </summary>
public sealed class StreamRuleTests
{
    private static readonly StreamId s_stream = new(1);
    private static readonly Instant s_start = Instant.FromMilliseconds(1);

    /// <summary>Each violation resets the stream, tells both ends and leaves the others alone.</summary>
    [Theory]
    [InlineData(MuxDrop.BeyondCredit)]
    [InlineData(MuxDrop.BadFin)]
    [InlineData(MuxDrop.BadAck)]
    [InlineData(MuxDrop.TooManyRanges)]
    public void Violation_ResetsTheStreamAlone(MuxDrop expected)
    {
        StreamMux relay = Relay(s_stream, new(2));
        relay.Write(s_stream, "some"u8);
        MuxBodies.Take(relay, s_start);
        MuxDrop drop = Violations(expected).Select(body => relay.HandleBody(s_start, body)).ToList()[^1];
        Assert.Equal(expected, drop);
        Assert.Equal([new MuxEvent(MuxEventKind.StreamReset, s_stream)], Events(relay).Where(
            e => e.Kind != MuxEventKind.StreamReadable));
        Assert.Equal((byte)FrameType.StreamReset, MuxBodies.Take(relay, s_start)[0][0]);
        Assert.Equal(0, relay.Write(s_stream, "x"u8));
        Assert.Equal(1, relay.Write(new(2), "x"u8));
        Assert.Equal(1, relay.Drops[expected]);
        Assert.False(relay.HasFailed);
    }

    [Fact]
    public void SameViolationOnStreamZero_FailsTheMux()
    {
        StreamMux relay = Relay();
        Assert.Equal(MuxDrop.BeyondCredit, relay.HandleBody(s_start, MuxBodies.Stream(0, 8_192, false, "x"u8)));
        Assert.True(relay.HasFailed);
        relay = Relay();
        Assert.Equal(MuxDrop.ControlViolation, relay.HandleBody(s_start, MuxBodies.Stream(0, 0, true, default)));
        Assert.True(relay.HasFailed);
        relay = Relay();
        Assert.Equal(MuxDrop.ControlViolation, relay.HandleBody(s_start, MuxBodies.Reset(0)));
        relay = Relay();
        Assert.Equal(MuxDrop.BadAck, relay.HandleBody(s_start, MuxBodies.Ack(0, 1, 9)));
        Assert.Equal([new MuxEvent(MuxEventKind.ProtocolError, new(0))], Events(relay));
        Assert.Equal(StreamResult.Failed, relay.Open(s_stream));
        Assert.Equal(StreamResult.Failed, relay.OpenFlow(new(2)));
        Assert.Equal(SendResult.Failed, relay.SendFlow(s_start, new(2), default));
        Assert.False(relay.TrySendControl(s_start, [2, 0]));
        Assert.False(relay.TryReceiveControl(new byte[2_048], out _));
    }

    [Fact]
    public void OverlapThatDiffers_KeepsTheFirstBytes()
    {
        StreamMux relay = Relay(s_stream);
        relay.HandleBody(s_start, MuxBodies.Stream(1, 2, false, "CD"u8));
        relay.HandleBody(s_start, MuxBodies.Stream(1, 6, false, "GH"u8));
        relay.HandleBody(s_start, MuxBodies.Stream(1, 0, false, "abxxefxxi"u8));
        byte[] read = new byte[20];
        Assert.Equal(9, relay.Read(s_stream, read));
        Assert.Equal("abCDefGHi"u8, read.AsSpan(0, 9));
        Assert.Equal(MuxDrop.DuplicateData, relay.HandleBody(s_start, MuxBodies.Stream(1, 0, false, "zzz"u8)));
        Assert.Equal(0, relay.Read(s_stream, read));
    }

    [Fact]
    public void Acknowledgement_NamesTheLatestRunFirst()
    {
        StreamMux relay = Relay(s_stream);
        foreach (uint offset in new uint[] { 10, 20, 30, 40, 50, 60, 35 })
        {
            relay.HandleBody(s_start, MuxBodies.Stream(1, offset, false, "xy"u8));
        }

        FrameReader reader = new(MuxBodies.Take(relay, s_start).Last());
        Assert.True(reader.TryRead(out FrameView frame));
        Assert.True(StreamAckFrame.TryParse(frame.Payload, out StreamAckFrame ack));
        Assert.Equal((0u, (uint)StreamLimits.StreamBufferBytes, 4), (ack.Next, ack.Limit, ack.RangeCount));
        Assert.Equal(new OffsetRange(35, 37), ack.Range(0));
        Assert.Equal(new OffsetRange(10, 12), ack.Range(1));
        Assert.Equal(new OffsetRange(30, 32), ack.Range(3));
    }

    [Fact]
    public void OneSegment_IsAcknowledgedWithinTwentyMilliseconds()
    {
        StreamMux relay = Relay(s_stream);
        relay.HandleBody(s_start, MuxBodies.Stream(1, 0, false, "x"u8));
        Assert.Empty(MuxBodies.Take(relay, s_start));
        Assert.Equal(s_start + StreamLimits.AckDelay, relay.PollTimeout());
        relay.HandleTimeout(s_start + StreamLimits.AckDelay);
        Assert.Single(MuxBodies.Take(relay, s_start + StreamLimits.AckDelay));
        relay.HandleBody(s_start, MuxBodies.Stream(1, 1, false, "x"u8));
        relay.HandleBody(s_start, MuxBodies.Stream(1, 2, false, "x"u8));
        Assert.Single(MuxBodies.Take(relay, s_start));
        Assert.True(relay.PollTimeout().IsNever);
    }

    [Fact]
    public void BothEndsFinish_TheStreamIsFreeAndLateFramesAreAnswered()
    {
        MuxPair pair = new(1, new());
        List<(bool Client, MuxEventKind Kind)> events = [];
        pair.OnEvent = (mux, happened) => events.Add((mux == pair.Client, happened.Kind));
        pair.Client.Open(s_stream);
        pair.Relay.Open(s_stream);
        pair.Client.Write(s_stream, "ping"u8);
        pair.Client.Finish(s_stream);
        pair.RunFor(1_000);
        Assert.Equal([(false, MuxEventKind.StreamReadable)], events);
        Assert.Equal(4, pair.Relay.Read(s_stream, new byte[10]));
        pair.Relay.Finish(s_stream);
        pair.RunFor(1_000);
        (bool, MuxEventKind)[] expected =
        [
            (false, MuxEventKind.StreamReadable),
            (false, MuxEventKind.StreamFinished),
            (true, MuxEventKind.StreamFinished),
        ];
        Assert.Equal(expected, events);
        Assert.Equal((0, 0), (pair.Client.Stats.OpenStreams, pair.Relay.Stats.OpenStreams));
        Assert.Equal(StreamResult.InUse, pair.Client.Open(s_stream));

        // The other end missed our last acknowledgement and sends its end again.
        Assert.Equal(MuxDrop.ClosedStream, pair.Relay.HandleBody(pair.Now, MuxBodies.Stream(1, 0, true, "ping"u8)));
        FrameReader reader = new(MuxBodies.Take(pair.Relay, pair.Now)[0]);
        Assert.True(reader.TryRead(out FrameView frame));
        Assert.True(StreamAckFrame.TryParse(frame.Payload, out StreamAckFrame ack));
        Assert.Equal(5u, ack.Next);
    }

    [Fact]
    public void LateFramesForAClosedStream_AreAnsweredAFewTimesOnly()
    {
        StreamMux relay = Relay(s_stream);
        relay.Reset(s_stream);
        int answers = 0;
        for (int frame = 0; frame < 200; frame++)
        {
            relay.HandleBody(s_start, MuxBodies.Stream(1, 0, false, "x"u8));
            answers += MuxBodies.Take(relay, s_start).Count;
        }

        Assert.Equal(1 + StreamLimits.MaxClosedReplies, answers);
    }

    [Fact]
    public void Reset_ReachesTheOtherEndThroughLossAndThenFallsSilent()
    {
        for (ulong seed = 1; seed <= 100; seed++)
        {
            MuxPair pair = new(seed, new() { Loss = 300, Duplicate = 300 });
            List<MuxEvent> events = [];
            pair.OnEvent = (_, happened) => events.Add(happened);
            pair.Client.Open(s_stream);
            pair.Relay.Open(s_stream);
            pair.Client.Write(s_stream, new byte[3_000]);
            pair.RunFor(40);
            Assert.Equal(StreamResult.Done, pair.Client.Reset(s_stream));
            pair.RunFor(60_000);
            Assert.Single(events, new MuxEvent(MuxEventKind.StreamReset, s_stream));
            Assert.Equal((0, 0), (pair.Client.Stats.OpenStreams, pair.Relay.Stats.OpenStreams));
            Assert.True(pair.Client.PollTimeout().IsNever && pair.Relay.PollTimeout().IsNever, $"seed {seed}");
            Assert.InRange(pair.BodiesSent, 1, 200);
        }
    }

    [Fact]
    public void WriteCutShort_SaysWhenThereIsRoomAgain()
    {
        MuxPair pair = new(1, new());
        List<MuxEvent> events = [];
        pair.OnEvent = (mux, happened) =>
        {
            if (mux == pair.Client)
            {
                events.Add(happened);
            }
        };
        pair.Client.Open(s_stream);
        pair.Relay.Open(s_stream);
        Assert.Equal(16_384, pair.Client.WritableBytes(s_stream));
        pair.Client.Write(s_stream, new byte[20_000]);
        Assert.Equal(0, pair.Client.WritableBytes(s_stream));
        pair.RunFor(2_000);
        Assert.Equal([new MuxEvent(MuxEventKind.StreamWritable, s_stream)], events);
    }

    [Fact]
    public void ProbesUnanswered_ResetTheStream()
    {
        MuxPair pair = new(1, new());
        pair.Client.Open(s_stream);
        pair.Relay.Open(s_stream);
        pair.Client.Write(s_stream, new byte[16_384]);
        pair.RunFor(5_000);
        pair.Client.Write(s_stream, new byte[100]);
        pair.RunFor(120_000);
        Assert.Equal(1, pair.Client.Stats.OpenStreams);
        pair.IsCut = true;
        pair.RunFor(120_000);
        Assert.Equal(0, pair.Client.Stats.OpenStreams);
        Assert.Equal(1, pair.Client.Drops[MuxDrop.RetransmissionsExhausted]);
    }

    [Fact]
    public void FramesForStreamsThatAreNotOpen_AreCounted()
    {
        StreamMux relay = Relay();
        Assert.Equal(MuxDrop.UnknownStream, relay.HandleBody(s_start, MuxBodies.Stream(5, 0, false, "x"u8)));
        Assert.Equal(MuxDrop.UnknownStream, relay.HandleBody(s_start, MuxBodies.Ack(5, 0, 9)));
        Assert.Equal(MuxDrop.UnknownStream, relay.HandleBody(s_start, MuxBodies.Reset(5)));
        Assert.Empty(MuxBodies.Take(relay, s_start));
    }

    [Fact]
    public void StreamsBeyondTheLimit_AreRefused()
    {
        StreamMux relay = Relay();
        Assert.Equal(StreamResult.ReservedId, relay.Open(new(0)));
        for (ushort id = 1; id <= StreamLimits.MaxStreams; id++)
        {
            Assert.Equal(StreamResult.Done, relay.Open(new(id)));
        }

        Assert.Equal(StreamResult.InUse, relay.Open(new(1)));
        Assert.Equal(StreamResult.LimitReached, relay.Open(new(99)));
        Assert.Equal(StreamResult.Unknown, relay.Reset(new(99)));
        Assert.Equal(StreamResult.Unknown, relay.Finish(new(99)));
    }

    [Fact]
    public void BadFrame_DropsTheRestButNotWhatStoodBefore()
    {
        StreamMux relay = Relay(s_stream);
        byte[] body = MuxBodies.Stream(1, 0, false, "good"u8);
        body[13] = 77;
        Assert.Equal(MuxDrop.BadFrame, relay.HandleBody(s_start, body));
        Assert.Equal(4, relay.ReadableBytes(s_stream));
        body[13] = (byte)FrameType.StreamReset;
        body[15] = 1;
        body[16] = 1;
        Assert.Equal(MuxDrop.DuplicateData, relay.HandleBody(s_start, body));
        Assert.Equal(2, relay.Drops[MuxDrop.BadFrame]);
        Assert.Equal(1, relay.Stats.OpenStreams);
    }

    /// <summary>Random frames from a hostile peer: no exception, no growth, no endless timer.</summary>
    [Fact]
    public void RandomFrames_NeverThrowAndStayInBounds()
    {
        for (ulong seed = 1; seed <= 300; seed++)
        {
            SeededEntropy entropy = new(seed);
            StreamMux relay = Relay(s_stream, new(2), new(3));
            relay.OpenFlow(new(2));
            Instant now = s_start;
            byte[] body = new byte[WireLayout.BodyBytes];
            for (int round = 0; round < 300 && !relay.HasFailed; round++)
            {
                now += TimeSpan.FromMilliseconds(entropy.NextInt32(100));
                relay.Write(new((ushort)(1 + entropy.NextInt32(3))), new byte[entropy.NextInt32(600)]);
                RandomBody(entropy, body);
                relay.HandleBody(now, body);
                relay.Read(s_stream, body);
                relay.HandleTimeout(now);
                Assert.InRange(MuxBodies.Take(relay, now).Count, 0, 256);
                Events(relay);
            }

            Assert.InRange(relay.Stats.HeldBytes, 0, 160_000);
            Assert.InRange(relay.Stats.SegmentsInFlight, 0, StreamLimits.MaxWindowCells);
        }
    }

    private static void RandomBody(SeededEntropy entropy, byte[] body)
    {
        body.AsSpan().Clear();
        FrameWriter writer = new(body);
        byte[] bytes = new byte[40];
        entropy.Fill(bytes);
        for (int frame = 0; frame < 4; frame++)
        {
            ushort id = (ushort)entropy.NextInt32(5);
            uint offset = (uint)entropy.NextInt32(entropy.NextInt32(4) == 0 ? 20_000 : 400);
            _ = entropy.NextInt32(id == 0 ? 3 : 6) switch
            {
                0 => id != 0 && writer.TryWriteStream(
                    new(id), offset, entropy.NextInt32(20) == 0, bytes.AsSpan(0, entropy.NextInt32(40))),
                1 => writer.TryWriteStreamAck(new(id), offset / 40, offset, [new(offset + 1, offset + 9)]),
                2 => writer.TryWriteFlow(new(id), bytes),
                3 => writer.TryWriteFlowPart(
                    new(id), (ushort)(offset & 3), (byte)entropy.NextInt32(9), (byte)entropy.NextInt32(9), bytes),
                4 => entropy.NextInt32(30) == 0 && writer.TryWriteStreamReset(new(id)),
                _ => writer.TryWriteStream(new(id), offset, false, bytes),
            };
        }

        if (entropy.NextInt32(4) == 0)
        {
            body[entropy.NextInt32(body.Length)] ^= (byte)(1 + entropy.NextInt32(255));
        }
    }

    private static IEnumerable<byte[]> Violations(MuxDrop expected)
    {
        switch (expected)
        {
            case MuxDrop.BeyondCredit:
                yield return MuxBodies.Stream(1, StreamLimits.StreamBufferBytes - 1, false, "xy"u8);
                break;
            case MuxDrop.BadFin:
                yield return MuxBodies.Stream(1, 0, true, "abc"u8);
                yield return MuxBodies.Stream(1, 2, true, "cd"u8);
                break;
            case MuxDrop.BadAck:
                yield return MuxBodies.Ack(1, 5, 100);
                break;
            default:
                for (uint range = 0; range <= StreamLimits.MaxRanges; range++)
                {
                    yield return MuxBodies.Stream(1, 2 + (range * 2), false, "x"u8);
                }

                break;
        }
    }

    private static List<MuxEvent> Events(StreamMux mux)
    {
        List<MuxEvent> events = [];
        while (mux.PollEvent(out MuxEvent happened))
        {
            events.Add(happened);
        }

        return events;
    }

    private static StreamMux Relay(params StreamId[] streams)
    {
        StreamMux relay = new(s_start, new() { IsClient = false });
        foreach (StreamId stream in streams)
        {
            relay.Open(stream);
        }

        return relay;
    }
}
