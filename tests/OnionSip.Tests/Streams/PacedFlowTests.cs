using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Streams;

/// <summary>FLOW.PACED</summary>
public sealed class PacedFlowTests
{
    private const int MediaBytes = 172 + 7;
    private const int ReportBytes = 80 + 7;

    private static readonly FlowId s_rtp = new(2);
    private static readonly FlowId s_rtcp = new(3);
    private static readonly Instant s_start = Instant.FromMilliseconds(1);

    private readonly StreamMux _client = new(s_start, new() { IsClient = true });
    private readonly StreamMux _relay = new(s_start, new() { IsClient = false });
    private readonly byte[] _body = new byte[WireLayout.BodyBytes];
    private readonly byte[] _datagram = new byte[StreamLimits.MaxFlowBytes];

    public PacedFlowTests()
    {
        foreach (StreamMux mux in (StreamMux[])[_client, _relay])
        {
            mux.IsPaced = true;
            mux.OpenFlow(s_rtcp);
            mux.OpenFlow(s_rtp);
        }
    }

    /// <summary>An RTCP packet every few ticks takes no tick away from media: each body has the frame of its tick, and all reports arrive whole.</summary>
    [Theory]
    [InlineData(ReportBytes)]
    [InlineData(132)]
    public void Reports_RideInTheSlack(int reportBytes)
    {
        List<byte[]> reports = [];
        for (int tick = 0; tick < 200; tick++)
        {
            _client.SendFlow(s_start, s_rtp, Filled(MediaBytes, (byte)tick));
            if (tick % 20 == 5)
            {
                _client.SendFlow(s_start, s_rtcp, Filled(reportBytes, (byte)tick));
            }

            _client.FillBody(s_start, _body);
            Assert.Equal(MuxDrop.None, _relay.HandleBody(s_start, _body));
            Assert.True(Take(out FlowId flow, out byte[] bytes));
            Assert.Equal((s_rtp, MediaBytes, (byte)tick), (flow, bytes.Length, bytes[^1]));
            while (Take(out flow, out bytes))
            {
                Assert.Equal(s_rtcp, flow);
                reports.Add(bytes);
            }
        }

        Assert.Equal(10, reports.Count);
        Assert.All(reports, report => Assert.Equal(reportBytes, report.Length));
        Assert.Equal(Enumerable.Range(0, 10).Select(static index => (byte)(5 + (20 * index))), reports.Select(static report => report[^1]));
    }

    /// <summary>The control: with turns a report pushes media a tick back, and every further one drops a frame.</summary>
    [Fact]
    public void WithoutPacing_AReportTakesATick()
    {
        _client.IsPaced = false;
        bool late = false;
        for (int tick = 0; tick < 40; tick++)
        {
            _client.SendFlow(s_start, s_rtp, Filled(MediaBytes, (byte)tick));
            if (tick % 20 == 5)
            {
                _client.SendFlow(s_start, s_rtcp, Filled(ReportBytes, (byte)tick));
            }

            _client.FillBody(s_start, _body);
            _relay.HandleBody(s_start, _body);
            late |= !Take(out FlowId flow, out byte[] bytes) || flow != s_rtp || bytes[^1] != tick;
        }

        Assert.True(late);
    }

    [Fact]
    public void ThirdDatagram_PushesTheOldestOut()
    {
        Assert.Equal(SendResult.Queued, _client.SendFlow(s_start, s_rtp, Filled(MediaBytes, 1)));
        Assert.Equal(SendResult.Queued, _client.SendFlow(s_start, s_rtp, Filled(MediaBytes, 2)));
        Assert.Equal(SendResult.QueuedDroppingOldest, _client.SendFlow(s_start, s_rtp, Filled(MediaBytes, 3)));
        Assert.Equal(1, _client.Drops[MuxDrop.SendQueueOverflow]);
        Assert.Equal([2, 3], Ticks(3).Select(static sent => (int)sent));
    }

