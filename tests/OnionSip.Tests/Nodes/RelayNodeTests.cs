using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>NODE.RELAY, NODE.PUMP, NODE.EXTEND, NODE.EXIT, NODE.PATH, NODE.CLIENT, NODE.HOP, NODE.DROPS, NODE.TRANSMIT, NODE.DEADLINES, NODE.SHUTDOWN, NODE.PROBE</summary>
[Collection(AloneCollection.Name)]
public sealed class RelayNodeTests(ITestOutputHelper output)
{
    private static readonly PeerAddress s_provider = new(IpAddress.FromIPv4(0x7F090909), 5060);

    [Fact]
    public void Client_BuildsThreeHops_AndEveryDatagramHasOneSize()
    {
        using NodeMesh mesh = new();
        HashSet<int> sizes = [];
        mesh.Tap = (_, _, datagram) => sizes.Add(datagram.Length) || true;
        PathId path = mesh.ReadyPath();
        Assert.Equal(3, mesh.Client.RelaysOf(path).Count);
        Assert.Equal([WireLayout.DatagramBytes], sizes);
    }

    [Fact]
    public void ClientDatagrams_GoToTheGuardOnly_AndTheExitNeverSeesTheClient()
    {
        using NodeMesh mesh = new();
        HashSet<PeerAddress> sentTo = [];
        HashSet<PeerAddress> heardBy = [];
        mesh.Tap = (from, to, _) => (from == NodeMesh.ClientAddress && sentTo.Add(to)) | (to == NodeMesh.ClientAddress && heardBy.Add(from)) || true;
        PathId path = mesh.ReadyPath();
        PeerAddress guard = mesh.Client.RelaysOf(path)[0].Addresses[0];
        Assert.Equal([guard], sentTo);
        Assert.Equal([guard], heardBy);
    }

    [Fact]
    public void ConnectByName_IsCheckedAfterTheLookup()
    {
        using NodeMesh mesh = new("accept 127.9.9.9:5060");
        PathId path = mesh.ReadyPath();
        mesh.Client.OpenStream(mesh.Now, path, WireHost.FromName("provider.test"u8), 5060);
        mesh.Settle();
        (RelayNode exit, RelayEvent lookup) = mesh.RelayEvents.Dequeue();
        Assert.Equal(RelayEventKind.ExitLookup, lookup.Kind);
        exit.HandleExitLookup(mesh.Now, lookup.Key, [IpAddress.FromIPv4(0x0A0A0A0A), s_provider.Address]);
        mesh.Settle();
        Assert.Equal((RelayEventKind.ExitConnect, s_provider), (mesh.RelayEvents.Peek().Event.Kind, mesh.RelayEvents.Peek().Event.Endpoint));
    }

