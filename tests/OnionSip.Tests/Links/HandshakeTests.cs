using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>What strangers, tamperers and replayers get from a handshake: nothing. (LINK.HANDSHAKE, LINK.FRAGMENT-MAC, LINK.INIT)</summary>
public sealed class HandshakeTests
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(40);

    /// <summary>Every byte of every handshake datagram is flipped before the true one arrives: (LINK.HANDSHAKE-DATAGRAM, LINK.COOKIE)</summary>
    [Theory]
    [InlineData(0x01)]
    [InlineData(0x80)]
    public void EveryTamperedByte_IsRefusedAndTheLinkOpens(byte flip)
    {
        LinkNetwork network = new(10);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        int injected = 0;
        List<string> taken = [];
        network.Arriving = (node, from, datagram) =>
        {
            if (!IsHandshake(datagram))
            {
                return;
            }

            for (int offset = 0; offset < datagram.Length; offset++)
            {
                byte[] changed = [.. datagram];
                changed[offset] ^= flip;
                injected++;
                if (!MayBeTaken(datagram, offset) && network.Inject(node, from, changed) == LinkDrop.None)
                {
                    taken.Add($"type {datagram[3]} fragment {datagram[4]} offset {offset}");
                }
            }
        };
        LinkId link = network.Open(client, relay);
        Assert.True(network.RunUntil(() => relay.Events.Count > 0, TimeSpan.FromMilliseconds(200)));
        Assert.Empty(taken);
        Assert.True(injected >= 15 * 280, $"{injected} tampered");
        Assert.True(network.Send(client, link, 1, 1, 1));
        network.Run(TimeSpan.FromSeconds(1));
        _ = Assert.Single(relay.Cells);
    }

    /// <summary>The cookie itself cannot be checked by who gets it; a spoilt one only costs time. (LINK.RETRY)</summary>
    [Fact]
    public void SpoiltCookie_IsAskedForAgain()
    {
        LinkNetwork network = new(11);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        int cookies = 0;
        network.Tap = (_, _, datagram) =>
        {
            if (IsHandshake(datagram) && datagram[3] == 2 && cookies++ == 0)
            {
                datagram[30] ^= 1;
            }

            return true;
        };
        LinkId link = network.Open(client, relay);
        Assert.True(network.RunUntil(() => client.Table.IsOpen(link), s_longest));
        Assert.True(relay.Table.Drops[LinkDrop.BadMac] > 0);
        Assert.True(cookies >= 2);
    }

    /// <summary>A responder that restarts amid the handshake has other secrets; the initiator finds out. (LINK.RETRY)</summary>
    [Fact]
    public void ResponderRestartsAmidTheHandshake_TheInitiatorGetsANewCookie()
    {
        LinkNetwork network = new(18);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode client = network.AddClient("c", "198.51.100.7:5000");
        LinkNode reborn = network.AddRelay("A", "192.0.2.2:443");
        bool isReborn = false;
        network.Arriving = (node, _, datagram) =>
        {
            if (node == relay && !isReborn && IsHandshake(datagram) && datagram[3] == 3)
            {
                isReborn = true;
                relay.Table = reborn.Table;
            }
        };
        LinkId link = network.Open(client, relay);
        Assert.True(network.RunUntil(() => client.Table.IsOpen(link), TimeSpan.FromSeconds(3)));
        Assert.True(reborn.Table.Drops[LinkDrop.BadMac] > 0);
    }

    /// <summary>A secret makes cookies for two minutes and is accepted for two more. (LINK.COOKIE)</summary>
    [Fact]
    public void CookieOfOtherBucket_IsAcceptedOnceMoreAndThenNot()
    {
        LinkNetwork network = new(12);
        CookieJar jar = new(network.Now, new SeededEntropy(1));
        PeerAddress from = LinkNetwork.Address("198.51.100.7:5000");
        byte[] cookie = new byte[32];
        jar.Bake(network.Now, from, 77, cookie);
        byte[] fragment = Fragment(77, cookie);
        byte[] scratch = new byte[32];
        Assert.True(jar.TryVerify(network.Now + TimeSpan.FromSeconds(239), from, fragment, scratch));
        Assert.False(jar.TryVerify(network.Now + TimeSpan.FromSeconds(360), from, fragment, scratch));
    }

    /// <summary>Another address, port or handshake has another cookie. (LINK.COOKIE)</summary>
    [Theory]
    [InlineData("198.51.100.8:5000", 77)]
    [InlineData("198.51.100.7:5001", 77)]
    [InlineData("198.51.100.7:5000", 78)]
    public void CookieOfSomethingElse_IsRefused(string source, ulong handshakeId)
    {
        CookieJar jar = new(Instant.Zero, new SeededEntropy(1));
        byte[] cookie = new byte[32];
        jar.Bake(Instant.Zero, LinkNetwork.Address("198.51.100.7:5000"), 77, cookie);
        byte[] scratch = new byte[32];
        Assert.True(jar.TryVerify(Instant.Zero, LinkNetwork.Address("198.51.100.7:5000"), Fragment(77, cookie), scratch));
        Assert.False(jar.TryVerify(Instant.Zero, LinkNetwork.Address(source), Fragment(handshakeId, cookie), scratch));
    }

    /// <summary>Each datagram of a link sent again opens nothing, delivers nothing, ends nothing. (LINK.REPLAY, LINK.REPLY, LINK.STAMP)</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReplayOfEveryDatagram_ChangesNothing(bool isRelay)
    {
        LinkNetwork network = new(13);
        LinkNode responder = network.AddRelay("A", "192.0.2.1:443");
        LinkNode initiator = isRelay ? network.AddRelay("B", "203.0.113.5:443") : network.AddClient("c", "198.51.100.7:5000");
        Introduce(network, responder, initiator, isRelay);
        List<(LinkNode To, PeerAddress From, byte[] Bytes)> recorded = [];
        network.Arriving = (node, from, datagram) => recorded.Add((node, from, [.. datagram]));
        (LinkId link, _) = network.Connect(initiator, responder);
        Assert.True(network.Send(initiator, link, 1, 1, 1));
        network.Run(TimeSpan.FromMilliseconds(100));
        network.Arriving = null;
        int cells = responder.Cells.Count + initiator.Cells.Count;
        int events = responder.Events.Count + initiator.Events.Count;

        foreach ((LinkNode to, PeerAddress from, byte[] bytes) in recorded)
        {
            LinkDrop drop = network.Inject(to, from, bytes);
            Assert.True(drop != LinkDrop.None || (IsHandshake(bytes) && bytes[3] == 1), $"type {bytes[3]}: {drop}");
        }

        network.Run(TimeSpan.FromSeconds(20));
        Assert.Equal(cells, responder.Cells.Count + initiator.Cells.Count);
        Assert.Equal(events, responder.Events.Count + initiator.Events.Count);
        Assert.Equal(1, responder.Table.Stats.Links);
        Assert.Equal(0, responder.Table.Stats.HalfOpenLinks);
    }

    /// <summary>After the link is gone its INIT makes at most a half-open link that nobody can confirm, or nothing at all. (LINK.STAMP, LINK.CONFIRM)</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReplayAfterClose_OpensNothing(bool isRelay)
    {
        LinkNetwork network = new(14);
        LinkNode responder = network.AddRelay("A", "192.0.2.1:443");
        LinkNode initiator = isRelay ? network.AddRelay("B", "203.0.113.5:443") : network.AddClient("c", "198.51.100.7:5000");
        Introduce(network, responder, initiator, isRelay);
        List<(PeerAddress From, byte[] Bytes)> recorded = [];
        network.Arriving = (node, from, datagram) =>
        {
            if (node == responder)
            {
                recorded.Add((from, [.. datagram]));
            }
        };
        (LinkId link, _) = network.Connect(initiator, responder);
        initiator.Table.Close(network.Now, link);
        network.Drain(initiator);
        network.Run(TimeSpan.FromMilliseconds(200));
        Assert.Equal(LinkCloseReason.Peer, responder.Events[^1].Reason);
        int events = responder.Events.Count;
        network.Arriving = null;

        recorded.ForEach(datagram => network.Inject(responder, datagram.From, datagram.Bytes));
        Assert.Equal(isRelay ? 0 : 1, responder.Table.Stats.HalfOpenLinks);
        Assert.Equal(isRelay ? 1 : 0, responder.Table.Drops[LinkDrop.ReplayedInit]);
        network.Run(TimeSpan.FromSeconds(20));
        Assert.Equal(events, responder.Events.Count);
        Assert.Equal(0, responder.Table.Stats.Links);
    }

    /// <summary>No answer is larger than its question, whatever is lost or comes twice. (LINK.REPLY)</summary>
    [Fact]
    public void ResponderNeverSendsMoreThanItReceived()
    {
        int total = 0;
        for (ulong seed = 0; seed < 50; seed++)
        {
            LinkNetwork network = new(seed, new LinkFaults { LossPercent = 30, DuplicatePercent = 30, JitterMilliseconds = 40 });
            LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
            LinkNode client = network.AddClient("c", "198.51.100.7:5000");
            int received = 0;
            int sent = 0;
            int worst = 0;
            network.Arriving = (node, _, datagram) => received += node == relay ? 1 : 0;
            network.Tap = (node, _, _) =>
            {
                sent += node == relay ? 1 : 0;
                worst = Math.Max(worst, sent - received);
                return true;
            };
            _ = network.Open(client, relay);
            network.Run(TimeSpan.FromSeconds(8));
            Assert.True(worst <= 0, $"seed {seed}: {worst} more sent than received");
            total += sent;
        }

        Assert.True(total > 500, $"{total} datagrams sent in all");
    }

    /// <summary>The prologue and the static key bind network, relay and role. (LINK.HANDSHAKE)</summary>
    [Theory]
    [InlineData("network")]
    [InlineData("identity")]
    [InlineData("key")]
    public void WrongTarget_NeverOpens(string wrong)
    {
        LinkNetwork network = new(15);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        LinkNode other = network.AddRelay("B", "203.0.113.5:443");
        byte[] networkId = LinkNetwork.Filled(wrong == "network" ? (byte)1 : (byte)0x4E, 32);
        LinkNode client = network.AddClient("c", "198.51.100.7:5000", options => options with { NetworkId = networkId });
        LinkTarget target = wrong switch
        {
            "identity" => relay.Target with { Relay = other.Identity },
            "key" => relay.Target with { Key = other.Key },
            _ => relay.Target,
        };
        LinkId link = client.Table.Open(network.Now, target);
        network.Drain(client);
        Assert.True(network.RunUntil(() => client.Events.Count > 0, s_longest));
        Assert.Equal(new LinkEvent(LinkEventKind.Closed, link, target.Relay, true, LinkCloseReason.Unreachable), client.Events[0]);
        Assert.True(relay.Table.Drops[LinkDrop.HandshakeFailed] > 0);
        Assert.Equal(0, relay.Table.Stats.Links);
    }

    /// <summary>AES where both have it, ChaCha otherwise. (LINK.SUITE)</summary>
    [Theory]
    [InlineData(LinkSuites.ChaCha20Poly1305, LinkSuites.Aes256Gcm | LinkSuites.ChaCha20Poly1305)]
    [InlineData(LinkSuites.Aes256Gcm | LinkSuites.ChaCha20Poly1305, LinkSuites.ChaCha20Poly1305)]
    [InlineData(LinkSuites.Aes256Gcm | LinkSuites.ChaCha20Poly1305, LinkSuites.Aes256Gcm | LinkSuites.ChaCha20Poly1305)]
    public void EverySuite_CarriesCells(LinkSuites ofClient, LinkSuites ofRelay)
    {
        LinkNetwork network = new(16);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443", options => options with { Suites = ofRelay });
        LinkNode client = network.AddClient("c", "198.51.100.7:5000", options => options with { Suites = ofClient });
        (LinkId atClient, LinkId atRelay) = network.Connect(client, relay);
        Assert.True(network.Send(client, atClient, 1, 1, 1));
        Assert.True(network.Send(relay, atRelay, 1, 1, 1));
        network.Run(TimeSpan.FromMilliseconds(100));
        _ = Assert.Single(relay.Cells);
        _ = Assert.Single(client.Cells);
    }

    /// <summary>(LINK.SUITE)</summary>
    [Theory]
    [InlineData(LinkSuites.Aes256Gcm, LinkSuites.Aes256Gcm | LinkSuites.ChaCha20Poly1305, true, 1)]
    [InlineData(LinkSuites.ChaCha20Poly1305, LinkSuites.Aes256Gcm | LinkSuites.ChaCha20Poly1305, true, 2)]
    [InlineData(LinkSuites.ChaCha20Poly1305, LinkSuites.Aes256Gcm, false, 0)]
    [InlineData(LinkSuites.None, LinkSuites.Aes256Gcm, false, 0)]
    [InlineData((LinkSuites)0xFC, (LinkSuites)0xFC, false, 0)]
    public void SuiteChoice_PrefersAes(LinkSuites ours, LinkSuites theirs, bool isChosen, byte suite)
    {
        Assert.Equal(isChosen, SuiteChoice.TryChoose(ours, theirs, out OnionSip.Crypto.AeadSuite chosen));
        Assert.True(!isChosen || (byte)chosen == suite);
    }

    /// <summary>Every length but one is refused and counted. (WIRE.DATAGRAM)</summary>
    [Fact]
    public void EveryOtherLength_IsRefused()
    {
        LinkNetwork network = new(17);
        LinkNode relay = network.AddRelay("A", "192.0.2.1:443");
        byte[] garbage = new byte[2001];
        new SeededEntropy(4).Fill(garbage);
        PeerAddress from = LinkNetwork.Address("198.51.100.7:5000");
        int refused = Enumerable.Range(0, 2001)
            .Count(length => network.Inject(relay, from, garbage[..length]) is LinkDrop.BadLength or LinkDrop.UnknownIndex);
        Assert.Equal(2001, refused);
        Assert.Equal(2000, relay.Table.Drops[LinkDrop.BadLength]);
    }

    internal static bool IsHandshake(byte[] datagram) => datagram[0] == 0 && datagram[1] == 0 && datagram[2] == 0;

    /// <summary>A HELLO's nonce may be anything; a cookie's bytes mean nothing to who gets it.</summary>
    private static bool MayBeTaken(byte[] datagram, int offset) =>
        (datagram[3] == 1 && offset is >= 8 and < 24) || (datagram[3] == 2 && offset is >= 24 and < 56);

    private static void Introduce(LinkNetwork network, LinkNode responder, LinkNode initiator, bool isRelay)
    {
        if (isRelay)
        {
            network.Introduce(responder, initiator);
        }
    }

    private static byte[] Fragment(ulong handshakeId, byte[] cookie)
    {
        byte[] datagram = new byte[280];
        byte[] message = new byte[HandshakeForm.MessageBytes(OnionSip.Crypto.HandshakeRole.ClientLink, HandshakeType.Init)];
        HandshakeDatagram.WriteFragment(
            HandshakeType.Init, OnionSip.Crypto.HandshakeRole.ClientLink, handshakeId, message, 0, cookie, datagram);
        return datagram;
    }
}
