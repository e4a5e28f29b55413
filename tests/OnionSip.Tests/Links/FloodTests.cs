using System;
using System.Buffers.Binary;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>A million strangers with spoofed and poisoned fragments. (LINK.COOKIE, LINK.FRAGMENT-MAC, LINK.REASSEMBLY)</summary>
/// <remarks>Each attack is also run with the cookie check switched off, where it must work: else the test would prove nothing.</remarks>
public sealed class FloodTests
{
    private const int Sources = 1_000_000;
    private const int HandshakeArrivals = 8;
    private const long MaxHeapBytes = 4 << 20;

    private uint _source;

    /// <summary>Half HELLOs, half fragments, from a million addresses in a million /24s or nearly so.</summary>
    [Fact]
    public void MillionSpoofedSources_NothingGrowsAndAClientConnects()
    {
        LinkNetwork network = new(61);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        byte[] hello = LinkDropTests.Hello(1);
        byte[] fragment = LinkDropTests.InitFragment(1, 0, new byte[32]);
        Flood(relay, network.Now, hello, fragment, 1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int flooded = 0;
        network.Arriving = (node, _, _) =>
        {
            if (node == relay && flooded < Sources)
            {
                flooded += Sources / HandshakeArrivals;
                Flood(relay, network.Now, hello, fragment, Sources / HandshakeArrivals);
            }
        };

        LinkId link = network.Open(client, relay);
        Assert.True(network.RunUntil(() => client.Table.IsOpen(link), TimeSpan.FromMilliseconds(100)));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(flooded >= Sources, $"{flooded} sent");
        Assert.Equal(0, relay.Table.Stats.Reassemblies);
        Assert.Equal(1, relay.Table.Stats.Links);
        Assert.Equal(0, relay.Table.Drops[LinkDrop.ReassemblyEvicted]);
        Assert.True(relay.Table.Drops[LinkDrop.BadMac] >= Sources / 2);
        Assert.Equal(1, relay.Table.Stats.HandshakesComputed);
        Assert.True(allocated < MaxHeapBytes, $"{allocated} bytes allocated for {flooded} datagrams");
    }

    /// <summary>The control: without the cookie the same flood pushes the client's fragments out.</summary>
    [Fact]
    public void WithoutTheCookie_TheSameFloodLocksTheClientOut()
    {
        LinkNetwork network = new(61);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443", options => options with { RequireCookie = false });
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        byte[] hello = LinkDropTests.Hello(1);
        byte[] fragment = LinkDropTests.InitFragment(1, 0, new byte[32]);
        network.Arriving = (node, _, _) =>
        {
            if (node == relay)
            {
                Flood(relay, network.Now, hello, fragment, 2000);
            }
        };
        _ = network.Open(client, relay);
        Assert.True(network.RunUntil(() => client.Events.Count > 0, TimeSpan.FromSeconds(30)));
        Assert.Equal(LinkCloseReason.Unreachable, client.Events[0].Reason);
        Assert.True(relay.Table.Drops[LinkDrop.ReassemblyEvicted] > 1000);

        // Even then the table keeps its size.
        Assert.Equal(LinkParameters.MaxReassemblies, relay.Table.Stats.Reassemblies);
    }

    /// <summary>False fragments under the client's own address and handshake id: refused with the cookie, ruinous without.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void PoisonedFragments_SpoilAHandshakeOnlyWithoutTheCookie(bool requireCookie)
    {
        LinkNetwork network = new(62);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443", options => options with { RequireCookie = requireCookie });
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        network.Arriving = (node, from, datagram) =>
        {
            if (node == relay && HandshakeTests.IsHandshake(datagram))
            {
                ulong id = BinaryPrimitives.ReadUInt64BigEndian(datagram.AsSpan(LinkLayout.HandshakeIdOffset));
                byte[] poison = LinkDropTests.InitFragment(id, datagram[4] % 6, new byte[32]);
                _ = network.Inject(relay, from, poison);
            }
        };
        LinkId link = network.Open(client, relay);
        bool isOpen = network.RunUntil(() => client.Table.IsOpen(link), TimeSpan.FromSeconds(30));
        Assert.Equal(requireCookie, isOpen);
        Assert.Equal(!requireCookie, relay.Table.Drops[LinkDrop.HandshakeFailed] > 0);
    }

    /// <summary>Who can receive at his address takes places only of his own prefix. (LINK.LIMITS)</summary>
    [Fact]
    public void HonestSourcesOfOnePrefix_DoNotCrowdOutAnother()
    {
        LinkNetwork network = new(63);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        CookieThief thief = new(network, relay);
        network.Arriving = (node, _, datagram) =>
        {
            if (node == relay && HandshakeTests.IsHandshake(datagram))
            {
                thief.StartHandshakes(100);
            }
        };
        LinkId link = network.Open(client, relay);
        Assert.True(network.RunUntil(() => client.Table.IsOpen(link), TimeSpan.FromMilliseconds(200)));
        Assert.Equal(LinkParameters.MaxReassembliesPerPrefix, relay.Table.Stats.Reassemblies);
        Assert.True(relay.Table.Drops[LinkDrop.ReassemblyEvicted] > 500);
        network.Run(TimeSpan.FromSeconds(4));
        network.Arriving = null;
        thief.StartHandshakes(1);
        Assert.Equal(1, relay.Table.Stats.Reassemblies);
    }

    /// <summary>A million mutations of true datagrams into a live relay: no exception, no growth, a reason for each. (LINK.ERRORS)</summary>
    [Fact]
    public void MillionMutatedDatagrams_AreRefused()
    {
        LinkNetwork network = new(64);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        System.Collections.Generic.List<byte[]> corpus = [];
        network.Arriving = (node, _, datagram) =>
        {
            if (node == relay)
            {
                corpus.Add([.. datagram]);
            }
        };
        (LinkId link, _) = network.Connect(client, relay);
        Assert.True(network.Send(client, link, 1, 1, 1));
        network.Run(TimeSpan.FromMilliseconds(100));
        network.Arriving = null;
        int cells = relay.Cells.Count;
        SeededEntropy chance = new(5);
        byte[] cell = new byte[WireLayout.CellBytes];
        byte[] buffer = new byte[WireLayout.DatagramBytes];
        long taken = 0;
        long delivered = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int count = 0; count < Sources; count++)
        {
            uint draw = chance.NextUInt32();
            corpus[(int)(draw % (uint)corpus.Count)].CopyTo(buffer, 0);
            buffer[(int)((draw >> 8) % 280)] ^= (byte)(1 << (int)((draw >> 20) & 7));
            LinkDrop drop = relay.Table.HandleDatagram(network.Now, client.Address, buffer, cell, out ReceivedCell received);
            delivered += received.Kind == ReceivedKind.None ? 0 : 1;
            taken += drop == LinkDrop.None ? 1 : 0;
            _ = relay.Table.PollTransmit(network.Now, buffer, out _);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, delivered);

        // What was taken are HELLOs with another nonce: one in a dozen datagrams, 16 of their 280 bytes.
        Assert.InRange(taken, 0, Sources / 50);
        Assert.Equal(1, relay.Table.Stats.Links);
        Assert.Equal(0, relay.Table.Stats.Reassemblies);
        Assert.True(allocated < MaxHeapBytes, $"{allocated} bytes allocated");
        Assert.True(network.Send(client, link, 1, 2, 1));
        network.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(cells + 1, relay.Cells.Count);
    }

