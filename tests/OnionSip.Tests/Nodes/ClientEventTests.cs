using System;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>Why a path ends, and what client and exit tell their hosts of streams and associations. (NODE.PATH, NODE.CLIENT, NODE.EXIT)</summary>
public sealed class ClientEventTests
{
    private static readonly PeerAddress s_provider = new(IpAddress.FromIPv4(0x7F090909), 5060);
    private static readonly PeerAddress s_private = new(IpAddress.FromIPv4(0x0A141414), 5060);

    /// <summary>NODE.DOCUMENT: what runs goes on, nothing new is built, and a newer document mends it.</summary>
    [Fact]
    public void ExpiredDocument_BuildsNoPath_UntilANewerOneComes()
    {
        using NodeMesh mesh = new();
        PathId running = mesh.ReadyPath();
        mesh.Client.SetDocument(mesh.Now, mesh.Document.ValidUntil, mesh.Document);
        mesh.Run(TimeSpan.FromSeconds(1));
        mesh.ClientEvents.Clear();
        PathId late = mesh.Client.OpenPath(mesh.Now)!.Value;
        mesh.Settle();
        Assert.Equal((ClientEventKind.PathFailed, PathReason.NoNetwork), Ending(mesh, late));
        Assert.Equal(3, mesh.Client.RelaysOf(running).Count);
        mesh.Client.SetDocument(mesh.Now, NodeMesh.WallNow, mesh.Document);
        Assert.Equal(3, mesh.Client.RelaysOf(mesh.Client.OpenPath(mesh.Now)!.Value).Count);
    }

    [Fact]
    public void TwoRelays_AreNoPath()
    {
        using NodeMesh mesh = new(relays: 2);
        PathId path = mesh.Client.OpenPath(mesh.Now)!.Value;
        mesh.Settle();
        Assert.Equal((ClientEventKind.PathFailed, PathReason.NoRelays), Ending(mesh, path));
    }

    [Fact]
    public void FirstPath_SaysThatGuardsAreToBeKept_AndASecondDoesNot()
    {
        using NodeMesh mesh = new();
        mesh.Client.OpenPath(mesh.Now);
        mesh.Settle();
        Assert.Single(mesh.ClientEvents, static e => e.Kind == ClientEventKind.GuardsChanged);
        Assert.NotEmpty(mesh.Client.Guards);
        mesh.Client.OpenPath(mesh.Now);
        mesh.Settle();
        Assert.Single(mesh.ClientEvents, static e => e.Kind == ClientEventKind.GuardsChanged);
    }

    [Fact]
    public void SilentGuard_IsUnreachable()
    {
        using NodeMesh mesh = new(client: new ClientNodeOptions { BuildTimeout = TimeSpan.FromSeconds(60) });
        mesh.Tap = static (_, _, _) => false;
        PathId path = mesh.Client.OpenPath(mesh.Now)!.Value;
        mesh.Run(TimeSpan.FromSeconds(30));
        Assert.Equal((ClientEventKind.PathFailed, PathReason.GuardUnreachable), Ending(mesh, path));
    }

    [Fact]
    public void LittlePatience_IsTimedOut()
    {
        using NodeMesh mesh = new(client: new ClientNodeOptions { BuildTimeout = TimeSpan.FromMilliseconds(200) });
        mesh.Tap = static (_, _, _) => false;
        PathId path = mesh.Client.OpenPath(mesh.Now)!.Value;
        mesh.Run(TimeSpan.FromMilliseconds(200));
        Assert.Equal((ClientEventKind.PathFailed, PathReason.TimedOut), Ending(mesh, path));
    }

