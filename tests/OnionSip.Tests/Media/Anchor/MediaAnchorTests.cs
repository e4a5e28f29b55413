using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Media;
using Xunit;

namespace OnionSip.Tests.Media;

/// <summary>MEDIA.ANCHOR, MEDIA.GRID, MEDIA.PHONE-LEG</summary>
public sealed class MediaAnchorTests
{
    private static readonly PeerAddress s_far = new(IpAddress.FromIPv4(0xC6336409), 40_000);
    private static readonly LegFormat s_open = new(G711Law.A, 8, 8, 101, 101, 20, true, true);

    private readonly MediaAnchor _anchor = new(Instant.Zero, new SeededEntropy(5));
    private readonly List<byte[]> _toPhone = [];
    private readonly List<byte[]> _toNetwork = [];
    private Instant _now = Instant.Zero;

    public MediaAnchorTests()
    {
        _anchor.SetPhone(in s_open);
        _anchor.SetNetwork(in s_open, s_far);
    }

    /// <summary>MEDIA.GRID: one packet at every tick with a steady timestamp and sequence, whatever the phone does.</summary>
    [Fact]
    public void Grid_IsSteadyWhateverThePhoneDoes()
    {
        SeededEntropy entropy = new(2);
        for (int packet = 0; packet < 300; packet++)
        {
            if (entropy.NextInt32(3) > 0)
            {
                Phone((ushort)packet, (uint)packet * 160, (byte)(packet & 0xFF));
            }

            Run(0.02);
        }

        Assert.Equal(300, _toNetwork.Count);
        for (int packet = 1; packet < _toNetwork.Count; packet++)
        {
            (ushort sequence, uint timestamp, uint ssrc, int length) = Header(_toNetwork[packet - 1]);
            Assert.Equal((unchecked((ushort)(sequence + 1)), unchecked(timestamp + 160), ssrc, length), Header(_toNetwork[packet]));
            Assert.Equal(0, _toNetwork[packet][1] & 0x80);
        }
    }

    /// <summary>MEDIA.ANCHOR: nothing of the phone's header survives: SSRC, sequence, timestamp, extension, sources, padding.</summary>
    [Fact]
    public void HeadersOfPhone_AreReplaced()
    {
        byte[] packet = [0xB1, 0x88, 0, 1, 0, 0, 0, 160, 9, 9, 9, 9, 1, 1, 1, 1, 0xBE, 0xDE, 0, 1, 2, 2, 2, 2, .. new byte[160], 0, 0, 3];
        Assert.Equal(MediaDrop.None, _anchor.HandlePhone(_now, false, packet));
        Run(0.02);
        byte[] sent = Assert.Single(_toNetwork);
        Assert.Equal(172, sent.Length);
        Assert.Equal(0x80, sent[0]);
        Assert.NotEqual(packet[2..12], sent[2..12]);
        Assert.Equal(1, _anchor.Figures.HeadersStripped);
    }

    /// <summary>MEDIA.PHONE-LEG: holes stay holes; a new source of the far side goes on in the same stream.</summary>
    [Fact]
    public void FarSource_KeepsItsHolesAndMayChange()
    {
        Network(1, 160, 7);
        Network(2, 320, 7);
        Network(5, 800, 7);
        _now += TimeSpan.FromMilliseconds(20);
        Network(900, 5_000, 8);
        (ushort Sequence, uint Timestamp, uint Ssrc, int)[] heard = [.. _toPhone.Select(Header)];
        Assert.Single(heard.Select(packet => packet.Ssrc).Distinct());
        Assert.Equal([1, 3, 1], heard.Zip(heard.Skip(1), (one, two) => (int)unchecked((ushort)(two.Sequence - one.Sequence))));
        Assert.Equal([160u, 480u, 160u], heard.Zip(heard.Skip(1), (one, two) => unchecked(two.Timestamp - one.Timestamp)));
    }

