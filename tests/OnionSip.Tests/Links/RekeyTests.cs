using System;
using OnionSip.Crypto;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>Epochs by count and by time, with loss and reordering across the change. (LINK.REKEY, LINK.REPLAY, LINK.KEYS)</summary>
public sealed class RekeyTests
{
    private readonly byte[] _cell = new byte[WireLayout.CellBytes];
    private readonly byte[] _plain = new byte[WireLayout.SealedBytes];
    private readonly LinkReceiver _receiver = new(AeadSuite.ChaCha20Poly1305, LinkNetwork.Filled(3, 32));

    [Theory]
    [InlineData(AeadSuite.Aes256Gcm)]
    [InlineData(AeadSuite.ChaCha20Poly1305)]
    public void ByCount_EveryCellOfManyEpochsOpens(AeadSuite suite)
    {
        Assert.SkipUnless(Aead.IsSupported(suite), "no hardware for " + suite);
        LinkSender sender = Sender(suite, 10);
        LinkReceiver receiver = new(suite, LinkNetwork.Filled(3, 32));
        for (int count = 0; count < 3000; count++)
        {
            byte[] datagram = Seal(sender, Instant.Zero);
            Assert.Equal((byte)(count / 10 % 256), datagram[WireLayout.KeyEpochOffset]);
            Assert.Equal(LinkDrop.None, receiver.TryOpen(Instant.Zero, datagram, _plain, out _));
        }
    }

    [Fact]
    public void TheDefaultCount_IsAMillion()
    {
        LinkSender sender = Sender(AeadSuite.ChaCha20Poly1305, LinkParameters.RekeyDatagrams);
        byte[] datagram = new byte[WireLayout.DatagramBytes];
        for (long count = 0; count < LinkParameters.RekeyDatagrams; count++)
        {
            Assert.False(sender.Seal(Instant.Zero, default, default, datagram));
        }

        Assert.True(sender.Seal(Instant.Zero, default, default, datagram));
        Assert.Equal(1, datagram[WireLayout.KeyEpochOffset]);
        Assert.Equal(0, datagram[WireLayout.CounterOffset + 3]);
    }

    [Fact]
    public void ByTime_StepsAfterTwoMinutesOfSending()
    {
        LinkSender sender = Sender(AeadSuite.ChaCha20Poly1305, LinkParameters.RekeyDatagrams);
        Instant start = Instant.Zero + TimeSpan.FromHours(1);
        Assert.Equal(0, Seal(sender, start)[WireLayout.KeyEpochOffset]);
        Assert.Equal(0, Seal(sender, start + TimeSpan.FromSeconds(119))[WireLayout.KeyEpochOffset]);
        Assert.Equal(1, Seal(sender, start + TimeSpan.FromSeconds(120))[WireLayout.KeyEpochOffset]);

        // A pause of a day is one step: the receiver can follow.
        Assert.Equal(2, Seal(sender, start + TimeSpan.FromDays(1))[WireLayout.KeyEpochOffset]);
    }

    [Theory]
    [InlineData(1, LinkDrop.None)]
    [InlineData(3, LinkDrop.None)]
    [InlineData(4, LinkDrop.BadEpoch)]
    public void EpochsAhead_AreFollowedUpToThree(int ahead, LinkDrop expected)
    {
        LinkSender sender = Sender(AeadSuite.ChaCha20Poly1305, 1);
        for (int skipped = 0; skipped < ahead; skipped++)
        {
            _ = Seal(sender, Instant.Zero);
        }

        Assert.Equal(expected, Open(Seal(sender, Instant.Zero)));
    }

