using System;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>NODE.PATH: what an exit that breaks the protocol can do to a client.</summary>
public sealed class HostileExitTests
{
    private static readonly PeerAddress s_provider = new(IpAddress.FromIPv4(0x7F090909), 5060);

    /// <summary>NODE.PATH: every CONNECTED starts TLS at the gateway's host, so a second one for a stream must not come through.</summary>
    [Fact]
    public void SecondConnected_EndsThePath_AndIsNotReported()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.ReadyPath();
        StreamKey stream = mesh.Client.OpenStream(mesh.Now, path, WireHost.FromAddress(s_provider.Address), s_provider.Port)!.Value;
        mesh.Settle();
        (RelayNode exit, RelayEvent connect) = mesh.RelayEvents.Dequeue();
        exit.HandleExitConnected(mesh.Now, connect.Key, s_provider, s_provider);
        mesh.Settle();
        byte[] message = new byte[64];
        int bytes = ConnectedMessage.Write(message, stream.Id, s_provider, s_provider);
        Say(mesh, exit, connect.Key, message.AsSpan(0, bytes));
        Assert.Single(mesh.ClientEvents, static e => e.Kind == ClientEventKind.StreamConnected);
        Assert.Contains(mesh.ClientEvents, static e => e.Kind == ClientEventKind.PathClosed && e.Reason == PathReason.ProtocolError);
    }

    /// <summary>NODE.PATH: an association's address stands in an SDP; it does not change under it.</summary>
    [Fact]
    public void SecondAssociated_EndsThePath_AndIsNotReported()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.ReadyPath();
        FlowKey flow = mesh.Client.Associate(mesh.Now, path, isIPv6: false)!.Value;
        mesh.Settle();
        (RelayNode exit, RelayEvent associate) = mesh.RelayEvents.Dequeue();
        exit.HandleExitAssociated(mesh.Now, associate.Key, new(s_provider.Address, 40000));
        mesh.Settle();
        byte[] message = new byte[64];
        int bytes = AssociatedMessage.Write(message, flow.Id, new(s_provider.Address, 40002));
        Say(mesh, exit, associate.Key, message.AsSpan(0, bytes));
        Assert.Single(mesh.ClientEvents, static e => e.Kind == ClientEventKind.Associated);
        Assert.Contains(mesh.ClientEvents, static e => e.Kind == ClientEventKind.PathClosed && e.Reason == PathReason.ProtocolError);
    }

    /// <summary>NODE.PATH: an answer to what the client has let go of is late, not hostile.</summary>
    [Fact]
    public void ConnectedForAStreamThatWasReset_IsIgnored()
    {
        using NodeMesh mesh = new();
        PathId path = mesh.ReadyPath();
        StreamKey stream = mesh.Client.OpenStream(mesh.Now, path, WireHost.FromAddress(s_provider.Address), s_provider.Port)!.Value;
        mesh.Settle();
        (RelayNode exit, RelayEvent connect) = mesh.RelayEvents.Dequeue();
        mesh.Client.ResetStream(mesh.Now, stream);
        exit.HandleExitConnected(mesh.Now, connect.Key, s_provider, s_provider);
        mesh.Settle();
        Assert.DoesNotContain(mesh.ClientEvents, static e => e.Kind is ClientEventKind.StreamConnected or ClientEventKind.PathClosed);
        Assert.NotEmpty(mesh.Client.RelaysOf(path));
    }

    private static void Say(NodeMesh mesh, RelayNode exit, ExitKey key, ReadOnlySpan<byte> message)
    {
        RelayHop hop = exit.Hops.Find(key)!;
        hop.SendControl(mesh.Now, message);
        exit.Hops.MarkDirty(hop);
        exit.HandleTimeout(mesh.Now);
        mesh.Settle();
    }
}
