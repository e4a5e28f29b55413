using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Streams;

/// <summary>
/// STREAM.MUX, STREAM.SEND, STREAM.RECEIVE, STREAM.CREDIT, STREAM.CLOSE, STREAM.WINDOW, STREAM.RTO,
/// STREAM.FAST-RETRANSMIT, WIRE.CONTROL
/// </summary>
public sealed class StreamMuxTests
{
    private static readonly StreamId s_stream = new(1);

    public static TheoryData<ulong> Seeds()
    {
        TheoryData<ulong> seeds = [];
        for (ulong seed = 1; seed <= 200; seed++)
        {
            seeds.Add(seed);
        }

        return seeds;
    }

    [Fact]
    public void ControlMessage_IsToldOnceAndRead()
    {
        MuxPair pair = new(1, new PipeFaults());
        List<MuxEventKind> told = [];
        pair.OnEvent = (mux, happened) =>
        {
            if (mux == pair.Relay)
            {
                told.Add(happened.Kind);
            }
        };
        byte[] message = new byte[WireLayout.MaxControlMessageBytes];
        int bytes = ResolveMessage.Write(message, 7, ResolveKind.A, "provider.test"u8);
        Assert.True(pair.Client.TrySendControl(pair.Now, message.AsSpan(0, bytes)));
        pair.RunFor(1000);
        Assert.Equal([MuxEventKind.ControlReadable], told);
        byte[] received = new byte[WireLayout.MaxControlMessageBytes];
        Assert.True(pair.Relay.TryReceiveControl(received, out int length));
        Assert.Equal(message.AsSpan(0, bytes), received.AsSpan(0, length));
    }

    /// <summary>
    /// Random loss, duplication and reordering: every byte once, in order, unaltered, in bounded memory.
    /// </summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void FaultyPipes_EveryByteArrivesOnceInOrder(ulong seed)
    {
        SeededEntropy entropy = new(seed);
        PipeFaults faults = new()
        {
            Loss = entropy.NextInt32(200),
            Duplicate = entropy.NextInt32(300),
            DelayMilliseconds = 5 + entropy.NextInt32(80),
            JitterMilliseconds = entropy.NextInt32(120),
        };
        MuxPair pair = new(seed, faults);
        List<StreamTransfer> transfers = [];
        int streams = 1 + entropy.NextInt32(4);
        for (ushort id = 1; id <= streams; id++)
        {
            pair.Client.Open(new(id));
            pair.Relay.Open(new(id));
            transfers.Add(new(pair.Client, pair.Relay, new(id), entropy, 1 + entropy.NextInt32(60_000)));
            transfers.Add(new(pair.Relay, pair.Client, new(id), entropy, entropy.NextInt32(60_000)));
        }

        pair.OnStep = _ => transfers.ForEach(transfer => transfer.Work());
        pair.OnEvent = (mux, happened) => transfers.ForEach(transfer => transfer.Note(mux, happened));
        pair.RunFor(600_000);

        Assert.All(transfers, transfer => transfer.AssertComplete(seed));
        Assert.InRange(pair.MaxHeldBytes, 1, ((2L * streams) + 2) * StreamLimits.StreamBufferBytes);
        Assert.Equal((0, 0), (pair.Client.Stats.OpenStreams, pair.Relay.Stats.OpenStreams));
        Assert.Equal((0, 0), (pair.Client.Stats.SegmentsInFlight, pair.Relay.Stats.SegmentsInFlight));
        MuxDrop[] violations =
        [
            MuxDrop.RetransmissionsExhausted, MuxDrop.BeyondCredit, MuxDrop.BadAck, MuxDrop.BadFin, MuxDrop.TooManyRanges,
        ];
        Assert.All(violations, reason => Assert.Equal(0, pair.Client.Drops[reason] + pair.Relay.Drops[reason]));
    }

    [Fact]
    public void CleanPipe_SendsNothingTwiceAndFillsTheWindow()
    {
        MuxPair pair = new(1, new());
        pair.Client.Open(s_stream);
        pair.Relay.Open(s_stream);
        StreamTransfer transfer = new(pair.Client, pair.Relay, s_stream, new SeededEntropy(1), 200_000);
        pair.OnStep = _ => transfer.Work();
        pair.OnEvent = transfer.Note;
        pair.RunFor(60_000);

        transfer.AssertComplete(1);
        Assert.Equal(0, pair.Client.Stats.SegmentsRetransmitted);
        Assert.InRange(pair.Client.Stats.WindowCells, StreamLimits.InitialWindowCells + 1, StreamLimits.MaxWindowCells);
        Assert.InRange(pair.BodiesSent, 890, 1_900);
    }

