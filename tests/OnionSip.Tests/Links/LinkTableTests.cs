using System;
using System.Linq;
using OnionSip.Links;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>Opening, sealing and receiving between two nodes. (LINK.HANDSHAKE, LINK.STATES, WIRE.DATAGRAM)</summary>
public sealed class LinkTableTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public void ClientOpens_CellsGoBothWays()
    {
        LinkNetwork network = new(1);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");

        LinkId link = network.Open(client, relay);
        Assert.True(network.RunUntil(() => relay.Events.Count > 0, s_second));
        LinkEvent opened = Assert.Single(relay.Events);
        Assert.Equal(new LinkEvent(LinkEventKind.Opened, opened.Link, null, false, LinkCloseReason.None), opened);
        Assert.Equal(new LinkEvent(LinkEventKind.Opened, link, relay.Identity, true, LinkCloseReason.None), Assert.Single(client.Events));

        Assert.True(network.Send(client, link, 7, 9, 0xAB));
        Assert.True(network.Send(relay, opened.Link, 8, 10, 0xCD));
        network.Run(s_second);

        Assert.Equal(new ReceivedCell(ReceivedKind.Cell, opened.Link, new CircuitId(7), new Slot(9)), Assert.Single(relay.Cells).Cell);
        Assert.Equal(LinkNetwork.Filled(0xAB, 248), relay.Cells[0].Bytes);
        Assert.Equal(new ReceivedCell(ReceivedKind.Cell, link, new CircuitId(8), new Slot(10)), Assert.Single(client.Cells).Cell);
        // The parity fragment of the REPLY comes when it is not needed any more.
        Assert.Equal(0, relay.Table.Drops.Total);
        Assert.Equal(client.Table.Drops.Total, client.Table.Drops[LinkDrop.UnknownHandshake]);
    }

    [Fact]
    public void RelayOpens_BothKnowEachOther()
    {
        LinkNetwork network = new(2);
        LinkNode a = network.AddRelay("A", "192.0.2.1:443");
        LinkNode b = network.AddRelay("B", "203.0.113.1:443");
        network.Introduce(a, b);

        LinkId link = network.Open(b, a);
        network.Run(s_second);

        LinkId atA = Assert.Single(a.Events).Link;
        Assert.Equal(b.Identity, a.Table.PeerOf(atA));
        Assert.Equal(a.Identity, b.Table.PeerOf(link));
        Assert.Equal(atA, a.Table.Find(b.Identity));
        Assert.Equal(atA, a.Table.Open(network.Now, b.Target));
        Assert.True(b.Table.IsInitiator(link));
        Assert.False(a.Table.IsInitiator(atA));
    }

    [Fact]
    public void OneLostFragment_CostsNoRoundTrip()
    {
        for (int lost = 0; lost < 7; lost++)
        {
            LinkNetwork network = new(3);
            LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
            LinkNode client = network.AddClient("c", "198.51.100.7:5000");
            int skip = lost;
            network.Tap = (_, _, datagram) => datagram[3] is not 3 and not 4 || datagram[0] != 0 || datagram[1] != 0
                || datagram[2] != 0 || datagram[4] != skip;
            LinkId link = network.Open(client, relay);
            network.RunUntil(() => client.Table.IsOpen(link), TimeSpan.FromMilliseconds(81));
            Assert.True(client.Table.IsOpen(link), $"fragment {lost}");
        }
    }

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(20, 0.97)]
    public void OpeningUnderLoss_Succeeds(int lossPercent, double atLeast)
    {
        const int Seeds = 200;
        LinkFaults faults = new() { LossPercent = lossPercent, DuplicatePercent = 5, JitterMilliseconds = 30 };
        int opened = Enumerable.Range(0, Seeds).Count(seed => OpensUnder(faults, (ulong)seed));
        Assert.True(opened >= atLeast * Seeds, $"{opened} of {Seeds} opened at {lossPercent} % loss");
    }

    private static bool OpensUnder(LinkFaults faults, ulong seed)
    {
        LinkNetwork network = new(seed, faults);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        LinkId link = network.Open(client, relay);
        return network.RunUntil(() => client.Table.IsOpen(link) && relay.Events.Count > 0, TimeSpan.FromSeconds(20));
    }
}