    [Fact]
    public void SilentMiddle_IsExtendFailed()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.Client.OpenPath(mesh.Now)!.Value;
        PeerAddress middle = mesh.Client.RelaysOf(path)[1].Addresses[0];
        mesh.Tap = (_, to, _) => to != middle;
        mesh.Run(TimeSpan.FromSeconds(9.5));
        Assert.Equal((ClientEventKind.PathFailed, PathReason.ExtendFailed), Ending(mesh, path));
    }

    [Fact]
    public void RelayThatShutsDown_IsDestroyed()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.ReadyPath();
        mesh.RelayNamed(mesh.Client.RelaysOf(path)[1].Name).Shutdown(mesh.Now);
        mesh.Settle();
        Assert.Equal((ClientEventKind.PathClosed, PathReason.Destroyed), Ending(mesh, path));
    }

    [Fact]
    public void GuardThatFallsSilent_IsLinkLost()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.ReadyPath();
        mesh.Tap = static (_, _, _) => false;
        mesh.Run(TimeSpan.FromSeconds(20));
        Assert.Equal((ClientEventKind.PathClosed, PathReason.LinkLost), Ending(mesh, path));
    }

    [Fact]
    public void ClosedByItsOwner_IsReleased_AndNothingIsLeftAtTheRelays()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.ReadyPath();
        mesh.Client.ClosePath(mesh.Now, path);
        mesh.Settle();
        Assert.Equal((ClientEventKind.PathClosed, PathReason.Released), Ending(mesh, path));
        Assert.All(mesh.Relays, static relay => Assert.Equal(0, relay.CircuitCount));
    }

    /// <summary>A consent that policy refuses costs the whole association, at both ends.</summary>
    [Fact]
    public void ForbiddenConsent_LosesTheAssociation()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.ReadyPath();
        FlowKey flow = mesh.Client.Associate(mesh.Now, path, isIPv6: false)!.Value;
        mesh.Settle();
        (RelayNode exit, RelayEvent request) = mesh.RelayEvents.Dequeue();
        exit.HandleExitAssociated(mesh.Now, request.Key, new(NodeMesh.AddressOf(0).Address, 20000));
        mesh.Client.Consent(mesh.Now, flow, [s_provider, s_private]);
        mesh.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, exit.Drops[RelayDrop.ConsentRefused]);
        Assert.Contains(mesh.ClientEvents, e => e.Kind == ClientEventKind.AssociationLost && e.Flow == flow && e.Status == ControlStatus.Refused);
        Assert.Contains(mesh.RelayEvents, e => e.Event.Kind == RelayEventKind.ExitRelease && e.Event.Key == request.Key);
        Assert.False(mesh.Client.SendDatagram(mesh.Now, flow, false, s_provider, [1]));
    }

    [Fact]
    public void StreamOfTheClient_IsReadAndFinishedAtTheExit()
    {
        using NodeMesh mesh = new();
        (StreamKey stream, RelayNode exit, ExitKey key) = Connected(mesh);
        Assert.Equal(5, mesh.Client.WriteStream(mesh.Now, stream, "hello"u8));
        mesh.Client.FinishStream(mesh.Now, stream);
        mesh.Run(TimeSpan.FromMilliseconds(500));
        Assert.Contains(mesh.RelayEvents, e => e.Event.Kind == RelayEventKind.ExitReadable && e.Event.Key == key);
        byte[] bytes = new byte[16];
        Assert.Equal(5, exit.ReadExitStream(mesh.Now, key, bytes));
        Assert.Equal("hello"u8, bytes.AsSpan(0, 5));
        mesh.Run(TimeSpan.FromMilliseconds(500));
        Assert.Contains(mesh.RelayEvents, e => e.Event.Kind == RelayEventKind.ExitFinish && e.Event.Key == key);
    }

    /// <summary>A client that does not read holds the exit back; when it reads, the exit is told to go on.</summary>
    [Fact]
    public void ExitHeldBack_IsToldWhenItMayGoOn()
    {
        using NodeMesh mesh = new();
        (StreamKey stream, RelayNode exit, ExitKey key) = Connected(mesh);
        byte[] chunk = new byte[4096];
        int sent = 0;
        for (int taken = chunk.Length; taken == chunk.Length; sent += taken)
        {
            taken = exit.HandleExitData(mesh.Now, key, chunk);
            mesh.Run(TimeSpan.FromSeconds(1));
            Assert.True(sent < 1_000_000, "an exit that is never held back");
        }

        Assert.DoesNotContain(mesh.RelayEvents, static e => e.Event.Kind == RelayEventKind.ExitWritable);
        int read = 0;
        for (int bytes = 1; bytes > 0; read += bytes)
        {
            bytes = mesh.Client.ReadStream(mesh.Now, stream, chunk);
            mesh.Run(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(sent, read);
        Assert.Contains(mesh.RelayEvents, e => e.Event.Kind == RelayEventKind.ExitWritable && e.Event.Key == key);
    }

    [Fact]
    public void StreamResetByTheClient_IsAbortedAtTheExit()
    {
        using NodeMesh mesh = new();
        (StreamKey stream, _, ExitKey key) = Connected(mesh);
        mesh.Client.ResetStream(mesh.Now, stream);
        mesh.Settle();
        Assert.Contains(mesh.RelayEvents, e => e.Event.Kind == RelayEventKind.ExitAbort && e.Event.Key == key);
    }

    private static (ClientEventKind Kind, PathReason Reason) Ending(NodeMesh mesh, PathId path)
    {
        ClientEvent ending = Assert.Single(
            mesh.ClientEvents, e => e.Path == path && e.Kind is ClientEventKind.PathFailed or ClientEventKind.PathClosed);
        return (ending.Kind, ending.Reason);
    }

    private static (StreamKey Stream, RelayNode Exit, ExitKey Key) Connected(NodeMesh mesh)
    {
        PathId path = mesh.ReadyPath();
        StreamKey stream = mesh.Client.OpenStream(mesh.Now, path, WireHost.FromAddress(s_provider.Address), s_provider.Port)!.Value;
        mesh.Settle();
        (RelayNode exit, RelayEvent connect) = mesh.RelayEvents.Dequeue();
        Assert.Equal(RelayEventKind.ExitConnect, connect.Kind);
        exit.HandleExitConnected(mesh.Now, connect.Key, s_provider, s_provider);
        mesh.Settle();
        Assert.Contains(mesh.ClientEvents, e => e.Kind == ClientEventKind.StreamConnected && e.Stream == stream);
        mesh.RelayEvents.Clear();
        return (stream, exit, connect.Key);
    }
}
