using System;
using System.Linq;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>Dead peers, idle links, moved peers, goodbyes. (LINK.LIVENESS, LINK.IDLE, LINK.ROAM, LINK.CLOSE, LINK.CONFIRM)</summary>
public sealed class LivenessTests
{
    private readonly LinkNetwork _network = new(41);
    private readonly LinkNode _relay;
    private readonly LinkNode _client;
    private readonly LinkId _atClient;
    private readonly LinkId _atRelay;

    public LivenessTests()
    {
        _relay = _network.AddRelay("A", "192.0.2.1:443");
        _client = _network.AddClient("c", "198.51.100.7:5000");
        (_atClient, _atRelay) = _network.Connect(_client, _relay);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BusyLinkWithSilentPeer_IsDeadAfterFourSeconds(bool isClientWatching)
    {
        LinkNode watcher = isClientWatching ? _client : _relay;
        LinkId link = isClientWatching ? _atClient : _atRelay;
        Instant lastSign = _network.Now;
        _network.Arriving = (node, _, _) => lastSign = node == watcher ? _network.Now : lastSign;
        watcher.Table.SetBusy(_network.Now, link, true);
        _network.Run(TimeSpan.FromSeconds(30));
        Assert.True(watcher.Table.IsOpen(link));
        int events = watcher.Events.Count;
        _network.Tap = (node, _, _) => node == watcher;
        Assert.True(_network.RunUntil(() => watcher.Events.Count > events, TimeSpan.FromSeconds(10)));
        Assert.Equal(LinkCloseReason.Dead, watcher.Events[^1].Reason);
        Assert.Equal(4000, (_network.Now - lastSign).TotalMilliseconds);
    }

    [Fact]
    public void BusyLinkUnderHeavyLoss_Lives()
    {
        _network.Faults = new LinkFaults { LossPercent = 20 };
        _client.Table.SetBusy(_network.Now, _atClient, true);
        _relay.Table.SetBusy(_network.Now, _atRelay, true);
        _network.Run(TimeSpan.FromSeconds(60));
        Assert.True(_client.Table.IsOpen(_atClient) && _relay.Table.IsOpen(_atRelay));
        Assert.NotNull(_client.Table.RoundTripOf(_atClient));
        Assert.Equal(40, _client.Table.RoundTripOf(_atClient)!.Value.TotalMilliseconds);
    }

    [Fact]
    public void IdleClient_PingsEveryFifteenSeconds()
    {
        int sent = 0;
        _network.Tap = (node, _, _) =>
        {
            sent += node == _client ? 1 : 0;
            return true;
        };
        _network.Run(TimeSpan.FromSeconds(300));
        Assert.InRange(sent, 18, 20);
    }

    [Fact]
    public void LinkWithoutCircuits_ClosesAfterTenMinutes()
    {
        _network.Run(TimeSpan.FromSeconds(590));
        Assert.True(_client.Table.IsOpen(_atClient));
        _network.Run(TimeSpan.FromSeconds(20));
        Assert.False(_client.Table.IsOpen(_atClient));
        Assert.Contains(_relay.Events.Concat(_client.Events), linkEvent => linkEvent.Reason == LinkCloseReason.Idle);
        Assert.Equal(0, _relay.Table.Stats.Links + _client.Table.Stats.Links);
        Assert.Equal(Instant.Never, _client.Table.PollTimeout());
    }

    [Fact]
    public void LinkWithCircuits_OutlivesTenMinutes()
    {
        _client.Table.SetBusy(_network.Now, _atClient, true);
        _relay.Table.SetBusy(_network.Now, _atRelay, true);
        _network.Run(TimeSpan.FromSeconds(1300));
        Assert.True(_client.Table.IsOpen(_atClient));
        _client.Table.SetBusy(_network.Now, _atClient, false);
        _network.Run(TimeSpan.FromSeconds(599));
        Assert.True(_client.Table.IsOpen(_atClient));
        _network.Run(TimeSpan.FromSeconds(2));
        Assert.False(_client.Table.IsOpen(_atClient));
    }

    [Fact]
    public void Close_TellsThePeer()
    {
        _client.Table.Close(_network.Now, _atClient);
        _network.Drain(_client);
        _network.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(LinkCloseReason.Local, _client.Events[^1].Reason);
        Assert.Equal(new LinkEvent(LinkEventKind.Closed, _atRelay, null, false, LinkCloseReason.Peer), _relay.Events[^1]);
        Assert.False(_network.Send(_client, _atClient, 1, 1, 1));
        Assert.Null(_client.Table.Find(_relay.Identity));
    }

    [Fact]
    public void ClientMoves_TheLinkFollowsItsNewestDatagram()
    {
        byte[] late = [];
        _network.Tap = (_, _, datagram) =>
        {
            late = [.. datagram];
            return false;
        };
        Assert.True(_network.Send(_client, _atClient, 1, 1, 1));
        _network.Tap = null;
        _network.Move(_client, "198.51.100.99:6000");
        Assert.True(_network.Send(_client, _atClient, 1, 2, 1));
        _network.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, _relay.Table.Stats.Roams);

        // An older datagram held back and sent from elsewhere is taken as a cell but moves nothing.
        Assert.Equal(LinkDrop.None, _network.Inject(_relay, LinkNetwork.Address("203.0.113.200:1"), late));
        Assert.Equal(1, _relay.Table.Stats.Roams);
        Assert.True(_network.Send(_relay, _atRelay, 1, 1, 1));
        _network.Run(TimeSpan.FromMilliseconds(100));
        _ = Assert.Single(_client.Cells);
    }

