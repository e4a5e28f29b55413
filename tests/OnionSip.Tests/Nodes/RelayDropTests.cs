using System;
using System.Collections.Generic;
using OnionSip.Directory;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>What a relay's composition refuses, and that it counts it. (NODE.DROPS, NODE.EXIT, NODE.EXTEND, NODE.HOP, NODE.DOCUMENT)</summary>
public sealed class RelayDropTests
{
    private static readonly PeerAddress s_provider = new(IpAddress.FromIPv4(0x7F090909), 5060);
    private static readonly PeerAddress s_private = new(IpAddress.FromIPv4(0x0A141414), 5060);

    private readonly byte[] _message = new byte[WireLayout.MaxControlMessageBytes];

    [Fact]
    public void ExtendToItself_IsRefused()
    {
        using NodeMesh mesh = new();
        using HopClient client = new(mesh);
        Assert.Equal((ControlMessageType.ExtendFailed, ControlStatus.Refused), client.SayExtend(HopClient.TargetOf(mesh, 0)));
        Assert.Equal(1, mesh.Relays[0].Drops[RelayDrop.ExtendToSelf]);
        Assert.Empty(client.SentElsewhere);
    }

    /// <summary>Only relays of the document are reached; a newer document opens the way at once.</summary>
    [Fact]
    public void ExtendToUnknownRelay_IsNotFound_UntilADocumentNamesIt()
    {
        using NodeMesh mesh = new(relays: 4);
        mesh.Relays[0].SetDocument(mesh.Now, NodeMesh.WallNow, mesh.DocumentOf(3));
        using HopClient client = new(mesh);
        Assert.Equal((ControlMessageType.ExtendFailed, ControlStatus.NotFound), client.SayExtend(HopClient.TargetOf(mesh, 3)));
        Assert.Equal(1, mesh.Relays[0].Drops[RelayDrop.ExtendUnknownRelay]);
        Assert.Empty(client.SentElsewhere);
        mesh.Relays[0].SetDocument(mesh.Now, NodeMesh.WallNow, mesh.Document);
        client.SayExtend(HopClient.TargetOf(mesh, 3));
        Assert.Contains(NodeMesh.AddressOf(3), client.SentElsewhere);
        Assert.Equal(1, mesh.Relays[0].Drops[RelayDrop.ExtendUnknownRelay]);
    }

    [Fact]
    public void MoreExtendsThanMayWait_AreBusy()
    {
        using NodeMesh mesh = new(change: static options => options with { ExtendsWaitingMax = 1 });
        using HopClient first = new(mesh, port: 7001);
        using HopClient second = new(mesh, port: 7002);
        Assert.Equal(default, first.SayExtend(HopClient.TargetOf(mesh, 1)));
        Assert.Equal((ControlMessageType.ExtendFailed, ControlStatus.Busy), second.SayExtend(HopClient.TargetOf(mesh, 1)));
        Assert.Equal(1, mesh.Relays[0].Drops[RelayDrop.ExtendQueueFull]);
    }

    [Fact]
    public void RelayThatIsNoExit_RefusesEveryService()
    {
        using NodeMesh mesh = new(change: static options => options with { Roles = RelayRoles.Guard | RelayRoles.Middle });
        using HopClient client = new(mesh);
        Assert.Equal((ControlMessageType.ConnectFailed, ControlStatus.Refused), SayConnect(client, 2, s_provider));
        Assert.Equal((ControlMessageType.AssociateFailed, ControlStatus.Refused), SayAssociate(client, 4));
        Assert.Equal((ControlMessageType.ResolveFailed, ControlStatus.Refused), SayResolve(client, 6));
        Assert.Equal(3, mesh.Relays[0].Drops[RelayDrop.NotAnExit]);
        Assert.Empty(client.Events);
    }

