using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>The tables keep their sizes and the timers their order. (LINK.LIMITS, LINK.HALF-OPEN, LINK.RATE, LINK.TIMERS, LINK.INDEX, LINK.QUEUE, LINK.PEERS)</summary>
public sealed class LinkLimitTests
{
    [Fact]
    public void LinksStopAtTheirLimit_AndComeBackWhenOneCloses()
    {
        LinkNetwork network = new(81);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443", options => options with { MaxLinks = 3 });
        LinkNode[] clients = [.. Enumerable.Range(0, 4).Select(count => network.AddClient("c", $"198.51.{count}.7:5000"))];
        LinkId[] links = [.. clients.Select(client => network.Open(client, relay))];
        network.Run(TimeSpan.FromSeconds(12));
        Assert.Equal(3, relay.Table.Stats.Links);
        Assert.Equal(3, clients.Zip(links).Count(pair => pair.First.Table.IsOpen(pair.Second)));

        int open = Array.FindIndex(clients, client => client.Table.Stats.Links == 1);
        int refused = Array.FindIndex(clients, client => client.Table.Stats.Links == 0);
        clients[open].Table.Close(network.Now, links[open]);
        network.Drain(clients[open]);
        network.Run(TimeSpan.FromSeconds(1));
        _ = network.Connect(clients[refused], relay);
    }

    /// <summary>Client links never keep relays out. (LINK.LIMITS)</summary>
    [Fact]
    public void FullOfClients_ARelayStillConnects()
    {
        LinkNetwork network = new(82);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443", options => options with { MaxLinks = 1 });
        LinkNode peer = network.AddRelay("B", "203.0.113.5:443");
        network.Introduce(relay, peer);
        _ = network.Connect(network.AddClient("c", "198.51.100.7:5000"), relay);
        _ = network.Connect(peer, relay);
        Assert.Equal(2, relay.Table.Stats.Links);
    }

    [Fact]
    public void TokensComeBackWithTime()
    {
        TokenBucket bucket = new(Instant.Zero, 10, 3);
        Assert.Equal(3, Enumerable.Range(0, 10).Count(_ => bucket.TryTake(Instant.Zero)));
        Assert.False(bucket.TryTake(Instant.FromMilliseconds(99)));
        Assert.True(bucket.TryTake(Instant.FromMilliseconds(100)));
        Assert.Equal(3, Enumerable.Range(0, 10).Count(_ => bucket.TryTake(Instant.FromMilliseconds(3_600_000))));
    }

    [Fact]
    public void DeadlinesComeInOrder_WhateverIsMovedOrRemoved()
    {
        SeededEntropy chance = new(83);
        DeadlineHeap heap = new();
        List<Link> links = [.. Enumerable.Range(1, 500).Select(id => new Link(new LinkId(id), null, default, false))];
        links.ForEach(link => heap.Schedule(link, Instant.FromMilliseconds(chance.NextInt32(100_000))));
        links.ForEach(link => heap.Schedule(link, Instant.FromMilliseconds(chance.NextInt32(100_000))));
        links.Where((_, index) => index % 3 == 0).ToList().ForEach(heap.Remove);
        List<Instant> order = [];
        while (heap.TryTake(Instant.FromMilliseconds(100_000), out Link? link))
        {
            order.Add(link!.Scheduled);
        }

        Assert.Equal(333, order.Count);
        Assert.Equal(order.Order(), order);
        Assert.Equal(Instant.Never, heap.Next);
    }

    [Fact]
    public void PrefixesAre24And48Bits()
    {
        Assert.Equal(Prefix("192.0.2.1:1"), Prefix("192.0.2.255:9"));
        Assert.NotEqual(Prefix("192.0.2.1:1"), Prefix("192.0.3.1:1"));
        Assert.Equal(Prefix("[2001:db8:1::1]:1"), Prefix("[2001:db8:1:ffff::2]:1"));
        Assert.NotEqual(Prefix("[2001:db8:1::1]:1"), Prefix("[2001:db8:2::1]:1"));
    }