    private void Flood(LinkNode relay, Instant now, byte[] hello, byte[] fragment, int count)
    {
        byte[] buffer = new byte[WireLayout.DatagramBytes];
        byte[] cell = new byte[WireLayout.CellBytes];
        for (int done = 0; done < count; done++)
        {
            _source++;
            byte[] datagram = (_source & 1) == 0 ? hello : fragment;

            // An odd factor visits every address once.
            PeerAddress from = new(IpAddress.FromIPv4(unchecked(_source * 2_654_435_761u)), 4000);
            BinaryPrimitives.WriteUInt32BigEndian(datagram.AsSpan(LinkLayout.HandshakeIdOffset), _source);
            _ = relay.Table.HandleDatagram(now, from, datagram, cell, out _);
            _ = relay.Table.PollTransmit(now, buffer, out _);
        }
    }

    /// <summary>An attacker who really receives at the addresses of one /24.</summary>
    private sealed class CookieThief(LinkNetwork network, LinkNode relay)
    {
        private readonly byte[] _cell = new byte[WireLayout.CellBytes];
        private readonly byte[] _answer = new byte[WireLayout.DatagramBytes];
        private ulong _id = 1000;

        internal void StartHandshakes(int count)
        {
            for (int done = 0; done < count; done++)
            {
                _id++;
                PeerAddress from = new(IpAddress.FromIPv4(0xCB00_7100u + (uint)(_id % 250)), 7000);
                _ = relay.Table.HandleDatagram(network.Now, from, LinkDropTests.Hello(_id), _cell, out _);
                Assert.True(relay.Table.PollTransmit(network.Now, _answer, out _));
                byte[] cookie = _answer[LinkLayout.CookieOffset..LinkLayout.CookieFillOffset];
                _ = relay.Table.HandleDatagram(network.Now, from, LinkDropTests.InitFragment(_id, 0, cookie), _cell, out _);
            }
        }
    }
}
