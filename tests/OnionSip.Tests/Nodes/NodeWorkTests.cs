using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Nodes;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>NODE.WORK: a relay that hands its handshakes out says the same bytes as one that does them on the spot.</summary>
public sealed class NodeWorkTests
{
    [Fact]
    public void HandedOut_EveryDatagramIsTheSame()
    {
        List<(PeerAddress From, PeerAddress To, byte[] Datagram)> onTheSpot = Record(handsOutWork: false);
        List<(PeerAddress From, PeerAddress To, byte[] Datagram)> handedOut = Record(handsOutWork: true);
        Assert.True(onTheSpot.Count > 100);
        Assert.Equal(onTheSpot.Count, handedOut.Count);
        foreach (IGrouping<(PeerAddress, PeerAddress), byte[]> way in onTheSpot.GroupBy(static sent => (sent.From, sent.To), static sent => sent.Datagram))
        {
            IEnumerable<byte[]> same = handedOut.Where(sent => (sent.From, sent.To) == way.Key).Select(static sent => sent.Datagram);
            Assert.True(way.Zip(same).All(static pair => pair.First.AsSpan().SequenceEqual(pair.Second)), "a way with other bytes");
        }
    }

    /// <summary>A relay nobody takes work from answers nothing that costs a handshake, and goes on with the rest.</summary>
    [Fact]
    public void WorkNobodyTakes_WaitsWithinItsBounds()
    {
        using NodeMesh mesh = new(change: static options => options with { HandsOutWork = true });
        mesh.TakesWork = false;
        PathId path = mesh.Client.OpenPath(mesh.Now)!.Value;
        mesh.Run(TimeSpan.FromSeconds(2));
        Assert.All(mesh.Relays, static relay => Assert.Equal(0, relay.CircuitCount));
        mesh.TakesWork = true;
        mesh.Settle();
        mesh.Run(TimeSpan.FromSeconds(4));
        Assert.Contains(mesh.ClientEvents, told => told.Kind == ClientEventKind.PathReady && told.Path == path);
    }

    /// <summary>Each computation on a thread of its own, all at a time: they share nothing.</summary>
    [Fact]
    public void Work_RunsOnAnyThread()
    {
        using NodeMesh mesh = new(change: static options => options with { HandsOutWork = true });
        mesh.TakesWork = false;
        for (int path = 0; path < 6; path++)
        {
            Assert.NotNull(mesh.Client.OpenPath(mesh.Now));
        }

        for (int round = 0; round < 60; round++)
        {
            mesh.Run(TimeSpan.FromMilliseconds(50));
            RunOnThreads(mesh);
        }

        Assert.Equal(6, mesh.ClientEvents.Count(static told => told.Kind == ClientEventKind.PathReady));
        Assert.All(mesh.Relays, static relay => Assert.Equal(6, relay.CircuitCount));
    }

    [Fact]
    public void Circuits_OfOnePrefix_AreBoundedTogether()
    {
        using NodeMesh mesh = new(change: static options => options with { PrefixShare = LinkShare.Prefix with { MaxCircuits = 2 } });
        for (int path = 0; path < 3; path++)
        {
            Assert.NotNull(mesh.Client.OpenPath(mesh.Now));
        }

        mesh.Run(TimeSpan.FromSeconds(3));
        Assert.Equal(2, mesh.ClientEvents.Count(static told => told.Kind == ClientEventKind.PathReady));
        Assert.Equal(1, mesh.Relays.Sum(static relay => relay.CircuitDrops[CircuitDrop.TooManyCircuitsOfPrefix]));
    }

    private static void RunOnThreads(NodeMesh mesh)
    {
        List<(RelayNode Relay, NodeWork Work, Thread Thread)> running = [];
        foreach (RelayNode relay in mesh.Relays)
        {
            while (relay.PollWork(mesh.Now, out NodeWork? work))
            {
                Thread thread = new(work.Run);
                thread.Start();
                running.Add((relay, work, thread));
            }
        }

        // Brought back in another order than they were taken.
        running.Reverse();
        foreach ((RelayNode relay, NodeWork work, Thread thread) in running)
        {
            thread.Join();
            relay.HandleWork(mesh.Now, work);
        }
    }

    private static List<(PeerAddress From, PeerAddress To, byte[] Datagram)> Record(bool handsOutWork)
    {
        List<(PeerAddress, PeerAddress, byte[])> sent = [];
        using NodeMesh mesh = new(change: options => options with { HandsOutWork = handsOutWork });
        mesh.Tap = (from, to, datagram) =>
        {
            sent.Add((from, to, (byte[])datagram.Clone()));
            return true;
        };
        mesh.ReadyPath();
        mesh.ReadyPath();
        return sent;
    }
}