    [Fact]
    public void ConnectToForbiddenAddress_IsRefused_AndTheControlIsNot()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.ReadyPath();
        mesh.Client.OpenStream(mesh.Now, path, WireHost.FromAddress(IpAddress.FromIPv4(0xA9FEA9FE)), 80);
        mesh.Run(TimeSpan.FromSeconds(1));
        Assert.Empty(mesh.RelayEvents);
        Assert.Contains(mesh.ClientEvents, static e => e.Kind == ClientEventKind.StreamFailed && e.Status == ControlStatus.Refused);
        mesh.Client.OpenStream(mesh.Now, path, WireHost.FromAddress(s_provider.Address), 5060);
        mesh.Settle();
        Assert.Equal(RelayEventKind.ExitConnect, mesh.RelayEvents.Peek().Event.Kind);
    }

    [Fact]
    public void UnconsentedSource_IsDroppedAndCounted_AndConsentedArrives()
    {
        using NodeMesh mesh = new();
        (PathId path, FlowKey flow, RelayNode exit, ExitKey key) = Associated(mesh);
        exit.HandleExitDatagram(mesh.Now, key, false, new(IpAddress.FromIPv4(0x7F080808), 9), new byte[172]);
        exit.HandleExitDatagram(mesh.Now, key, false, s_provider, new byte[172]);
        mesh.Settle();
        byte[] datagram = new byte[2048];
        Assert.True(mesh.Client.TryReceiveDatagram(path, out FlowKey from, out bool isRtcp, out PeerAddress source, datagram, out int bytes));
        Assert.Equal((flow, false, s_provider, 172), (from, isRtcp, source, bytes));
        Assert.False(mesh.Client.TryReceiveDatagram(path, out _, out _, out _, datagram, out _));
        Assert.Equal(1, exit.Drops[RelayDrop.SourceNotConsented]);
    }

    /// <summary>What the node says itself may fill the ring, and is lost beyond it. NODE.TRANSMIT</summary>
    [Fact]
    public void OwnCellsBeyondTheRing_AreDropped()
    {
        using NodeMesh mesh = new(change: static options => options with { TransmitDatagrams = 64 });
        (_, _, RelayNode exit, ExitKey key) = Associated(mesh);
        for (int count = 0; count < 70; count++)
        {
            exit.HandleExitDatagram(mesh.Now, key, false, s_provider, new byte[172]);
        }

        Assert.InRange(exit.Drops[RelayDrop.TransmitFull], 6, 70);
        Assert.Equal(0, exit.Drops[RelayDrop.LinkShareFull]);
    }

    [Fact]
    public void DatagramToUnnamedDestination_NeverReachesTheHost()
    {
        using NodeMesh mesh = new();
        (_, FlowKey flow, RelayNode exit, _) = Associated(mesh);
        mesh.Client.SendDatagram(mesh.Now, flow, false, new(IpAddress.FromIPv4(0x7F080808), 9), new byte[10]);
        mesh.Settle();
        Assert.False(exit.TryTakeExitDatagram(out _, out _, out _, new byte[2048], out _));
        Assert.Equal(1, exit.Drops[RelayDrop.DatagramRefused]);
        mesh.Client.SendDatagram(mesh.Now, flow, true, s_provider, new byte[10]);
        mesh.Settle();
        Assert.True(exit.TryTakeExitDatagram(out _, out bool isRtcp, out PeerAddress destination, new byte[2048], out _));
        Assert.Equal((true, s_provider), (isRtcp, destination));
    }

    /// <summary>PATH.SUSPECT. The control is the same run with no memory of relays that failed: it draws the dead one again.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    public void DeadRelay_ClosesThePathWithinSeconds_AndIsLeftOutOfTheNext(int hop, bool remembers)
    {
        ClientNodeOptions options = remembers ? new() : new() { RelayFailureMemory = TimeSpan.Zero };
        using NodeMesh mesh = new(relays: 6, client: options);
        PathId path = mesh.ReadyPath();
        PeerAddress dead = mesh.Client.RelaysOf(path)[hop].Addresses[0];
        mesh.Tap = (from, to, _) => from != dead && to != dead;
        mesh.Run(TimeSpan.FromSeconds(6));
        Assert.Contains(mesh.ClientEvents, e => e.Kind == ClientEventKind.PathClosed && e.Path == path);
        int metAgain = 0;
        for (int count = 0; count < 30; count++)
        {
            PathId next = mesh.Client.OpenPath(mesh.Now)!.Value;
            foreach (OnionSip.Directory.RelayDescriptor relay in mesh.Client.RelaysOf(next))
            {
                metAgain += relay.Addresses[0] == dead ? 1 : 0;
            }

            mesh.Client.ClosePath(mesh.Now, next);
        }

        Assert.Equal(!remembers, metAgain > 0);
        mesh.ClientEvents.Clear();
        if (remembers)
        {
            Assert.NotEqual(path, mesh.ReadyPath());
        }
    }

    /// <summary>PATH.SUSPECT, PATH.GUARDS: suspicion of the second guard gives way when the first is dead.</summary>
    [Fact]
    public void FirstGuardDead_SecondGuardIsUsed_ThoughItIsSuspect()
    {
        using NodeMesh mesh = new(relays: 6);
        PathId path = mesh.ReadyPath();
        while (!mesh.Client.Guards.Contains(mesh.Client.RelaysOf(path)[1].Identity))
        {
            mesh.Client.ClosePath(mesh.Now, path);
            path = mesh.ReadyPath();
        }

        PeerAddress first = mesh.Client.RelaysOf(path)[0].Addresses[0];
        PeerAddress second = mesh.Client.RelaysOf(path)[1].Addresses[0];
        mesh.Tap = (from, to, _) => from != second && to != second;
        mesh.Run(TimeSpan.FromSeconds(6));
        Assert.Equal(0, mesh.Client.PathCount);
        mesh.Tap = static (_, _, _) => true;
        PathId next = mesh.ReadyPath();
        Assert.Equal(first, mesh.Client.RelaysOf(next)[0].Addresses[0]);
        mesh.Tap = (from, to, _) => from != first && to != first;
        mesh.Run(TimeSpan.FromSeconds(6));
        Assert.Equal(0, mesh.Client.PathCount);
        mesh.ClientEvents.Clear();
        PathId last = mesh.ReadyPath();
        Assert.Equal(second, mesh.Client.RelaysOf(last)[0].Addresses[0]);
    }

    [Fact]
    public void LostDestroy_IsLearntByTheNextProbe()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.ReadyPath();
        RelayNode guard = mesh.RelayNamed(mesh.Client.RelaysOf(path)[0].Name);
        PeerAddress exit = mesh.Client.RelaysOf(path)[2].Addresses[0];
        mesh.Tap = (from, to, _) => from != exit && to != exit && (to != NodeMesh.ClientAddress || guard.CircuitCount > 0);
        while (guard.CircuitCount > 0)
        {
            mesh.Run(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(1, mesh.Client.PathCount);
        mesh.Tap = (from, to, _) => from != exit && to != exit;
        mesh.Run(TimeSpan.FromSeconds(6));
        Assert.Equal(0, mesh.Client.PathCount);
    }

    [Fact]
    public void Shutdown_LeavesNoCircuitAnywhere()
    {
        using NodeMesh mesh = new();
        mesh.ReadyPath();
        mesh.Client.Shutdown(mesh.Now);
        mesh.Settle();
        Assert.All(mesh.Relays, static relay => Assert.Equal(0, relay.CircuitCount));
    }

    [Fact]
    public void EveryLength_IsRefusedAndCounted()
    {
        using NodeMesh mesh = new();
        mesh.ReadyPath();
        RelayNode relay = mesh.Relays[0];
        long before = relay.LinkDrops.Total;
        byte[] noise = new byte[2001];
        new SeededEntropy(3).Fill(noise);
        for (int length = 0; length <= 2000; length++)
        {
            Assert.NotEqual(LinkDrop.None, relay.HandleDatagram(mesh.Now, NodeMesh.ClientAddress, noise.AsSpan(0, length)));
        }

        Assert.Equal(2001, relay.LinkDrops.Total - before);
    }

    /// <summary>A million datagrams made from real ones by changing, cutting and replaying them reach a relay with a running path.</summary>
    [Fact]
    public void MillionMutatedDatagrams_NeverThrowNeverGrow_AndThePathStillWorks()
    {
        using NodeMesh mesh = new();
        List<(int Relay, PeerAddress From, byte[] Datagram)> corpus = [];
        mesh.Tap = (from, to, datagram) =>
        {
            int relay = mesh.Relays.FindIndex(r => NodeMesh.AddressOf(mesh.Relays.IndexOf(r)) == to);
            if (relay >= 0 && corpus.Count < 400)
            {
                corpus.Add((relay, from, (byte[])datagram.Clone()));
            }

            return true;
        };
        (PathId path, _, _, _) = Associated(mesh);
        mesh.Tap = static (_, _, _) => true;
        SeededEntropy entropy = new(20261121);
        byte[] buffer = new byte[2048];
        long refused = 0;
        long heapAfterWarmUp = 0;
        for (int count = 0; count < 1_000_000; count++)
        {
            (int index, PeerAddress from, byte[] datagram) = corpus[entropy.NextInt32(corpus.Count)];
            ReadOnlySpan<byte> mutated = Mutate(entropy, datagram, buffer);
            refused += mesh.Relays[index].HandleDatagram(mesh.Now, from, mutated) == LinkDrop.None ? 0 : 1;
            while (mesh.Relays[index].PollTransmit(mesh.Now, buffer, out _))
            {
            }

            if (count == 100_000)
            {
                heapAfterWarmUp = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        long growth = GC.GetTotalMemory(forceFullCollection: true) - heapAfterWarmUp;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{refused} of 1000000 refused, heap grew {growth} bytes"));
        Assert.InRange(growth, long.MinValue, 4_000_000);
        Assert.True(refused > 900_000);
        Assert.NotNull(mesh.Client.Resolve(mesh.Now, path, ResolveKind.A, "still.works.test"u8));
        mesh.Settle();
        Assert.Contains(mesh.RelayEvents, static e => e.Event.Kind == RelayEventKind.ExitResolve);
    }

    [Fact]
    public void ForwardedCells_AllocateNothing()
    {
        using NodeMesh mesh = new(change: static options => options with { SignallingRate = new CellRate(TimeSpan.Zero, 1, 0) });
        (_, FlowKey flow, RelayNode _, _) = Associated(mesh);
        PeerAddress guardAddress = mesh.Client.RelaysOf(flow.Path)[0].Addresses[0];
        RelayNode guard = mesh.RelayNamed(mesh.Client.RelaysOf(flow.Path)[0].Name);
        List<byte[]> cells = [];
        mesh.Tap = (_, to, datagram) =>
        {
            if (to == guardAddress && cells.Count < 900)
            {
                cells.Add((byte[])datagram.Clone());
                return false;
            }

            return true;
        };
        while (cells.Count < 900)
        {
            mesh.Client.SendDatagram(mesh.Now, flow, false, s_provider, new byte[172]);
            mesh.Settle();
        }

        byte[] buffer = new byte[2048];
        long forwarded = guard.ForwardedCells;
        Forward(guard, mesh.Now, cells, 0, 400, buffer);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Forward(guard, mesh.Now, cells, 400, 900, buffer);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(900, guard.ForwardedCells - forwarded);
    }

    private static void Forward(RelayNode guard, Instant now, List<byte[]> cells, int first, int end, byte[] buffer)
    {
        for (int index = first; index < end; index++)
        {
            guard.HandleDatagram(now, NodeMesh.ClientAddress, cells[index]);
            while (guard.PollTransmit(now, buffer, out _))
            {
            }
        }
    }

    private static ReadOnlySpan<byte> Mutate(SeededEntropy entropy, byte[] datagram, byte[] buffer)
    {
        datagram.CopyTo(buffer, 0);
        int length = datagram.Length;
        switch (entropy.NextInt32(4))
        {
            case 0:
                length = entropy.NextInt32(2000);
                break;
            case 1:
                buffer[entropy.NextInt32(12)] = unchecked((byte)entropy.NextUInt32());
                break;
            default:
                int changes = 1 + entropy.NextInt32(8);
                for (int change = 0; change < changes; change++)
                {
                    buffer[entropy.NextInt32(length)] ^= (byte)(1 << entropy.NextInt32(8));
                }

                break;
        }

        return buffer.AsSpan(0, length);
    }

    private static (PathId Path, FlowKey Flow, RelayNode Exit, ExitKey Key) Associated(NodeMesh mesh)
    {
        PathId path = mesh.ReadyPath();
        FlowKey flow = mesh.Client.Associate(mesh.Now, path, isIPv6: false)!.Value;
        mesh.Settle();
        (RelayNode exit, RelayEvent request) = mesh.RelayEvents.Dequeue();
        Assert.Equal(RelayEventKind.ExitAssociate, request.Kind);
        exit.HandleExitAssociated(mesh.Now, request.Key, new(NodeMesh.AddressOf(0).Address, 20000));
        mesh.Client.Consent(mesh.Now, flow, [s_provider]);
        mesh.Run(TimeSpan.FromMilliseconds(100));
        return (path, flow, exit, request.Key);
    }
}