    [Fact]
    public void OneLostSegment_IsRepeatedBeforeTheTimeout()
    {
        Instant now = Instant.FromMilliseconds(1);
        StreamMux client = new(now, new() { IsClient = true });
        StreamMux relay = new(now, new() { IsClient = false });
        client.Open(s_stream);
        relay.Open(s_stream);
        client.Write(s_stream, new byte[2_000]);
        List<byte[]> bodies = MuxBodies.Take(client, now);
        bodies.RemoveAt(0);
        now += TimeSpan.FromMilliseconds(50);
        bodies.ForEach(body => relay.HandleBody(now, body));
        MuxBodies.Take(relay, now).ForEach(body => client.HandleBody(now, body));
        MuxBodies.Take(client, now).ForEach(body => relay.HandleBody(now, body));
        Assert.Equal(2_000, relay.Read(s_stream, new byte[4_000]));
        Assert.Equal(1, client.Stats.SegmentsRetransmitted);
        // Eight acknowledgements grew the window, the loss halved it.
        Assert.Equal((StreamLimits.InitialWindowCells + 8) / 2, client.Stats.WindowCells);
    }

    [Fact]
    public void PeerGone_TwelveRepetitionsThenTheStreamIsReset()
    {
        MuxPair pair = new(3, new()) { IsCut = true };
        List<MuxEvent> events = [];
        pair.OnEvent = (_, happened) => events.Add(happened);
        pair.Client.Open(s_stream);
        pair.Client.Write(s_stream, "hello"u8);
        pair.RunFor(120_000);
        Assert.Equal([new MuxEvent(MuxEventKind.StreamReset, s_stream)], events);
        Assert.Equal(StreamLimits.MaxRetransmissions, pair.Client.Stats.SegmentsRetransmitted);
        Assert.Equal(1, pair.Client.Drops[MuxDrop.RetransmissionsExhausted]);
        Assert.True(pair.Client.PollTimeout().IsNever);
    }

    [Fact]
    public void ReaderStalls_SenderStopsAtTheCreditAndGoesOnWhenItReads()
    {
        MuxPair pair = new(4, new() { Loss = 150 });
        pair.Client.Open(s_stream);
        pair.Relay.Open(s_stream);
        Assert.Equal(StreamLimits.StreamBufferBytes, pair.Client.Write(s_stream, new byte[40_000]));
        pair.RunFor(10_000);
        Assert.Equal(StreamLimits.StreamBufferBytes, pair.Client.Write(s_stream, new byte[40_000]));
        pair.RunFor(60_000);
        Assert.Equal(StreamLimits.StreamBufferBytes, pair.Relay.ReadableBytes(s_stream));
        Assert.Equal(StreamLimits.StreamBufferBytes, pair.Relay.Read(s_stream, new byte[40_000]));
        pair.RunFor(60_000);
        Assert.Equal(StreamLimits.StreamBufferBytes, pair.Relay.ReadableBytes(s_stream));
        Assert.Equal(0, pair.Relay.Drops[MuxDrop.BeyondCredit]);
    }

    [Fact]
    public void ControlMessages_ArriveWholeAndInOrder()
    {
        MuxPair pair = new(5, new() { Loss = 200, JitterMilliseconds = 50 });
        byte[] message = new byte[WireLayout.MaxControlMessageBytes];
        List<int> received = [];
        int sent = 0;
        pair.OnStep = mux =>
        {
            while (mux == pair.Client && sent < 40 && mux.TrySendControl(pair.Now, ControlOf(sent)))
            {
                sent++;
            }

            while (mux == pair.Relay && mux.TryReceiveControl(message, out int bytes))
            {
                Assert.Equal(ControlOf(received.Count), message.AsSpan(0, bytes));
                received.Add(bytes);
            }
        };
        pair.RunFor(120_000);
        Assert.Equal(40, received.Count);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 8, 1 })]
    [InlineData(new byte[] { 0, 1, 99 })]
    [InlineData(new byte[] { 0, 1, (byte)ControlMessageType.Extended })]
    public void UnsoundControlMessage_FailsTheMux(byte[] bytes)
    {
        StreamMux relay = new(Instant.Zero, new() { IsClient = false });
        byte[] body = MuxBodies.Stream(0, 0, false, bytes);
        Assert.Equal(MuxDrop.ControlViolation, relay.HandleBody(Instant.Zero, body));
        Assert.True(relay.PollEvent(out MuxEvent happened));
        Assert.Equal(MuxEventKind.ProtocolError, happened.Kind);
        Assert.False(relay.PollEvent(out _));
        Assert.Equal(MuxDrop.Failed, relay.HandleBody(Instant.Zero, body));
        Assert.False(relay.PollBody(Instant.Zero, body));
        Assert.True(relay.PollTimeout().IsNever);
    }

    private static byte[] ControlOf(int number)
    {
        byte[] message = new byte[1 + (number * 347 % WireLayout.MaxControlMessageBytes)];
        new SeededEntropy((ulong)number).Fill(message);
        message[0] = (byte)ControlMessageType.Extend;
        return message;
    }
}
