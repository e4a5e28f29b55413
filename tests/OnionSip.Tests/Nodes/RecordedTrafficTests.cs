using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>
/// Recorded traffic of calls, and the same with malformed datagrams among it, given to a relay by trains and to its twin one by one:
/// the same datagrams leave. (MACHINE.TRAIN)
/// </summary>
public sealed class RecordedTrafficTests
{
    private const int Calls = 6;
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(30);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 2)]
    [InlineData(40, 3)]
    [InlineData(100, 4)]
    public void Trains_GiveWhatSingleDatagramsGive(int malformedPercent, ulong seed)
    {
        using NodeMesh mesh = new(relays: 3);
        List<(Instant Time, PeerAddress From, byte[] Datagram)> record = RecordCalls(mesh, out int guard);
        List<(Instant Time, PeerAddress From, List<byte[]> Datagrams)> trains = Gather(record, malformedPercent, new SeededEntropy(seed));
        Assert.True(trains.Count(static train => train.Datagrams.Count > 2) > 50);

        using RelayNode plain = mesh.Again(guard);
        using RelayNode fast = mesh.Again(guard);
        List<string> expected = Replay(plain, trains, usesTrains: false);
        List<string> actual = Replay(fast, trains, usesTrains: true);
        Assert.Equal(expected, actual);
        Assert.Equal(plain.ForwardedCells, fast.ForwardedCells);
        foreach (LinkDrop drop in Enum.GetValues<LinkDrop>())
        {
            Assert.Equal(plain.LinkDrops[drop], fast.LinkDrops[drop]);
        }

        foreach (OnionSip.Circuits.CircuitDrop drop in Enum.GetValues<OnionSip.Circuits.CircuitDrop>())
        {
            Assert.Equal(plain.CircuitDrops[drop], fast.CircuitDrops[drop]);
        }

        // The traffic is the real thing: circuits stand in the twins and voice went through.
        Assert.True(malformedPercent == 100 || plain.Voice.Sent > 500, $"{plain.Voice.Sent} voice cells, {expected.Count} datagrams");
        Assert.Equal(malformedPercent > 0, plain.LinkDrops[LinkDrop.BadTag] > 0);
        Assert.Equal(malformedPercent > 0, plain.LinkDrops[LinkDrop.BadLength] > 0);
    }

    private static List<(Instant Time, PeerAddress From, byte[] Datagram)> RecordCalls(NodeMesh mesh, out int guard)
    {
        List<(Instant Time, PeerAddress To, PeerAddress From, byte[] Datagram)> all = [];
        mesh.Tap = (from, to, datagram) =>
        {
            all.Add((mesh.Now, to, from, datagram));
            return true;
        };
        List<PathId> paths = [];
        for (int call = 0; call < Calls; call++)
        {
            paths.Add(mesh.Client.OpenPath(mesh.Now, new PathOptions { IsVoice = true })!.Value);
            mesh.Run(TimeSpan.FromMilliseconds(400));
        }

        Assert.All(paths, path => Assert.True(mesh.Client.StartVoice(mesh.Now, path)));
        mesh.Run(TimeSpan.FromSeconds(4));
        PathId signalling = mesh.Client.OpenPath(mesh.Now)!.Value;
        mesh.Run(TimeSpan.FromSeconds(1));
        mesh.Client.ClosePath(mesh.Now, signalling);
        mesh.Client.ClosePath(mesh.Now, paths[0]);
        mesh.Run(TimeSpan.FromSeconds(2));
        string name = mesh.Client.RelaysOf(paths[1])[0].Name;
        guard = name[^1] - '0';
        PeerAddress address = NodeMesh.AddressOf(guard);
        return [.. all.Where(item => item.To == address).Select(static item => (item.Time, item.From, item.Datagram))];
    }

    /// <summary>What one sender sent within 30 ms comes together; some of it twice, cut, lengthened or with a bit flipped.</summary>
    private static List<(Instant Time, PeerAddress From, List<byte[]> Datagrams)> Gather(
        List<(Instant Time, PeerAddress From, byte[] Datagram)> record, int malformedPercent, SeededEntropy entropy)
    {
        List<(Instant Time, PeerAddress From, List<byte[]> Datagrams)> trains = [];
        foreach ((Instant time, PeerAddress from, byte[] datagram) in record)
        {
            int open = trains.FindLastIndex(train => train.From == from);
            if (open < 0 || time - trains[open].Time > s_gather)
            {
                trains.Add((time, from, []));
                open = trains.Count - 1;
            }

            trains[open].Datagrams.Add(datagram);
            if (entropy.NextInt32(100) < malformedPercent)
            {
                trains[open].Datagrams.Add(Spoil(datagram, entropy));
            }
        }

        return trains;
    }

    private static byte[] Spoil(byte[] datagram, SeededEntropy entropy)
    {
        byte[] spoilt = (byte[])datagram.Clone();
        switch (entropy.NextInt32(4))
        {
            case 0:
                break;
            case 1:
                return spoilt[..entropy.NextInt32(spoilt.Length)];
            default:
                spoilt[entropy.NextInt32(spoilt.Length)] ^= (byte)(1 << entropy.NextInt32(8));
                break;
        }

        return spoilt;
    }

    private static List<string> Replay(
        RelayNode relay, List<(Instant Time, PeerAddress From, List<byte[]> Datagrams)> trains, bool usesTrains)
    {
        List<string> left = [];
        foreach ((Instant first, PeerAddress from, List<byte[]> datagrams) in trains)
        {
            Instant time = first + s_gather;
            while (relay.PollTimeout() is { } due && due <= time)
            {
                relay.HandleTimeout(Instant.Max(due, Instant.FromMilliseconds(1000)));
                Drain(relay, Instant.Max(due, Instant.FromMilliseconds(1000)), usesTrains, left);
            }

            if (usesTrains)
            {
                HandleTrains(relay, time, from, datagrams);
            }
            else
            {
                datagrams.ForEach(datagram => relay.HandleDatagram(time, from, datagram));
            }

            Drain(relay, time, usesTrains, left);
        }

        return left;
    }

    /// <summary>A train is datagrams of one length and at its end a shorter one: others begin the next.</summary>
    private static void HandleTrains(RelayNode relay, Instant time, PeerAddress from, List<byte[]> datagrams)
    {
        List<byte[]> train = [];
        foreach (byte[] datagram in datagrams)
        {
            if (train.Count > 0 && (train[^1].Length < train[0].Length || datagram.Length > train[0].Length))
            {
                relay.HandleTrain(time, from, train.SelectMany(static item => item).ToArray(), train[0].Length);
                train.Clear();
            }

            if (datagram.Length == 0)
            {
                // No train holds a datagram of nothing: it comes by itself.
                relay.HandleDatagram(time, from, datagram);
                continue;
            }

            train.Add(datagram);
        }

        if (train.Count > 0)
        {
            relay.HandleTrain(time, from, train.SelectMany(static item => item).ToArray(), train[0].Length);
        }
    }

    private static void Drain(RelayNode relay, Instant now, bool usesTrains, List<string> left)
    {
        byte[] buffer = new byte[Train.SegmentsMax * WireLayout.DatagramBytes];
        bool any = true;
        while (any)
        {
            any = TakeEvents(relay, now);
            while (usesTrains ? TakeTrain(relay, now, buffer, left) : TakeOne(relay, now, buffer, left))
            {
                any = true;
            }
        }
    }

    private static bool TakeEvents(RelayNode relay, Instant now)
    {
        bool any = false;
        while (relay.PollEvent(out _))
        {
            any = true;
        }

        while (relay.PollWork(now, out NodeWork? work))
        {
            any = true;
            work.Run();
            relay.HandleWork(now, work);
        }

        return any;
    }

    private static bool TakeOne(RelayNode relay, Instant now, byte[] buffer, List<string> left)
    {
        bool any = relay.PollTransmit(now, buffer, out Transmit transmit);
        if (any)
        {
            left.Add(transmit.To.Address.Reveal() + " " + Convert.ToHexString(buffer, 0, transmit.Bytes));
        }

        return any;
    }

    private static bool TakeTrain(RelayNode relay, Instant now, byte[] buffer, List<string> left)
    {
        bool any = relay.PollTrain(now, buffer, out Train train);
        for (int offset = 0; any && offset < train.Bytes; offset += train.SegmentBytes)
        {
            int bytes = Math.Min(train.SegmentBytes, train.Bytes - offset);
            left.Add(train.To.Address.Reveal() + " " + Convert.ToHexString(buffer, offset, bytes));
        }

        return any;
    }
}