    [Fact]
    public void AcrossTheChange_LateOnesOpenForAWhileAndOnce()
    {
        LinkSender sender = Sender(AeadSuite.ChaCha20Poly1305, 4);
        byte[][] datagrams = new byte[12][];
        for (int count = 0; count < datagrams.Length; count++)
        {
            datagrams[count] = Seal(sender, Instant.Zero);
        }

        Assert.Equal(LinkDrop.None, Open(datagrams[0]));
        Assert.Equal(LinkDrop.None, Open(datagrams[4]));
        Assert.Equal(LinkDrop.None, Open(datagrams[1]));
        Assert.Equal(LinkDrop.Replayed, Open(datagrams[0]));
        Assert.Equal(LinkDrop.None, Open(datagrams[2], TimeSpan.FromMilliseconds(9999)));
        Assert.Equal(LinkDrop.BadEpoch, Open(datagrams[3], TimeSpan.FromSeconds(10)));
        Assert.Equal(LinkDrop.None, Open(datagrams[5]));
        Assert.Equal(LinkDrop.None, Open(datagrams[8]));
        Assert.Equal(LinkDrop.BadEpoch, Open(datagrams[3]));
        Assert.Equal(LinkDrop.None, Open(datagrams[7]));
    }

    [Fact]
    public void ForgedEpoch_MovesNothing()
    {
        LinkSender sender = Sender(AeadSuite.ChaCha20Poly1305, 1000);
        byte[] datagram = Seal(sender, Instant.Zero);
        datagram[WireLayout.KeyEpochOffset] = 3;
        Assert.Equal(LinkDrop.BadTag, Open(datagram));
        datagram[WireLayout.KeyEpochOffset] = 0xFF;
        Assert.Equal(LinkDrop.BadEpoch, Open(datagram));
        Assert.Equal(LinkDrop.None, Open(Seal(sender, Instant.Zero)));
    }

    [Fact]
    public void CounterBehindTheWindow_IsTooOld()
    {
        LinkSender sender = Sender(AeadSuite.ChaCha20Poly1305, 100_000);
        byte[] first = Seal(sender, Instant.Zero);
        for (int count = 0; count < 1100; count++)
        {
            Assert.Equal(LinkDrop.None, Open(Seal(sender, Instant.Zero)));
        }

        Assert.Equal(LinkDrop.TooOld, Open(first));
    }

    /// <summary>A long link with loss, duplicates and reordering over many epochs: every cell that arrives counts once.</summary>
    [Fact]
    public void LossyLinkOverManyEpochs_DeliversEachCellAtMostOnce()
    {
        LinkNetwork network = new(31);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000", options => options with { RekeyDatagrams = 50 });
        (LinkId link, _) = network.Connect(client, relay);
        network.Faults = new LinkFaults { LossPercent = 10, DuplicatePercent = 10, JitterMilliseconds = 60 };
        for (uint slot = 1; slot <= 4000; slot++)
        {
            Assert.True(network.Send(client, link, 1, slot, 1));
            network.Run(TimeSpan.FromMilliseconds(20));
        }

        network.Run(TimeSpan.FromSeconds(1));
        System.Collections.Generic.HashSet<uint> seen = [];
        relay.Cells.ForEach(cell => Assert.True(seen.Add(cell.Cell.Slot.Value)));
        Assert.InRange(seen.Count, 3450, 3750);
        Assert.True(client.Table.Stats.Rekeys >= 79);
        Assert.Equal(0, relay.Table.Drops[LinkDrop.BadEpoch] + relay.Table.Drops[LinkDrop.BadTag]);
    }

    private static LinkSender Sender(AeadSuite suite, long rekeyDatagrams) =>
        new(suite, LinkNetwork.Filled(3, 32), 5, new LinkOptions { NetworkId = LinkNetwork.NetworkId, RekeyDatagrams = rekeyDatagrams });

    private byte[] Seal(LinkSender sender, Instant now)
    {
        byte[] datagram = new byte[WireLayout.DatagramBytes];
        _ = sender.Seal(now, default, default, datagram);
        return datagram;
    }

    private LinkDrop Open(byte[] datagram, TimeSpan after = default) =>
        _receiver.TryOpen(Instant.Zero + after, datagram, _plain, out _);
}
