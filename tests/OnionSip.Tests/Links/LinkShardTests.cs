using System;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>Shards of one relay are peers of their own. (LINK.SHARD, LINK.INDEX)</summary>
public sealed class LinkShardTests
{
    private readonly LinkNetwork _network = new(91);

    /// <summary>Two shards of one relay open to the same peer: both links stay; as one node the second would end the first.</summary>
    [Theory]
    [InlineData(2, true)]
    [InlineData(1, false)]
    public void TwoShards_HaveALinkEach(int shards, bool bothStay)
    {
        LinkNode first = AddShard("A0", "192.0.2.1:443", 0, shards);
        LinkNode second = AddShard("A1", "192.0.2.1:444", shards - 1, shards);
        LinkNode peer = _network.AddRelay("B", "198.51.100.7:443");
        _network.Introduce(first, peer);
        _network.Introduce(second, peer);
        (_, LinkId one) = _network.Connect(first, peer);
        (_, LinkId two) = _network.Connect(second, peer);
        Assert.Equal(bothStay, peer.Table.IsOpen(one));
        Assert.True(peer.Table.IsOpen(two));
        Assert.Equal(bothStay ? 2 : 1, peer.Table.Stats.Links);
    }

    /// <summary>A shard that lost its state replaces its own link and not the other's.</summary>
    [Fact]
    public void ShardThatStartsAgain_ReplacesItsOwnLink()
    {
        LinkNode first = AddShard("A0", "192.0.2.1:443", 0, 2);
        LinkNode second = AddShard("A1", "192.0.2.1:444", 1, 2);
        LinkNode peer = _network.AddRelay("B", "198.51.100.7:443");
        _network.Introduce(first, peer);
        _network.Introduce(second, peer);
        (_, LinkId one) = _network.Connect(first, peer);
        (_, LinkId two) = _network.Connect(second, peer);
        LinkNode again = AddShard("A1", "192.0.2.1:445", 1, 2, 1_800_000_100);
        _network.Introduce(again, peer);
        (_, LinkId three) = _network.Connect(again, peer);
        Assert.True(peer.Table.IsOpen(one));
        Assert.False(peer.Table.IsOpen(two));
        Assert.True(peer.Table.IsOpen(three));
    }

    /// <summary>The one that wants a link to the relay uses the one there is, whichever shard it goes to.</summary>
    [Fact]
    public void PeerThatWantsALink_UsesTheOneThereIs()
    {
        LinkNode shard = AddShard("A1", "192.0.2.1:444", 9, 16);
        LinkNode peer = _network.AddRelay("B", "198.51.100.7:443");
        _network.Introduce(shard, peer);
        (LinkId atShard, LinkId atPeer) = _network.Connect(shard, peer);
        Assert.Equal(atPeer, peer.Table.Open(_network.Now, shard.Target));
        Assert.Equal(atShard, shard.Table.Open(_network.Now, peer.Target));
    }

    /// <summary>What a shard's peers write in front of their datagrams names the shard.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(15)]
    public void Index_CarriesTheShard(int shard)
    {
        LinkNode relay = AddShard("A0", "192.0.2.1:443", shard, 16);
        byte[] index = new byte[3];
        _network.Tap = (node, _, datagram) =>
        {
            bool isSealed = datagram[0] != 0 || datagram[1] != 0 || datagram[2] != 0;
            if (node.Address != relay.Address && isSealed)
            {
                datagram.AsSpan(0, 3).CopyTo(index);
            }

            return true;
        };
        for (int count = 0; count < 8; count++)
        {
            LinkNode client = _network.AddClient("c", $"198.51.100.7:{5000 + count}");
            (LinkId link, _) = _network.Connect(client, relay);
            Assert.True(_network.Send(client, link, 1, 0, 7));
            Assert.Equal(shard, index[2] & 15);
        }
    }

    private LinkNode AddShard(string name, string address, int shard, int shards, long start = 1_800_000_000) => _network.AddRelay(
        name, address, options => options with { Shard = shard, Shards = shards, StartWallTime = new WallTime(start) });
}
