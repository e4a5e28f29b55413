using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Streams;

/// <summary>FLOW.OPEN, FLOW.SEND, FLOW.QUEUE, FLOW.PARTS, SIP.RULE-8, FLOW.LIMITS, FLOW.DROPS</summary>
public sealed class FlowTests
{
    private const int VoiceBytes = 188 + 19;

    private static readonly FlowId s_rtp = new(2);
    private static readonly FlowId s_rtcp = new(3);
    private static readonly Instant s_start = Instant.FromMilliseconds(1);

    [Fact]
    public void EveryLength_ArrivesUnaltered()
    {
        (StreamMux client, StreamMux relay) = Pair();
        byte[] received = new byte[StreamLimits.MaxFlowBytes];
        for (int length = 0; length <= StreamLimits.MaxFlowBytes; length++)
        {
            byte[] datagram = Datagram(length);
            Assert.Equal(SendResult.Queued, client.SendFlow(s_start, s_rtp, datagram));
            List<byte[]> bodies = MuxBodies.Take(client, s_start);
            Assert.Equal(length <= WireLayout.MaxFramePayloadBytes ? 1 : (length + 223) / 224, bodies.Count);
            bodies.ForEach(body => Assert.Equal(MuxDrop.None, relay.HandleBody(s_start, body)));
            Assert.True(relay.TryReceiveFlow(out FlowId flow, received, out int bytes));
            Assert.Equal(s_rtp, flow);
            Assert.Equal(datagram, received.AsSpan(0, bytes));
            Assert.False(relay.TryReceiveFlow(out _, received, out _));
        }
    }

