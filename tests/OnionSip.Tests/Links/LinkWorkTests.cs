using System;
using System.Collections.Generic;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>NODE.WORK, LINK.RATE: handshakes of INIT are handed out, in turns, and taken back.</summary>
public sealed class LinkWorkTests
{
    private readonly LinkNetwork _network = new(71);

    [Fact]
    public void Link_OpensOnceTheHandshakeCameBack()
    {
        LinkNode relay = _network.AddRelay("A", "192.0.2.1:443", static options => options with { HandsOutWork = true });
        LinkNode client = _network.AddClient("c", "198.51.100.7:5000");
        LinkId link = _network.Open(client, relay);
        _network.Run(TimeSpan.FromMilliseconds(200));
        Assert.False(client.Table.IsOpen(link));
        Assert.Equal(0, relay.Table.Stats.Links);
        Assert.True(relay.Table.PollWork(_network.Now, out NodeWork? work));
        Assert.False(relay.Table.PollWork(_network.Now, out _));

        // INIT comes again meanwhile and does not become a second handshake.
        _network.Run(TimeSpan.FromMilliseconds(400));
        Assert.False(relay.Table.PollWork(_network.Now, out _));
        work.Run();
        Assert.True(relay.Table.HandleWork(_network.Now, work));
        _network.Drain(relay);
        Assert.True(_network.RunUntil(() => client.Table.IsOpen(link), TimeSpan.FromMilliseconds(300)));
        Assert.Equal((1, 1), (relay.Table.Stats.Links, relay.Table.Stats.HandshakesComputed));
        Assert.True(_network.Send(client, link, 1, 1, 1));
        _network.Run(TimeSpan.FromMilliseconds(50));
        Assert.Single(relay.Cells);
    }

    [Fact]
    public void BothRelaysOpening_AfterTheInitCame_IsSeenWhenTheHandshakeComesBack()
    {
        LinkNode first = _network.AddRelay("A", "192.0.2.1:443", static options => options with { HandsOutWork = true });
        LinkNode second = _network.AddRelay("B", "203.0.113.5:443");
        _network.Introduce(first, second);
        _ = _network.Open(second, first);
        _network.Run(TimeSpan.FromMilliseconds(200));
        Assert.True(first.Table.PollWork(_network.Now, out NodeWork? work));
        _ = _network.Open(first, second);
        work.Run();
        Assert.True(first.Table.HandleWork(_network.Now, work));
        Assert.Equal(1, first.Table.Drops[LinkDrop.SimultaneousOpen]);
        _network.Run(TimeSpan.FromSeconds(2));
        Assert.True(first.Table.IsOpen(first.Table.Find(second.Identity)!.Value));
    }

    [Fact]
    public void Init_SentTwiceAtOnceByOneRelay_IsTakenOnce()
    {
        LinkNode first = _network.AddRelay("B", "192.0.2.1:443", static options => options with { HandsOutWork = true });
        LinkNode second = _network.AddRelay("A", "203.0.113.5:443");
        _network.Introduce(first, second);
        _ = _network.Open(second, first);
        _network.Run(TimeSpan.FromMilliseconds(200));
        Assert.True(first.Table.PollWork(_network.Now, out NodeWork? work));
        work.Run();
        Assert.True(first.Table.HandleWork(_network.Now, work));
        InitWork init = Assert.IsType<InitWork>(work);
        Assert.Null(init.Sender);
        Assert.Equal(1, first.Table.Stats.HalfOpenLinks);
    }

    /// <summary>One prefix has all its places taken, another one's INIT comes last: it is taken second.</summary>
    [Fact]
    public void OnePrefixesStorm_DoesNotDelayAnother()
    {
        LinkNode relay = _network.AddRelay("A", "192.0.2.1:443", static options => options with { HandsOutWork = true });
        for (int client = 0; client < 40; client++)
        {
            _ = _network.Open(_network.AddClient("x", $"198.51.100.{client + 1}:5000"), relay);
        }

        _network.Run(TimeSpan.FromMilliseconds(100));
        LinkNode other = _network.AddClient("c", "203.0.113.9:5000");
        LinkId link = _network.Open(other, relay);
        _network.Run(TimeSpan.FromMilliseconds(100));
        Assert.True(relay.Table.Drops[LinkDrop.HandshakeRate] + relay.Table.Drops[LinkDrop.ReassemblyEvicted] > 0);
        for (int turn = 0; turn < 2; turn++)
        {
            Assert.True(relay.Table.PollWork(_network.Now, out NodeWork? work));
            work.Run();
            Assert.True(relay.Table.HandleWork(_network.Now, work));
            _network.Drain(relay);
        }

        Assert.True(_network.RunUntil(() => other.Table.IsOpen(link), TimeSpan.FromMilliseconds(100)));
    }

    /// <summary>Two handshakes under way that drew one receiver index: the second finds it taken.</summary>
    internal static LinkNode SameIndexTwice()
    {
        LinkNetwork network = new(72);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443", static options => options with { HandsOutWork = true });
        LinkOptions options = new()
        {
            NetworkId = LinkNetwork.NetworkId,
            Identity = relay.Identity,
            StaticPrivateKey = LinkNetwork.Filled((byte)('A' ^ 0x55), 32),
            HandsOutWork = true,
        };
        relay.Table = new LinkTable(network.Now, options, new ConstantEntropy());
        List<NodeWork> works = [];
        for (int client = 0; client < 2; client++)
        {
            _ = network.Open(network.AddClient("x", $"198.51.100.{client + 1}:5000"), relay);
            network.Run(TimeSpan.FromMilliseconds(200));
            Assert.True(relay.Table.PollWork(network.Now, out NodeWork? work));
            works.Add(work);
        }

        foreach (NodeWork work in works)
        {
            work.Run();
            Assert.True(relay.Table.HandleWork(network.Now, work));
        }

        Assert.Equal(1, relay.Table.Stats.Links);
        return relay;
    }

    private sealed class ConstantEntropy : Entropy
    {
        public override void Fill(Span<byte> destination) => destination.Fill(0x21);
    }
}