    /// <summary>A type that no relay takes is the mux's to refuse and to count; the circuit ends all the same.</summary>
    [Theory]
    [InlineData("ee0102")]
    [InlineData("05000200000000")]
    public void TypeThatNoClientSends_EndsTheCircuit(string message)
    {
        using NodeMesh mesh = new();
        using HopClient client = new(mesh);
        Assert.Equal(default, client.Say(Convert.FromHexString(message)));
        Assert.Equal(0, mesh.Relays[0].CircuitCount);
        Assert.False(client.IsOpen);
    }

    /// <summary>A CONNECT or an EXTEND that does not parse ends the circuit, without an answer.</summary>
    [Theory]
    [InlineData("0400")]
    [InlineData("010203")]
    public void BadControl_EndsTheCircuitAndIsCounted(string message)
    {
        using NodeMesh mesh = new();
        using HopClient client = new(mesh);
        Assert.True(client.IsOpen);
        Assert.Equal(default, client.Say(Convert.FromHexString(message)));
        Assert.Equal(1, mesh.Relays[0].Drops[RelayDrop.BadControl]);
        Assert.Equal(0, mesh.Relays[0].CircuitCount);
        Assert.False(client.IsOpen);
    }

    [Fact]
    public void ForbiddenDestination_IsRefusedBeforeTheHostHearsOfIt()
    {
        using NodeMesh mesh = new();
        using HopClient client = new(mesh);
        Assert.Equal((ControlMessageType.ConnectFailed, ControlStatus.Refused), SayConnect(client, 2, s_private));
        Assert.Equal(1, mesh.Relays[0].Drops[RelayDrop.ConnectRefused]);
        Assert.Empty(client.Events);
    }

    [Fact]
    public void NinthConnection_IsBusy()
    {
        using NodeMesh mesh = new();
        using HopClient client = new(mesh);
        for (ushort stream = 2; stream <= 2 * ExitLimits.MaxConnectionsPerCircuit; stream += 2)
        {
            Assert.Equal(default, SayConnect(client, stream, s_provider));
        }

        Assert.Equal(ExitLimits.MaxConnectionsPerCircuit, client.Events.Count);
        Assert.Equal((ControlMessageType.ConnectFailed, ControlStatus.Busy), SayConnect(client, 100, s_provider));
        Assert.Equal(1, mesh.Relays[0].Drops[RelayDrop.TooManyStreams]);
        Assert.Equal(ExitLimits.MaxConnectionsPerCircuit, client.Events.Count);
    }

    [Fact]
    public void NinthAssociation_IsBusy()
    {
        using NodeMesh mesh = new();
        using HopClient client = new(mesh);
        for (ushort flow = 2; flow <= 2 * ExitLimits.MaxAssociationsPerCircuit; flow += 2)
        {
            Assert.Equal(default, SayAssociate(client, flow));
        }

        Assert.Equal((ControlMessageType.AssociateFailed, ControlStatus.Busy), SayAssociate(client, 100));
        Assert.Equal(1, mesh.Relays[0].Drops[RelayDrop.TooManyAssociations]);
        Assert.Equal(ExitLimits.MaxAssociationsPerCircuit, client.Events.Count);
    }

    [Fact]
    public void NinthQuestion_IsBusy_AndTwoOfOneNumberAreBad()
    {
        using NodeMesh mesh = new();
        using HopClient client = new(mesh);
        Assert.Equal(default, SayResolve(client, 1));
        Assert.Equal((ControlMessageType.ResolveFailed, ControlStatus.BadRequest), SayResolve(client, 1));
        for (ushort request = 2; request <= ExitLimits.MaxResolutionsPerCircuit; request++)
        {
            Assert.Equal(default, SayResolve(client, request));
        }

        Assert.Equal((ControlMessageType.ResolveFailed, ControlStatus.Busy), SayResolve(client, 100));
        Assert.Equal(2, mesh.Relays[0].Drops[RelayDrop.TooManyQueries]);
        Assert.Equal(ExitLimits.MaxResolutionsPerCircuit, client.Events.Count);
    }