    /// <summary>MEDIA.REPACKETISE: 30 ms of the far side become 20 ms for the phone, and 60 ms of the phone the grid.</summary>
    [Fact]
    public void OtherPacketLengths_AreRepacketised()
    {
        for (int packet = 0; packet < 20; packet++)
        {
            Network((ushort)packet, (uint)packet * 240, 7, 240);
        }

        Assert.Equal(30, _toPhone.Count);
        Assert.All(_toPhone, packet => Assert.Equal(172, packet.Length));
        for (int packet = 0; packet < 10; packet++)
        {
            Phone((ushort)packet, (uint)packet * 480, 0x11, 480);
            Run(0.06);
        }

        Assert.Equal(30, _toNetwork.Count(packet => packet[20] == 0x11));
        Assert.Equal(0, _anchor.Figures.Slips);
    }

    /// <summary>MEDIA.ANCHOR: a phone that asks for 30 ms gets 30 ms.</summary>
    [Fact]
    public void PhoneWithLongPackets_GetsThem()
    {
        _anchor.SetPhone(s_open with { FrameMilliseconds = 30 });
        for (int packet = 0; packet < 6; packet++)
        {
            Network((ushort)packet, (uint)packet * 160, 7);
        }

        Assert.Equal([252, 252, 252, 252], _toPhone.Select(packet => packet.Length));
    }

    /// <summary>MEDIA.EVENTS, MEDIA.ANCHOR: a key press takes the place of audio on the grid, with the payload type that the far side wants.</summary>
    [Fact]
    public void KeyPress_TakesTheTick()
    {
        _anchor.SetNetwork(s_open with { EventTo = 96 }, s_far);
        byte[] packet = new byte[16];
        RtpPacket.Write(packet, 101, true, 1, 5_000, 3, [7, 0x8A, 0, 160]);
        _anchor.HandlePhone(_now, false, packet);
        Run(0.3);
        Assert.Equal(15, _toNetwork.Count);
        Assert.Equal(7, _toNetwork.Count(sent => (sent[1] & 0x7F) == 96));
        Assert.Single(_toNetwork.Where(sent => (sent[1] & 0x7F) == 96).Select(sent => Header(sent).Timestamp).Distinct());
        Assert.Equal(0x80, _toNetwork.First(sent => (sent[1] & 0x7F) == 96)[1] & 0x80);
    }

    /// <summary>MEDIA.ANCHOR: a key press of the far side reaches the phone with its own number.</summary>
    [Fact]
    public void FarKeyPress_ReachesThePhone()
    {
        _anchor.SetPhone(s_open with { EventTo = 97 });
        byte[] packet = new byte[16];
        RtpPacket.Write(packet, 101, true, 1, 5_000, 3, [7, 0x8A, 0, 160]);
        Assert.Equal(MediaDrop.None, _anchor.HandleNetwork(_now, false, s_far, packet));
        Poll();
        Assert.Equal((97, 7), (Assert.Single(_toPhone)[1] & 0x7F, _toPhone[0][12]));
    }

    /// <summary>MEDIA.DROPS: each reason.</summary>
    [Fact]
    public void Refusals_AreCounted()
    {
        byte[] audio = Audio(8, 1, 160, 1, 1, 160);
        Assert.Equal(MediaDrop.Malformed, _anchor.HandlePhone(_now, false, [1, 2, 3]));
        Assert.Equal(MediaDrop.Malformed, _anchor.HandlePhone(_now, true, [1, 2, 3]));
        Assert.Equal(MediaDrop.ForeignSource, _anchor.HandleNetwork(_now, false, new PeerAddress(IpAddress.FromIPv4(1), 1), audio));
        Assert.Equal(MediaDrop.UnknownPayload, _anchor.HandlePhone(_now, false, Audio(13, 1, 160, 1, 1, 1)));
        Assert.Equal(MediaDrop.None, _anchor.HandlePhone(_now, false, Audio(8, 5, 800, 1, 1, 160)));
        Assert.Equal(MediaDrop.Old, _anchor.HandlePhone(_now, false, Audio(8, 4, 640, 1, 1, 160)));
        Assert.Equal(MediaDrop.TooLong, _anchor.HandlePhone(_now, false, Audio(8, 6, 960, 1, 1, 1_000)));
        Assert.Equal(MediaDrop.TooLong, _anchor.HandleNetwork(_now, false, s_far, Audio(8, 6, 960, 1, 1, 1_000)));
        _anchor.SetPhone(s_open with { Receives = false, Sends = false });
        Assert.Equal(MediaDrop.NotNow, _anchor.HandlePhone(_now, false, audio));
        Assert.Equal(MediaDrop.NotNow, _anchor.HandleNetwork(_now, false, s_far, audio));
        Assert.Equal(2, _anchor.Drops[MediaDrop.NotNow]);
    }

