using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Media;
using Xunit;

namespace OnionSip.Tests.Media;

/// <summary>MEDIA.REPACKETISE, MEDIA.DRIFT, MEDIA.EVENTS</summary>
public sealed class AnchorPartTests
{
    /// <summary>MEDIA.REPACKETISE: every length in, 20 ms out, no sample lost or moved.</summary>
    [Theory]
    [InlineData(80)]
    [InlineData(160)]
    [InlineData(240)]
    [InlineData(480)]
    [InlineData(100)]
    public void EveryPacketLength_BecomesTwentyMilliseconds(int samples)
    {
        Repacketiser frames = new(160);
        List<byte> heard = [];
        byte[] frame = new byte[160];
        uint expected = 1_000;
        for (int packet = 0; packet < 12; packet++)
        {
            Assert.True(frames.Append((uint)(1_000 + (packet * samples)), Ramp(packet * samples, samples)));
            while (frames.TryTake(frame, out uint timestamp))
            {
                Assert.Equal(expected, timestamp);
                expected += 160;
                heard.AddRange(frame);
            }
        }

        Assert.Equal(Ramp(0, heard.Count), heard);
        Assert.Equal(12 * samples / 160 * 160, heard.Count);
    }

    /// <summary>MEDIA.REPACKETISE: a gap drops the part frame before it; too much at once is refused.</summary>
    [Fact]
    public void GapAndOverflow_AreHandled()
    {
        Repacketiser frames = new(160);
        frames.Append(0, new byte[80]);
        frames.Append(400, new byte[160]);
        Assert.True(frames.TryTake(new byte[160], out uint timestamp));
        Assert.Equal(400u, timestamp);
        Assert.False(frames.Append(560, new byte[Repacketiser.Capacity + 1]));
    }

    /// <summary>MEDIA.DRIFT, SIP.RULE-11: a phone 100 ppm fast or slow is one slip per 200 s.</summary>
    [Theory]
    [InlineData(1.0001)]
    [InlineData(0.9999)]
    public void DriftingClock_IsOneSlipPer200Seconds(double rate)
    {
        DriftQueue queue = new(1);
        double due = 0.3;
        byte[] frame = new byte[1];
        for (int tick = 0; tick < 50 * 1_000; tick++)
        {
            for (; due <= tick; due += 1 / rate)
            {
                queue.Put(frame);
            }

            queue.TryTake(frame);
        }

        Assert.InRange(queue.Slips, 2, 6);
    }

    /// <summary>MEDIA.DRIFT: never more than three; the oldest goes.</summary>
    [Fact]
    public void Burst_DropsTheOldest()
    {
        DriftQueue queue = new(1);
        for (byte frame = 1; frame <= 5; frame++)
        {
            queue.Put([frame]);
        }

        byte[] taken = new byte[1];
        Assert.True(queue.TryTake(taken));
        Assert.Equal((3, 2L), (taken[0], queue.Dropped));
    }

    /// <summary>MEDIA.DRIFT: a pause of the phone is no slip.</summary>
    [Fact]
    public void Pause_IsNoSlip()
    {
        DriftQueue queue = new(1);
        queue.Put([1]);
        byte[] taken = new byte[1];
        queue.TryTake(taken);
        for (int tick = 0; tick < 50; tick++)
        {
            Assert.False(queue.TryTake(taken));
        }

        queue.Put([1]);
        Assert.Equal(0, queue.Slips);
    }

    /// <summary>MEDIA.EVENTS: a key is re-timed to whole ticks, its timestamp is ours, three end packets close it.</summary>
    [Fact]
    public void Key_IsRetimed()
    {
        EventRelay relay = new();
        List<(byte Event, bool End, int Duration, uint Timestamp, bool First)> sent = [];
        for (int tick = 0; tick < 20; tick++)
        {
            if (tick < 7)
            {
                Assert.True(relay.Handle(5_000, [5, (byte)(tick == 6 ? 0x80 | 3 : 3), 0, (byte)(tick * 30)]));
            }

            byte[] payload = new byte[4];
            if (relay.TryTick((uint)(9_000 + (tick * 160)), payload, out bool first, out uint start))
            {
                Assert.Equal(10, payload[1] & 0x3F);
                sent.Add((payload[0], (payload[1] & 0x80) != 0, (payload[2] << 8) | payload[3], start, first));
            }
        }

        Assert.All(sent, packet => Assert.Equal((5, 9_000u, 0), (packet.Event, packet.Timestamp, packet.Duration % 160)));
        Assert.Equal(3, sent.Count(packet => packet.End));
        Assert.Single(sent, packet => packet.First);
        Assert.Equal(7 * 160, sent[^1].Duration);
        Assert.Equal(sent[^1].Duration, sent[^3].Duration);
    }

    /// <summary>MEDIA.EVENTS: keys in a burst come out one after the other; more than wait are dropped and counted; others do not pass.</summary>
    [Fact]
    public void BurstOfKeys_ComesOutInOrder()
    {
        EventRelay relay = new();
        for (byte key = 0; key < 18; key++)
        {
            relay.Handle(key * 1_000u, [(byte)(key % 10), 0x80, 0, 160]);
        }

        Assert.False(relay.Handle(1, [16, 0, 0, 1]));
        Assert.False(relay.Handle(1, [1, 0, 0]));
        List<byte> keys = [];
        byte[] payload = new byte[4];
        for (uint tick = 0; tick < 400 && relay.TryTick(tick * 160, payload, out bool first, out _); tick++)
        {
            if (first)
            {
                keys.Add(payload[0]);
            }
        }

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5], keys);
        Assert.Equal(2, relay.Dropped);
        Assert.False(relay.IsActive);
    }

    /// <summary>MEDIA.EVENTS: a key whose end never comes stops by itself.</summary>
    [Fact]
    public void KeyWithoutEnd_StopsByItself()
    {
        EventRelay relay = new();
        relay.Handle(1, [5, 0, 0, 0]);
        byte[] payload = new byte[4];
        int ticks = 0;
        while (relay.TryTick(0, payload, out _, out _))
        {
            ticks++;
        }

        Assert.InRange(ticks, EventRelay.MinTicks, EventRelay.SilentTicks + 5);
    }

    private static byte[] Ramp(int start, int count) => [.. Enumerable.Range(start, count).Select(value => (byte)(value & 0xFF))];
}
