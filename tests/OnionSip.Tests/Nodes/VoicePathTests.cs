using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>NODE.VOICE, NODE.TICK, NODE.TAIL, NODE.REFUSED, CIRCUIT.TICK, CIRCUIT.SLIP</summary>
public sealed class VoicePathTests
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(20);
    private static readonly PeerAddress s_provider = new(IpAddress.FromIPv4(0x7F090909), 40000);

    /// <summary>Over the relays of a path that stands, a second one for a call: no further relay learns of the client.</summary>
    [Fact]
    public void VoicePath_StandsOnTheRelaysGiven()
    {
        using NodeMesh mesh = new(relays: 9);
        PathId signalling = mesh.ReadyPath();
        IReadOnlyList<RelayId> relays = [.. mesh.Client.RelaysOf(signalling).Select(static relay => relay.Identity)];
        for (int call = 0; call < 5; call++)
        {
            PathId voice = Ready(mesh, new() { IsVoice = true, Relays = relays });
            Assert.Equal(relays, mesh.Client.RelaysOf(voice).Select(static relay => relay.Identity));
        }
    }

    [Fact]
    public void UnknownRelay_IsNoRelays()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.Client.OpenPath(mesh.Now, new PathOptions { IsVoice = true, Relays = [default, default, default] })!.Value;
        mesh.Settle();
        Assert.Contains(mesh.ClientEvents, e => e.Path == path && e.Reason == PathReason.NoRelays);
    }

    /// <summary>One datagram at each tick and none between, whatever the owner gives and whenever.</summary>
    [Fact]
    public void Cells_LeaveAtTicksAlone()
    {
        using NodeMesh mesh = new();
        (PathId path, FlowKey flow, _, _) = Call(mesh);
        List<Instant> left = [];
        Watch(mesh, left);
        Assert.True(mesh.Client.StartVoice(mesh.Now, path));
        SeededEntropy entropy = new(5);
        Instant end = mesh.Now + TimeSpan.FromSeconds(10);
        while (mesh.Now < end)
        {
            mesh.Run(TimeSpan.FromMilliseconds(entropy.NextInt32(45)));
            for (int burst = entropy.NextInt32(4); burst > 0; burst--)
            {
                mesh.Client.SendDatagram(mesh.Now, flow, false, s_provider, new byte[172]);
            }
        }

        Assert.InRange(left.Count, 498, 505);
        for (int index = 1; index < left.Count; index++)
        {
            // The lock may move a tick by 14 us.
            Assert.InRange((left[index] - left[index - 1] - s_period).Ticks, -141, 141);
        }

        Assert.False(mesh.Client.StartVoice(mesh.Now, path));
    }

    [Fact]
    public void SignallingPath_HasNoVoice()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.ReadyPath();
        Assert.False(mesh.Client.StartVoice(mesh.Now, path));
        Assert.Null(mesh.Client.VoiceReport(path));
        Assert.True(mesh.Client.NextTick(path).IsNever);
    }

    /// <summary>A datagram given before a tick leaves the exit with it; both ways.</summary>
    [Fact]
    public void Media_GoesBothWays()
    {
        using NodeMesh mesh = new();
        (PathId path, FlowKey flow, RelayNode exit, ExitKey key) = Call(mesh);
        mesh.Client.StartVoice(mesh.Now, path);
        byte[] buffer = new byte[1500];
        int heard = 0;
        int said = 0;
        for (int tick = 0; tick < 200; tick++)
        {
            mesh.Client.SendDatagram(mesh.Now, flow, false, s_provider, new byte[172]);
            exit.HandleExitDatagram(mesh.Now, key, isRtcp: false, s_provider, new byte[172]);
            mesh.Run(s_period);
            while (exit.TryTakeExitDatagram(out _, out _, out _, buffer, out _))
            {
                said++;
            }

            while (mesh.Client.TryReceiveDatagram(path, out _, out _, out _, buffer, out _))
            {
                heard++;
            }
        }

        Assert.InRange(said, 190, 200);
        Assert.InRange(heard, 190, 200);
    }

    /// <summary>Over real relays with a client clock 400 ppm off, three periods in 150 s: locked, no lane shifts twice and nothing is filled; free, lanes slip. (NODE.LOCK)</summary>
    [Theory]
    [InlineData(1.0004)]
    [InlineData(0.9996)]
    public void ClientClockThatDrifts_KeepsToTheGuardsTicks(double rate)
    {
        (long shifts, long filled) = Drift(rate, locks: true);
        (long freeShifts, long freeFilled) = Drift(rate, locks: false);
        Assert.InRange(shifts, 0, 1);
        Assert.InRange(filled, 0, 4);

        // A clock that is ahead makes lanes shift; one that is behind makes them fill until they sleep and wake anew.
        Assert.InRange(freeShifts + (freeFilled / TickLimits.FillsMax), 2, 8);
    }

    private static (long Shifts, long Filled) Drift(double rate, bool locks)
    {
        using NodeMesh mesh = new(client: new() { LocksTicks = locks }) { ClientRate = rate };
        PathId path = mesh.Client.OpenPath(mesh.ClientNow, new PathOptions { IsVoice = true })!.Value;
        mesh.Run(TimeSpan.FromSeconds(1));
        Assert.True(mesh.Client.StartVoice(mesh.ClientNow, path));
        mesh.Run(TimeSpan.FromSeconds(150));
        Assert.Equal(0, mesh.Client.VoiceReport(path)!.TicksSkipped);
        return (mesh.Relays.Sum(static relay => relay.Voice.Shifts), mesh.Relays.Sum(static relay => relay.Voice.Filled));
    }

    /// <summary>What a provider sends faster than the exit's ticks pushes the oldest out and is counted. (FLOW.PACED)</summary>
    [Fact]
    public void FloodAtTheExit_PushesTheOldestOut()
    {
        using NodeMesh mesh = new();
        (PathId path, _, RelayNode exit, ExitKey key) = Call(mesh);
        mesh.Client.StartVoice(mesh.Now, path);
        mesh.Run(TimeSpan.FromMilliseconds(500));
        for (int burst = 0; burst < 8; burst++)
        {
            exit.HandleExitDatagram(mesh.Now, key, isRtcp: false, s_provider, new byte[172]);
        }

        Assert.Equal(3, exit.Drops[RelayDrop.FlowFull]);
        mesh.Run(TimeSpan.FromMilliseconds(300));
        int heard = 0;
        while (mesh.Client.TryReceiveDatagram(path, out _, out _, out _, new byte[1500], out _))
        {
            heard++;
        }

        Assert.Equal(5, heard);
    }

    /// <summary>A host that stalls loses the slots of its stall, and the circuit goes on.</summary>
    [Fact]
    public void Stall_LeavesSlotsOut()
    {
        using NodeMesh mesh = new();
        (PathId path, FlowKey flow, RelayNode exit, ExitKey key) = Call(mesh);
        mesh.Client.StartVoice(mesh.Now, path);
        mesh.Run(TimeSpan.FromSeconds(1));
        List<Instant> left = [];
        Watch(mesh, left);
        mesh.Stall(TimeSpan.FromMilliseconds(350));
        Assert.Single(left);
        Assert.InRange(mesh.Client.VoiceReport(path)!.TicksSkipped, 16, 17);
        mesh.Run(TimeSpan.FromSeconds(1));
        mesh.Client.SendDatagram(mesh.Now, flow, false, s_provider, new byte[172]);
        mesh.Run(TimeSpan.FromMilliseconds(200));
        Assert.True(exit.TryTakeExitDatagram(out _, out _, out _, new byte[1500], out _));
    }

    /// <summary>After the call the rate goes on for 1 to 4 s, drawn; then nothing is left of the path anywhere.</summary>
    [Fact]
    public void Tail_IsDrawnAndAtTheSameRate()
    {
        HashSet<int> lengths = [];
        using NodeMesh mesh = new();
        for (int call = 0; call < 8; call++)
        {
            (PathId path, _, _, _) = Call(mesh);
            mesh.Client.StartVoice(mesh.Now, path);
            mesh.Run(TimeSpan.FromSeconds(1));
            List<Instant> left = [];
            Watch(mesh, left);
            Instant end = mesh.Now;
            mesh.Client.EndVoice(mesh.Now, path);
            mesh.Client.EndVoice(mesh.Now, path);
            mesh.ClientEvents.Clear();
            while (mesh.ClientEvents.All(static e => e.Kind != ClientEventKind.PathClosed))
            {
                mesh.Run(TimeSpan.FromMilliseconds(10));
            }

            ClientEvent closed = mesh.ClientEvents.Single(static e => e.Kind == ClientEventKind.PathClosed);
            double seconds = (mesh.Now - end).TotalSeconds;
            Assert.Equal((path, PathReason.Released), (closed.Path, closed.Reason));
            Assert.InRange(seconds, 1, 4.02);
            Assert.InRange(left.Count, (seconds * 50) - 2, (seconds * 50) + 3);
            Assert.InRange(closed.Voice!.ForwardSent, (seconds * 50) + 47, (seconds * 50) + 52);
            lengths.Add((int)(seconds * 10));
            mesh.Run(TimeSpan.FromSeconds(1));
            Assert.Contains(mesh.RelayEvents, static e => e.Event.Kind == RelayEventKind.ExitRelease);
            Assert.All(mesh.Relays, static relay => Assert.Equal(0, relay.CircuitCount));
            mesh.RelayEvents.Clear();
        }

        Assert.InRange(lengths.Count, 5, 8);
    }

    [Fact]
    public void EndBeforeVoice_ClosesAtOnce()
    {
        using NodeMesh mesh = new();
        (PathId path, _, _, _) = Call(mesh);
        mesh.Client.EndVoice(mesh.Now, path);
        mesh.Settle();
        Assert.Contains(mesh.ClientEvents, e => e.Path == path && e.Kind == ClientEventKind.PathClosed && e.Voice is null);
    }

    /// <summary>A relay with no room refuses calls alone: it is left out for calls, for a while, and serves signalling as before.</summary>
    [Fact]
    public void FullRelay_RefusesAndIsLeftOutForCallsAlone()
    {
        using NodeMesh mesh = new(relays: 4, client: new() { RelayFullMemory = TimeSpan.FromSeconds(30) });
        PathId signalling = mesh.ReadyPath();
        RelayId[] relays = [.. mesh.Client.RelaysOf(signalling).Select(static relay => relay.Identity)];
        RelayNode middle = mesh.RelayNamed(mesh.Client.RelaysOf(signalling)[1].Name);
        middle.SetVoiceCapacity(mesh.Now, 0);
        PathId refused = mesh.Client.OpenPath(mesh.Now, new PathOptions { IsVoice = true, Relays = relays })!.Value;
        mesh.Run(TimeSpan.FromSeconds(1));
        ClientEvent failed = mesh.ClientEvents.Single(e => e.Path == refused);
        Assert.Equal((ClientEventKind.PathFailed, PathReason.Refused), (failed.Kind, failed.Reason));
        Assert.Equal(1, mesh.Client.VoiceRefusals);
        HashSet<RelayId> middles = [];
        for (int path = 0; path < 12; path++)
        {
            PathId other = mesh.Client.OpenPath(mesh.Now, new PathOptions { IsVoice = true, Guard = relays[0], Exit = relays[2] })!.Value;
            Assert.Equal((relays[0], relays[2]), (mesh.Client.RelaysOf(other)[0].Identity, mesh.Client.RelaysOf(other)[2].Identity));
            middles.Add(mesh.Client.RelaysOf(other)[1].Identity);
            mesh.Client.ClosePath(mesh.Now, other);
        }

        Assert.DoesNotContain(relays[1], middles);
        Assert.True(DrawsMiddle(mesh, relays, isVoice: false));
        mesh.Run(TimeSpan.FromSeconds(31));
        Assert.True(DrawsMiddle(mesh, relays, isVoice: true));
    }

    private static bool DrawsMiddle(NodeMesh mesh, RelayId[] relays, bool isVoice)
    {
        bool any = false;
        for (int path = 0; path < 40; path++)
        {
            PathId drawn = mesh.Client.OpenPath(
                mesh.Now, new PathOptions { IsVoice = isVoice, Guard = relays[0], Exit = relays[2] })!.Value;
            any |= mesh.Client.RelaysOf(drawn)[1].Identity == relays[1];
            mesh.Client.ClosePath(mesh.Now, drawn);
        }

        return any;
    }

    private static void Watch(NodeMesh mesh, List<Instant> left) => mesh.Tap = (from, _, _) =>
    {
        if (from == NodeMesh.ClientAddress)
        {
            left.Add(mesh.Now);
        }

        return true;
    };

    private static PathId Ready(NodeMesh mesh, PathOptions options)
    {
        PathId path = mesh.Client.OpenPath(mesh.Now, options)!.Value;
        mesh.Run(TimeSpan.FromSeconds(1));
        Assert.Contains(mesh.ClientEvents, e => e.Path == path && e.Kind == ClientEventKind.PathReady);
        return path;
    }

    /// <summary>A voice path with an association that may send to the provider; voice has not started.</summary>
    private static (PathId Path, FlowKey Flow, RelayNode Exit, ExitKey Key) Call(NodeMesh mesh)
    {
        PathId path = Ready(mesh, new() { IsVoice = true });
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
