using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Circuits;
using OnionSip.Directory;
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
        _hop = new(s_now, new CircuitHandle(0, 0), _share);
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
