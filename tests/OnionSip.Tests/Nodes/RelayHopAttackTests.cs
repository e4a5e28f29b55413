using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Crypto;
using OnionSip.Directory;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>NODE.HOP, NODE.EXIT: what a hostile client writes on stream 0 costs it its circuit and nobody anything else.</summary>
public sealed class RelayHopAttackTests
{
    private static readonly Instant s_now = Instant.FromMilliseconds(1000);

    private readonly Queue<RelayEvent> _events = new();
    private readonly DropCounters<RelayDrop> _drops = new();
    private readonly ExitShare _share;
    private readonly RelayHop _hop;
    private uint _controlOffset;

    public RelayHopAttackTests()
    {
        RelayNodeOptions options = new()
        {
            Identity = default,
            LinkPrivateKey = default,
            OnionPrivateKey = default,
            Roles = RelayRoles.Exit,
            ExitPolicy = ["accept *:*"],
        };
        _share = new(options, isTestNetwork: true, _events, new(), _drops);
        _hop = new(s_now, new CircuitHandle(0, 0), 1, _share);
    }

    /// <summary>
    /// NODE.EXIT: a stream is reset and its id asked for again in one cell, after so many refused ones that the streams have
    /// forgotten it, before the exit heard of the reset.
    /// </summary>
    [Fact]
    public void StreamIdAskedForAgainBeforeItsResetWasHeard_EndsTheCircuit_AndThrowsNothing()
    {
        byte[] name = new byte[64];
        int nameBytes = ConnectMessage.Write(name, new(1), WireHost.FromName("a"u8), 5060);
        Deliver(name.AsSpan(0, nameBytes).ToArray());
        Assert.Equal(RelayEventKind.ExitLookup, _events.Dequeue().Kind);

        List<byte[]> messages = [];
        for (ushort id = 2; id < 2 + StreamLimits.MaxClosedStreams; id++)
        {
            byte[] message = new byte[64];
            int bytes = ConnectMessage.Write(message, new(id), WireHost.FromAddress(IpAddress.FromIPv4(0)), 1);
            messages.Add(message[..bytes]);
        }

        messages.Add(name[..nameBytes]);
        Deliver([.. messages], resets: 1);
        Assert.True(_hop.IsBroken);
        _hop.Exit.AbortAll();
        Assert.Equal(1, _events.Count(static e => e.Kind == RelayEventKind.ExitAbort));
        Assert.Equal(0, _share.Admission.Count(ExitRequest.Connection));
    }

    /// <summary>NODE.HOP: stream 0 of an extended hop fails; the circuit goes on, but nothing of the hop stays at the host.</summary>
    [Fact]
    public void FailedHopOfAnExtendedCircuit_LetsGoOfItsStreams()
    {
        byte[] name = new byte[64];
        int nameBytes = ConnectMessage.Write(name, new(1), WireHost.FromName("a"u8), 5060);
        Deliver(name.AsSpan(0, nameBytes).ToArray());
        _hop.SendExtended(s_now, 1, new byte[100]);
        byte[] body = new byte[WireLayout.BodyBytes];
        FrameWriter writer = new(body);
        writer.TryWriteStreamReset(new(0));
        writer.Complete();
        _hop.HandleBody(s_now, body);
        _hop.Pump(s_now, null!);
        Assert.False(_hop.IsBroken);
        Assert.Contains(_events, static e => e.Kind == RelayEventKind.ExitAbort);
        Assert.Equal(0, _share.Admission.Count(ExitRequest.Connection));
    }

    /// <summary>NODE.PUMP: a hop that ends while it stands in the queue is not worked on any more.</summary>
    [Fact]
    public void HopThatEndedWhileQueued_IsNotWorkedOn()
    {
        RelayNodeOptions options = new() { Identity = default, LinkPrivateKey = default, OnionPrivateKey = default };
        RelayHopTable hops = new(options, isTestNetwork: true, _drops);
        CircuitHandle handle = new(3, 1);
        hops.Add(s_now, handle, 1);
        hops.MarkDirty(hops.Find(handle)!);
        hops.Remove(handle);
        Assert.False(hops.TryTakeDirty(out _));
        hops.Add(s_now, handle, 1);
        hops.MarkDirty(hops.Find(handle)!);
        Assert.True(hops.TryTakeDirty(out _));
    }

    /// <summary>NODE.EXTEND: one circuit asks again and again for a silent relay; another one still finds a place.</summary>
    [Fact]
    public void OneCircuit_CannotTakeEveryPlaceThatWaitsForALink()
    {
        using NodeMesh mesh = new();
        RelayNodeOptions options = new()
        {
            Identity = default,
            LinkPrivateKey = default,
            OnionPrivateKey = default,
            ExtendsWaitingMax = 4,
        };
        using X25519KeyPair onion = new(Enumerable.Repeat((byte)1, 32).ToArray());
        LinkOptions linkOptions = new() { NetworkId = mesh.Document.NetworkId.ToArray(), StartWallTime = NodeMesh.WallNow };
        using LinkTable links = new(s_now, linkOptions, new SeededEntropy(1));
        RelayCircuitTable circuits = new(s_now, new(default, onion, mesh.Document.NetworkId.Span), new SeededEntropy(2));
        RelayExtender extender = new(options, links, circuits, _drops);
        extender.SetDocument(mesh.Document, Instant.Never);
        byte[] message = new byte[2048];
        int bytes = ExtendMessage.Write(message, 1, mesh.Document.Relays[0].Identity, 0, 0, new byte[CreateLayout.CreateBytes]);
        Assert.True(ExtendMessage.TryParse(message.AsSpan(0, bytes), out ExtendMessage extend));
        Assert.Equal(ControlStatus.None, extender.Extend(s_now, new(1, 1), extend));
        for (int repeat = 0; repeat < 10; repeat++)
        {
            Assert.Equal(ControlStatus.BadRequest, extender.Extend(s_now, new(1, 1), extend));
        }

        Assert.Equal(ControlStatus.None, extender.Extend(s_now, new(2, 1), extend));
        Assert.Equal(10, _drops[RelayDrop.ExtendTwice]);
    }

    /// <summary>Puts control messages into one body, behind a STREAM-RESET when one is wanted, and lets the hop work.</summary>
    private void Deliver(byte[] message) => Deliver([message], resets: 0);

    private void Deliver(byte[][] messages, ushort resets)
    {
        byte[] body = new byte[WireLayout.BodyBytes];
        FrameWriter writer = new(body);
        if (resets != 0)
        {
            Assert.True(writer.TryWriteStreamReset(new(resets)));
        }

        List<byte> control = [];
        foreach (byte[] message in messages)
        {
            byte[] length = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)message.Length);
            control.AddRange(length);
            control.AddRange(message);
        }

        Assert.True(writer.TryWriteStream(new(0), _controlOffset, false, control.ToArray()));
        writer.Complete();
        _controlOffset += (uint)control.Count;
        _hop.HandleBody(s_now, body);
        _hop.Pump(s_now, null!);
    }
}