    [Theory]
    [InlineData("127.0.0.1:6000")]
    [InlineData("[2001:db8::1]:6000")]
    [InlineData("[::1]:6000")]
    public void DatagramFromAnotherKindOfAddress_MovesNothing(string address)
    {
        PeerAddress home = _client.Address;
        _network.Move(_client, address);
        Assert.True(_network.Send(_client, _atClient, 1, 1, 1));
        _network.Run(TimeSpan.FromMilliseconds(100));
        _ = Assert.Single(_relay.Cells);
        Assert.Equal(1, _relay.Table.Drops[LinkDrop.RoamRefused]);
        PeerAddress to = default;
        _network.Tap = (_, destination, _) =>
        {
            to = destination;
            return true;
        };
        Assert.True(_network.Send(_relay, _atRelay, 1, 1, 1));
        Assert.Equal(home, to);
    }

    [Fact]
    public void InitiatorNeverMoves()
    {
        PeerAddress home = _relay.Address;
        _network.Move(_relay, "192.0.2.77:443");
        Assert.True(_network.Send(_relay, _atRelay, 1, 1, 1));
        _network.Run(TimeSpan.FromMilliseconds(100));
        _ = Assert.Single(_client.Cells);
        PeerAddress to = default;
        _network.Tap = (_, destination, _) =>
        {
            to = destination;
            return true;
        };
        Assert.True(_network.Send(_client, _atClient, 1, 1, 1));
        Assert.Equal(home, to);
        Assert.Equal(1, _client.Table.Drops[LinkDrop.RoamRefused]);
    }

    /// <summary>The responder says nothing and carries nothing before it has heard the initiator use the keys. (LINK.CONFIRM)</summary>
    [Fact]
    public void UnconfirmedLink_SealsNothingAndIsForgotten()
    {
        LinkNode mute = _network.AddClient("m", "198.51.100.50:5000");
        _network.Tap = (node, _, datagram) => node != mute || HandshakeTests.IsHandshake(datagram);
        LinkId link = _network.Open(mute, _relay);
        Assert.True(_network.RunUntil(() => mute.Table.IsOpen(link), TimeSpan.FromSeconds(1)));
        Assert.Equal(1, _relay.Table.Stats.HalfOpenLinks);
        int events = _relay.Events.Count;
        _network.Run(TimeSpan.FromSeconds(11));
        Assert.Equal(0, _relay.Table.Stats.HalfOpenLinks);
        Assert.Equal(events, _relay.Events.Count);
        Assert.Equal(LinkCloseReason.Dead, mute.Events[^1].Reason);
    }

    [Fact]
    public void NobodyThere_IsUnreachableAfterFiveTries()
    {
        LinkNode lonely = _network.AddClient("l", "198.51.100.51:5000");
        int sent = 0;
        _network.Tap = (node, _, _) =>
        {
            sent += node == lonely ? 1 : 0;
            return node != lonely;
        };
        Instant start = _network.Now;
        _ = _network.Open(lonely, _relay);
        Assert.True(_network.RunUntil(() => lonely.Events.Count > 0, TimeSpan.FromSeconds(20)));
        Assert.Equal(LinkCloseReason.Unreachable, lonely.Events[0].Reason);
        Assert.Equal(9300, (_network.Now - start).TotalMilliseconds);
        Assert.Equal(5, sent);
    }
}