    [Fact]
    public void SlotsEvictTheOldestOfTheFullPrefixElseOfAll()
    {
        AgedSlots slots = new(3, 2);
        SourcePrefix one = Prefix("192.0.2.1:1");
        SourcePrefix two = Prefix("192.0.3.1:1");
        int first = slots.Add(Instant.Zero, two);
        int second = slots.Add(Instant.Zero, one);
        Assert.False(slots.MustEvict(one, out _));
        int third = slots.Add(Instant.Zero, one);
        Assert.True(slots.MustEvict(one, out int ofOne));
        Assert.True(slots.MustEvict(two, out int ofAll));
        Assert.Equal((second, first), (ofOne, ofAll));
        slots.Remove(second);
        Assert.Equal(first, slots.Oldest);
        slots.Remove(first);
        Assert.Equal((third, 1), (slots.Oldest, slots.Count));
    }

    /// <summary>Thousands of links whose timers fall together are served in turns, none forgotten. (LINK.QUEUE)</summary>
    [Fact]
    public void MoreTimersThanTheQueueHolds_AreAllServed()
    {
        LinkNetwork network = new(84);
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        HashSet<PeerAddress> asked = [];
        network.Tap = (_, to, _) => asked.Add(to) && false;
        for (int count = 0; count < 2000; count++)
        {
            RelayId relay = RelayId.FromBytes(LinkNetwork.Filled(1, 32)) with { Low = (UInt128)count };
            PeerAddress address = new(IpAddress.FromIPv4(0x0A00_0000u + (uint)count), 443);
            _ = client.Table.Open(network.Now, new LinkTarget(relay, address, default));
            network.Drain(client);
        }

        asked.Clear();
        network.Run(TimeSpan.FromMilliseconds(310));
        Assert.Equal(2000, asked.Count);
        network.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(2000, client.Events.Count(linkEvent => linkEvent.Reason == LinkCloseReason.Unreachable));
        Assert.Equal(0, client.Table.Stats.Links);
    }

    /// <summary>A link key of low order cannot be used; the link fails and nothing throws. (LINK.HANDSHAKE)</summary>
    [Fact]
    public void TargetWithUselessKey_FailsAtOnce()
    {
        LinkNetwork network = new(85);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        _ = client.Table.Open(network.Now, relay.Target with { Key = default });
        network.Drain(client);
        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(LinkCloseReason.HandshakeFailed, client.Events.Single().Reason);
    }

    /// <summary>A REPLY that does not read is tried again with a new nonce, twice. (LINK.RETRY)</summary>
    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void SpoiltReply_IsTriedAnew(int spoilt, bool opens)
    {
        LinkNetwork network = new(86);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        byte[] cookie = new byte[32];
        int replies = 0;
        network.Arriving = (_, _, datagram) =>
        {
            if (!HandshakeTests.IsHandshake(datagram))
            {
                return;
            }

            if (datagram[3] == 2)
            {
                cookie = datagram[LinkLayout.CookieOffset..LinkLayout.CookieFillOffset];
            }

            // Who reads the path knows the cookie and can forge.
            if (datagram[3] == 4 && datagram[4] == 0 && replies++ < spoilt)
            {
                datagram[200] ^= 1;
                FragmentMac.Write(cookie, datagram);
            }
        };
        LinkId link = network.Open(client, relay);
        Assert.Equal(opens, network.RunUntil(() => client.Table.IsOpen(link), TimeSpan.FromSeconds(5)));
        Assert.Equal(!opens, client.Events.Any(linkEvent => linkEvent.Reason == LinkCloseReason.HandshakeFailed));
        Assert.Equal(spoilt, client.Table.Drops[LinkDrop.HandshakeFailed]);
    }

    private static SourcePrefix Prefix(string address) => SourcePrefix.Of(LinkNetwork.Address(address));
}