    /// <summary>MEDIA.GRID: after a stall of the host three ticks at most are made up for.</summary>
    [Fact]
    public void Stall_IsNotMadeUpFor()
    {
        _now += TimeSpan.FromMilliseconds(1_000);
        _anchor.HandleTimeout(_now);
        Poll();
        Assert.Equal(MediaAnchor.MaxTicksAtOnce, _toNetwork.Count);
        Assert.True(_anchor.PollTimeout() > _now);
    }

    /// <summary>MEDIA.ANCHOR: no allocation for a packet in steady state, either way.</summary>
    [Fact]
    public void SteadyState_AllocatesNothing()
    {
        byte[] packet = Audio(8, 0, 0, 1, 1, 160);
        byte[] buffer = new byte[RtpPacket.MaxBytes];
        long before = 0;
        for (int round = 0; round < 400; round++)
        {
            before = round == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)round);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), (uint)round * 160);
            _anchor.HandlePhone(_now, false, packet);
            _anchor.HandleNetwork(_now, false, s_far, packet);
            _now += TimeSpan.FromMilliseconds(20);
            _anchor.HandleTimeout(_now);
            while (_anchor.PollPhone(buffer, out _, out _) || _anchor.PollNetwork(buffer, out _, out _))
            {
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static byte[] Audio(byte payloadType, ushort sequence, uint timestamp, uint ssrc, byte fill, int samples)
    {
        byte[] packet = new byte[12 + samples];
        byte[] payload = new byte[samples];
        payload.AsSpan().Fill(fill);
        RtpPacket.Write(packet, payloadType, false, sequence, timestamp, ssrc, payload);
        return packet;
    }

    private static (ushort Sequence, uint Timestamp, uint Ssrc, int Length) Header(byte[] octets)
    {
        Assert.Equal(RtpParse.Accepted, RtpPacket.TryParse(octets, out RtpPacket packet));
        return (packet.SequenceNumber, packet.Timestamp, packet.Ssrc, octets.Length);
    }

    private void Phone(ushort sequence, uint timestamp, byte fill, int samples = 160) =>
        _anchor.HandlePhone(_now, false, Audio(8, sequence, timestamp, 3, fill, samples));

    private void Network(ushort sequence, uint timestamp, uint ssrc, int samples = 160)
    {
        Assert.Equal(MediaDrop.None, _anchor.HandleNetwork(_now, false, s_far, Audio(8, sequence, timestamp, ssrc, 1, samples)));
        Poll();
    }

    private void Run(double seconds)
    {
        Instant end = _now + TimeSpan.FromSeconds(seconds);
        while (_anchor.PollTimeout() <= end)
        {
            _now = _anchor.PollTimeout();
            _anchor.HandleTimeout(_now);
            Poll();
        }

        _now = end;
    }

    private void Poll()
    {
        byte[] buffer = new byte[RtpPacket.MaxBytes];
        while (_anchor.PollPhone(buffer, out bool isRtcp, out int bytes))
        {
            (isRtcp ? [] : _toPhone).Add(buffer[..bytes]);
        }

        while (_anchor.PollNetwork(buffer, out bool isRtcp, out int bytes))
        {
            (isRtcp ? [] : _toNetwork).Add(buffer[..bytes]);
        }
    }
}