    /// <summary>
    /// Voice and the acknowledgement of a stream share one body; voice never waits behind a retransmission.
    /// </summary>
    [Fact]
    public void VoicePacket_IsOneCellAndTakesAnAckAlong()
    {
        (StreamMux client, StreamMux relay) = Pair();
        client.Open(new(1));
        relay.Open(new(1));
        relay.Write(new(1), new byte[10]);
        MuxBodies.Take(relay, s_start).ForEach(body => client.HandleBody(s_start, body));
        client.Write(new(1), new byte[16_000]);
        client.SendFlow(s_start, s_rtp, Datagram(VoiceBytes));
        byte[] body = new byte[WireLayout.BodyBytes];
        Assert.True(client.PollBody(s_start, body));

        FrameReader reader = new(body);
        Assert.True(reader.TryRead(out FrameView frame));
        Assert.Equal((FrameType.Flow, VoiceBytes), (frame.Type, frame.Payload.Length));
        Assert.True(reader.TryRead(out frame));
        Assert.Equal(FrameType.StreamAck, frame.Type);
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void VoiceAndRetransmissions_VoiceGoesFirst()
    {
        (StreamMux client, StreamMux _) = Pair();
        client.Open(new(1));
        client.Write(new(1), new byte[16_000]);
        MuxBodies.Take(client, s_start);
        Instant later = s_start + TimeSpan.FromSeconds(1);
        client.HandleTimeout(later);
        client.SendFlow(later, s_rtp, Datagram(VoiceBytes));
        List<byte[]> bodies = MuxBodies.Take(client, later);
        Assert.Equal((byte)FrameType.Flow, bodies[0][0]);
        Assert.Equal((byte)FrameType.Stream, bodies[1][0]);
        Assert.Equal(StreamLimits.MinWindowCells, bodies.Count - 1);
    }

    [Fact]
    public void SmallDatagrams_ShareABodyAndFlowsTakeTurns()
    {
        (StreamMux client, StreamMux relay) = Pair();
        for (int index = 0; index < 3; index++)
        {
            client.SendFlow(s_start, s_rtp, Datagram(60));
            client.SendFlow(s_start, s_rtcp, Datagram(40));
        }

        List<byte[]> bodies = MuxBodies.Take(client, s_start);
        Assert.Equal(2, bodies.Count);
        Assert.Equal((2, 3), (bodies[0][2], bodies[0][64 + 2]));
        bodies.ForEach(body => relay.HandleBody(s_start, body));
        Assert.Equal(6, relay.Stats.FlowDatagramsReceived);
    }

    [Fact]
    public void FullQueue_DropsTheOldest()
    {
        (StreamMux client, StreamMux relay) = Pair();
        for (int index = 0; index < StreamLimits.MaxQueuedDatagrams + 2; index++)
        {
            bool overflows = index >= StreamLimits.MaxQueuedDatagrams;
            SendResult expected = overflows ? SendResult.QueuedDroppingOldest : SendResult.Queued;
            Assert.Equal(expected, client.SendFlow(s_start, s_rtp, [(byte)index, .. new byte[200]]));
        }

        Assert.Equal(2, client.Drops[MuxDrop.SendQueueOverflow]);
        MuxBodies.Take(client, s_start).ForEach(body => relay.HandleBody(s_start, body));
        byte[] received = new byte[StreamLimits.MaxFlowBytes];
        Assert.True(relay.TryReceiveFlow(out _, received, out _));
        Assert.Equal(2, received[0]);
    }

    [Fact]
    public void FlowClosedWithDatagramsQueued_LeavesTheOthersSending()
    {
        (StreamMux client, StreamMux relay) = Pair();
        for (int index = 0; index < StreamLimits.MaxQueuedDatagrams + 3; index++)
        {
            client.SendFlow(s_start, s_rtp, Datagram(200));
            client.SendFlow(s_start, s_rtcp, Datagram(200));
        }

        client.CloseFlow(s_rtp);
        List<byte[]> bodies = MuxBodies.Take(client, s_start);
        Assert.Equal(StreamLimits.MaxQueuedDatagrams, bodies.Count);
        bodies.ForEach(body => relay.HandleBody(s_start, body));
        Assert.Equal(StreamLimits.MaxQueuedDatagrams, relay.Stats.FlowDatagramsReceived);
        client.SendFlow(s_start, s_rtcp, Datagram(1_000));
        Assert.Equal(5, MuxBodies.Take(client, s_start).Count);
        Assert.Empty(MuxBodies.Take(client, s_start));
    }

    [Fact]
    public void OldestOnItsWayInParts_IsGivenUpWhole()
    {
        (StreamMux client, StreamMux relay) = Pair();
        byte[] body = new byte[WireLayout.BodyBytes];
        client.SendFlow(s_start, s_rtp, Datagram(1_000));
        Assert.True(client.PollBody(s_start, body));
        relay.HandleBody(s_start, body);
        for (int index = 0; index < StreamLimits.MaxQueuedDatagrams; index++)
        {
            client.SendFlow(s_start, s_rtp, Datagram(400));
        }

        MuxBodies.Take(client, s_start).ForEach(part => Assert.Equal(MuxDrop.None, relay.HandleBody(s_start, part)));
        Assert.Equal(StreamLimits.MaxQueuedDatagrams, relay.Stats.FlowDatagramsReceived);
    }

    [Fact]
    public void UntakenDatagrams_DropTheOldest()
    {
        (StreamMux client, StreamMux relay) = Pair();
        for (int index = 0; index < StreamLimits.MaxReceivedDatagrams + 5; index++)
        {
            client.SendFlow(s_start, s_rtp, Datagram(200));
            MuxBodies.Take(client, s_start).ForEach(body => relay.HandleBody(s_start, body));
        }

        Assert.Equal(5, relay.Drops[MuxDrop.ReceiveQueueOverflow]);
    }

    [Fact]
    public void PartsOutOfOrderAndTwice_DeliverOnce()
    {
        (StreamMux client, StreamMux relay) = Pair();
        byte[] datagram = Datagram(1_500);
        client.SendFlow(s_start, s_rtp, datagram);
        List<byte[]> parts = MuxBodies.Take(client, s_start);
        parts.Reverse();
        Assert.Equal(MuxDrop.None, relay.HandleBody(s_start, parts[0]));
        Assert.Equal(MuxDrop.DuplicatePart, relay.HandleBody(s_start, parts[0]));
        parts.RemoveAt(0);
        parts.ForEach(part => relay.HandleBody(s_start, part));
        parts.ForEach(part => Assert.Equal(MuxDrop.DuplicatePart, relay.HandleBody(s_start, part)));
        byte[] received = new byte[StreamLimits.MaxFlowBytes];
        Assert.True(relay.TryReceiveFlow(out _, received, out int bytes));
        Assert.Equal(datagram, received.AsSpan(0, bytes));
        Assert.False(relay.TryReceiveFlow(out _, received, out _));
        Assert.True(relay.PollTimeout().IsNever);
    }

    [Fact]
    public void MissingPart_TimesOut()
    {
        (StreamMux _, StreamMux relay) = Pair();
        relay.HandleBody(s_start, MuxBodies.Part(2, 7, 0, 2, Datagram(200)));
        Assert.Equal(s_start + StreamLimits.AssemblyTimeout, relay.PollTimeout());
        relay.HandleTimeout(s_start + StreamLimits.AssemblyTimeout);
        Assert.Equal(1, relay.Drops[MuxDrop.AssemblyTimeout]);
        Assert.True(relay.PollTimeout().IsNever);
        relay.HandleBody(s_start + StreamLimits.AssemblyTimeout, MuxBodies.Part(2, 7, 1, 2, Datagram(200)));
        Assert.False(relay.TryReceiveFlow(out _, new byte[2_000], out _));
    }

    [Fact]
    public void EndlessIncompleteDatagrams_StayInBounds()
    {
        (StreamMux _, StreamMux relay) = Pair();
        for (int packet = 0; packet < 2_000; packet++)
        {
            relay.HandleBody(s_start, MuxBodies.Part((ushort)(2 + (packet & 1)), (ushort)packet, 0, 8, Datagram(200)));
        }

        Assert.Equal(2_000 - StreamLimits.MaxAssemblies, relay.Drops[MuxDrop.AssemblyEvicted]);
        Assert.InRange(relay.Stats.HeldBytes, 1, 16_384);
    }

    [Fact]
    public void OneFlow_CannotTakeAllAssemblies()
    {
        (StreamMux _, StreamMux relay) = Pair();
        relay.HandleBody(s_start, MuxBodies.Part(3, 1, 0, 2, Datagram(200)));
        for (int packet = 0; packet < 100; packet++)
        {
            relay.HandleBody(s_start, MuxBodies.Part(2, (ushort)packet, 0, 8, Datagram(200)));
        }

        Assert.Equal(100 - StreamLimits.MaxAssembliesPerFlow, relay.Drops[MuxDrop.AssemblyEvicted]);
        relay.HandleBody(s_start, MuxBodies.Part(3, 1, 1, 2, Datagram(50)));
        Assert.True(relay.TryReceiveFlow(out FlowId flow, new byte[2_000], out int bytes));
        Assert.Equal((s_rtcp, 250), (flow, bytes));
    }

    [Fact]
    public void ContradictingOrOversizeParts_AreDropped()
    {
        (StreamMux _, StreamMux relay) = Pair();
        relay.HandleBody(s_start, MuxBodies.Part(2, 1, 0, 3, Datagram(200)));
        Assert.Equal(MuxDrop.BadPart, relay.HandleBody(s_start, MuxBodies.Part(2, 1, 1, 4, Datagram(200))));
        for (byte part = 0; part < 6; part++)
        {
            Assert.Equal(MuxDrop.None, relay.HandleBody(s_start, MuxBodies.Part(2, 2, part, 8, Datagram(224))));
        }

        Assert.Equal(MuxDrop.FlowTooLong, relay.HandleBody(s_start, MuxBodies.Part(2, 2, 6, 8, Datagram(224))));
        Assert.Equal(MuxDrop.BadFrame, relay.HandleBody(s_start, MuxBodies.Part(2, 3, 0, 9, Datagram(10))));
    }

    [Fact]
    public void FlowsThatAreNotOpen_AreRefused()
    {
        (StreamMux client, StreamMux relay) = Pair();
        Assert.Equal(SendResult.UnknownFlow, client.SendFlow(s_start, new(9), Datagram(10)));
        Assert.Equal(SendResult.TooLong, client.SendFlow(s_start, s_rtp, Datagram(StreamLimits.MaxFlowBytes + 1)));
        Assert.Equal(MuxDrop.UnknownFlow, relay.HandleBody(s_start, MuxBodies.Part(9, 1, 0, 2, Datagram(10))));
        Assert.Equal(StreamResult.InUse, client.OpenFlow(s_rtp));
        Assert.Equal(StreamResult.ReservedId, client.OpenFlow(new(0)));
        Assert.Equal(StreamResult.Unknown, client.CloseFlow(new(9)));
        for (ushort id = 4; id < 4 + StreamLimits.MaxFlows - 2; id++)
        {
            Assert.Equal(StreamResult.Done, client.OpenFlow(new(id)));
        }

        Assert.Equal(StreamResult.LimitReached, client.OpenFlow(new(99)));
        Assert.Equal(StreamResult.Done, client.CloseFlow(s_rtp));
        Assert.Equal(StreamResult.Done, client.OpenFlow(new(99)));
    }

    /// <summary>Lost and reordered bodies lose datagrams, but none is altered or delivered twice.</summary>
    [Fact]
    public void FaultyPipes_DeliverNoDatagramTwiceOrAltered()
    {
        for (ulong seed = 1; seed <= 100; seed++)
        {
            MuxPair pair = new(seed, new() { Loss = 100, JitterMilliseconds = 90 });
            pair.Client.OpenFlow(s_rtp);
            pair.Relay.OpenFlow(s_rtp);
            HashSet<int> received = [];
            byte[] buffer = new byte[StreamLimits.MaxFlowBytes];
            pair.OnStep = mux => Receive(mux, received, buffer, seed);
            SeededEntropy entropy = new(seed);
            for (int number = 0; number < 200; number++)
            {
                pair.Client.SendFlow(
                    pair.Now, s_rtp, Numbered(number, 4 + entropy.NextInt32(StreamLimits.MaxFlowBytes - 4)));
                pair.RunFor(20);
            }

            pair.RunFor(2_000);
            Assert.InRange(received.Count, 60, 199);
        }
    }

    /// <summary>FLOW.ALLOCATION: voice both ways, sent and taken, allocates nothing.</summary>
    [Fact]
    public void SteadyVoice_AllocatesNothing()
    {
        (StreamMux client, StreamMux relay) = Pair();
        byte[] datagram = Datagram(VoiceBytes);
        byte[] received = new byte[StreamLimits.MaxFlowBytes];
        byte[] body = new byte[WireLayout.BodyBytes];
        int delivered = 0;
        long before = 0;
        for (int round = 0; round < 6_000; round++)
        {
            before = round == 1_000 ? GC.GetAllocatedBytesForCurrentThread() : before;
            Instant now = s_start + TimeSpan.FromMilliseconds(20L * round);
            delivered += Carry(now, client, relay, datagram, body, received) + Carry(
                now, relay, client, datagram, body, received);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(12_000, delivered);
    }

    private static int Carry(Instant now, StreamMux from, StreamMux to, byte[] datagram, byte[] body, byte[] received)
    {
        from.SendFlow(now, s_rtp, datagram);
        int delivered = 0;
        while (from.PollBody(now, body))
        {
            to.HandleBody(now, body);
        }

        while (to.TryReceiveFlow(out _, received, out int bytes))
        {
            delivered += bytes == datagram.Length ? 1 : 0;
        }

        to.PollEvent(out _);
        to.PollTimeout();
        to.HandleTimeout(now);
        return delivered;
    }

    private static void Receive(StreamMux mux, HashSet<int> received, byte[] buffer, ulong seed)
    {
        while (mux.TryReceiveFlow(out _, buffer, out int bytes))
        {
            int number = BitConverter.ToInt32(buffer);
            Assert.True(received.Add(number), $"seed {seed}: datagram {number} came twice");
            Assert.True(
                Numbered(number, bytes).AsSpan().SequenceEqual(buffer.AsSpan(0, bytes)), $"seed {seed}: altered");
        }
    }

    private static byte[] Numbered(int number, int length)
    {
        byte[] datagram = new byte[length];
        new SeededEntropy((ulong)((number * 4_096) + length)).Fill(datagram);
        BitConverter.TryWriteBytes(datagram, number);
        return datagram;
    }

    private static byte[] Datagram(int length)
    {
        byte[] datagram = new byte[length];
        new SeededEntropy((ulong)length).Fill(datagram);
        return datagram;
    }

    private static (StreamMux Client, StreamMux Relay) Pair()
    {
        StreamMux client = new(s_start, new() { IsClient = true });
        StreamMux relay = new(s_start, new() { IsClient = false });
        foreach (StreamMux mux in new[] { client, relay })
        {
            mux.OpenFlow(s_rtp);
            mux.OpenFlow(s_rtcp);
        }

        return (client, relay);
    }
}