    /// <summary>At the exit a burst after a gap is kept, and what stands of it goes one at a time, a window apart.</summary>
    [Fact]
    public void BurstAtTheExit_IsKeptAndShrinksSlowly()
    {
        for (byte frame = 0; frame < 4; frame++)
        {
            Assert.Equal(SendResult.Queued, _relay.SendFlow(s_start, s_rtp, Filled(MediaBytes, frame)));
        }

        int received = 0;
        for (byte tick = 4; tick < 250; tick++)
        {
            _relay.FillBody(s_start, _body);
            _client.HandleBody(s_start, _body);
            received += _client.TryReceiveFlow(out _, _datagram, out _) ? 1 : 0;
            _relay.SendFlow(s_start, s_rtp, Filled(MediaBytes, tick));
            Assert.Equal(tick / 64, _relay.Drops[MuxDrop.StandingDatagram], 1.1);
        }

        Assert.Equal(246, received);
        Assert.Equal(0, _relay.Drops[MuxDrop.SendQueueOverflow]);
        Assert.Equal(3, _relay.Drops[MuxDrop.StandingDatagram]);
    }

    /// <summary>A frame that no tick needed is delay for ever after: it is dropped after 64 ticks, and only it.</summary>
    [Fact]
    public void StandingDatagram_IsDroppedOnce()
    {
        _client.SendFlow(s_start, s_rtp, Filled(MediaBytes, 0));
        List<byte> sent = [];
        for (byte tick = 1; tick < 200; tick++)
        {
            _client.SendFlow(s_start, s_rtp, Filled(MediaBytes, tick));
            sent.AddRange(Ticks(1));
        }

        Assert.Equal(1, _client.Drops[MuxDrop.StandingDatagram]);
        Assert.Equal(199, sent[^1]);
        Assert.Equal(199, sent.Count);
    }

    /// <summary>Jitter that leaves a frame behind now and then drops nothing.</summary>
    [Fact]
    public void NowAndThen_IsNotStanding()
    {
        int sent = 0;
        for (byte tick = 0; tick < 200; tick++)
        {
            int frames = tick % 2 == 0 ? 2 : 0;
            for (int frame = 0; frame < frames; frame++)
            {
                _client.SendFlow(s_start, s_rtp, Filled(MediaBytes, tick));
            }

            sent += Ticks(1).Count;
        }

        Assert.Equal(200, sent);
        Assert.Equal(0, _client.Drops[MuxDrop.StandingDatagram] + _client.Drops[MuxDrop.SendQueueOverflow]);
    }

    /// <summary>A long message of stream 0 gets through beside media in every tick, also when each third body is lost. (STREAM.SEND)</summary>
    [Theory]
    [InlineData(MediaBytes, 0)]
    [InlineData(MediaBytes + 12, 0)]
    [InlineData(MediaBytes + 12, 3)]
    public void ControlMessage_GetsThroughBesideMedia(int mediaBytes, int losesEach)
    {
        byte[] message = Filled(160, 9);
        byte[] received = new byte[2048];
        message[0] = (byte)ControlMessageType.Consent;
        Assert.True(_client.TrySendControl(s_start, message));
        int length = 0;
        for (int tick = 0; tick < 400 && length == 0; tick++)
        {
            Instant now = s_start + TimeSpan.FromMilliseconds(20 * tick);
            _client.HandleTimeout(now);
            _relay.HandleTimeout(now);
            _client.SendFlow(now, s_rtp, Filled(mediaBytes, 1));
            _client.FillBody(now, _body);
            bool isLost = losesEach > 0 && tick % losesEach == 0;
            Assert.True(isLost || _relay.HandleBody(now, _body) == MuxDrop.None);
            Assert.True(isLost || (Take(out FlowId flow, out _) && flow == s_rtp));
            _relay.FillBody(now, _body);
            _client.HandleBody(now, _body);
            _relay.TryReceiveControl(received, out length);
        }

        Assert.Equal(message, received.AsSpan(0, length));
    }

    private List<byte> Ticks(int count)
    {
        List<byte> sent = [];
        for (int tick = 0; tick < count; tick++)
        {
            _client.FillBody(s_start, _body);
            _relay.HandleBody(s_start, _body);
            while (Take(out _, out byte[] bytes))
            {
                sent.Add(bytes[^1]);
            }
        }

        return sent;
    }

    private bool Take(out FlowId flow, out byte[] bytes)
    {
        bool any = _relay.TryReceiveFlow(out flow, _datagram, out int count);
        bytes = _datagram.AsSpan(0, any ? count : 0).ToArray();
        return any;
    }

    private static byte[] Filled(int length, byte value)
    {
        byte[] bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }
}