    [Fact]
    public void DatagramWithoutDestination_IsDropped_AndOneWithItIsNot()
    {
        using NodeMesh mesh = new();
        using HopClient client = new(mesh);
        SayAssociate(client, 2);
        RelayNode relay = mesh.Relays[0];
        relay.HandleExitAssociated(client.Now, client.Events.Dequeue().Key, new(NodeMesh.AddressOf(0).Address, 20000));
        client.Say(_message.AsSpan(0, ConsentMessage.Write(_message, new(2), [s_provider])));
        client.Mux.OpenFlow(new(2));
        client.Mux.SendFlow(client.Now, new(2), [1]);
        client.Settle();
        Assert.Equal(1, relay.Drops[RelayDrop.BadDatagram]);
        Assert.False(relay.TryTakeExitDatagram(out _, out _, out _, new byte[2048], out _));
        WireWriter writer = new(_message);
        writer.WriteEndpoint(s_provider);
        client.Mux.SendFlow(client.Now, new(2), _message.AsSpan(0, writer.Position));
        client.Settle();
        Assert.True(relay.TryTakeExitDatagram(out _, out _, out PeerAddress destination, new byte[2048], out _));
        Assert.Equal(s_provider, destination);
        Assert.Equal(1, relay.Drops[RelayDrop.BadDatagram]);
    }

    [Fact]
    public void AnswerOfTheHostForSomethingGone_IsCounted()
    {
        using NodeMesh mesh = new();
        using HopClient client = new(mesh);
        SayConnect(client, 2, s_provider);
        ExitKey known = client.Events.Dequeue().Key;
        RelayNode relay = mesh.Relays[0];
        relay.HandleExitConnected(client.Now, known with { Circuit = known.Circuit + 1 }, s_provider, s_provider);
        Assert.Equal(1, relay.Drops[RelayDrop.UnknownExit]);
        relay.HandleExitConnected(client.Now, known, s_provider, s_provider);
        Assert.Equal(1, relay.Drops[RelayDrop.UnknownExit]);
        relay.HandleExitConnected(client.Now, known, s_provider, s_provider);
        Assert.Equal(2, relay.Drops[RelayDrop.UnknownExit]);
    }

    /// <summary>
    /// A host that does not send soon enough loses the newest cells; the ring does not grow, and one link's cells fill no more than half.
    /// NODE.TRANSMIT
    /// </summary>
    [Fact]
    public void CellsBeyondTheRing_AreDropped()
    {
        using NodeMesh mesh = new(change: static options => options with { TransmitDatagrams = 64 });
        PathId path = mesh.ReadyPath();
        RelayNode guard = mesh.RelayNamed(mesh.Client.RelaysOf(path)[0].Name);
        List<byte[]> held = [];
        mesh.Tap = (from, _, datagram) =>
        {
            held.Add(datagram);
            return from != NodeMesh.ClientAddress;
        };
        FlowKey flow = mesh.Client.Associate(mesh.Now, path, isIPv6: false)!.Value;
        while (held.Count < 100)
        {
            mesh.Client.SendDatagram(mesh.Now, flow, false, s_provider, new byte[100]);
            mesh.Settle();
        }

        foreach (byte[] datagram in held)
        {
            guard.HandleDatagram(mesh.Now, NodeMesh.ClientAddress, datagram);
        }

        Assert.Equal(held.Count - 32, guard.Drops[RelayDrop.LinkShareFull]);
        Assert.Equal(0, guard.Drops[RelayDrop.TransmitFull]);
    }

    private (ControlMessageType Type, ControlStatus Status) SayConnect(HopClient client, ushort stream, in PeerAddress to) =>
        client.Say(_message.AsSpan(0, ConnectMessage.Write(_message, new(stream), WireHost.FromAddress(to.Address), to.Port)));

    private (ControlMessageType Type, ControlStatus Status) SayAssociate(HopClient client, ushort flow) =>
        client.Say(_message.AsSpan(0, AssociateMessage.Write(_message, new(flow), isIPv6: false)));

    private (ControlMessageType Type, ControlStatus Status) SayResolve(HopClient client, ushort request) =>
        client.Say(_message.AsSpan(0, ResolveMessage.Write(_message, request, ResolveKind.A, "provider.test"u8)));
}
