using System;
using System.Collections.Generic;
using System.Text;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Wire;

/// <summary>WIRE.CONTROL, WIRE.HOST, WIRE.STATUS, WIRE.ENDPOINT, WIRE.ERRORS</summary>
public sealed class ControlMessageTests
{
    private static readonly PeerAddress s_v4 = new(IpAddress.FromIPv4(0xC0000201), 5060);
    private static readonly PeerAddress s_v6 = Endpoint("[2001:db8::7]:40000");

    public static TheoryData<string, byte[]> Messages()
    {
        TheoryData<string, byte[]> data = [];
        foreach ((string name, byte[] message) in All())
        {
            data.Add(name, message);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void WholeMessage_Parses_AndTypeIsRead(string name, byte[] message)
    {
        Assert.Equal(WireParse.None, ParseAny(message));
        Assert.Equal(WireParse.None, ControlMessage.ParseType(message, out ControlMessageType type));
        Assert.StartsWith(type.ToString(), name, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void EveryTruncation_IsRefused(string name, byte[] message)
    {
        // EXTEND and EXTENDED end with a message of any length: only what stands before it can be cut short.
        int shortest = name switch { "Extend" => 43, "Extended" => 3, _ => message.Length - 1 };
        for (int length = 0; length <= shortest; length++)
        {
            Assert.NotEqual(WireParse.None, ParseAny(message.AsSpan(0, length)));
        }
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void TrailingByte_IsRefused(string name, byte[] message)
    {
        WireParse expected = name is "Extend" or "Extended" ? WireParse.None : WireParse.TrailingBytes;
        Assert.Equal(expected, ParseAny([.. message, 0]));
        Assert.Equal(WireParse.BadLength, ParseAny([.. message, .. new byte[WireLayout.MaxControlMessageBytes]]));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void MessageInsideGarbage_IsReadExactly(string name, byte[] message)
    {
        byte[] around = new byte[message.Length + 64];
        new SeededEntropy(1).Fill(around);
        message.CopyTo(around, 32);
        Assert.True(ParseAny(around.AsSpan(32, message.Length)) == WireParse.None, name);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(255)]
    public void UnknownType_IsRefused(int type) =>
        Assert.Equal(WireParse.BadType, ControlMessage.ParseType([(byte)type, 0, 1], out _));

    [Fact]
    public void RandomBytes_NeverThrow_AndAcceptedOnesAreInsideTheLimits()
    {
        const ulong Seed = 77;
        SeededEntropy entropy = new(Seed);
        byte[] bytes = new byte[160];
        int accepted = 0;
        for (int round = 0; round < 60_000; round++)
        {
            int length = entropy.NextInt32(bytes.Length);
            entropy.Fill(bytes.AsSpan(0, length));
            bytes[0] = (byte)(1 + (round % 15));
            accepted += ParseAny(bytes.AsSpan(0, length)) == WireParse.None ? 1 : 0;
        }

        Assert.InRange(accepted, 1, 59_999);
    }

    [Fact]
    public void MutatedMessages_NeverThrow()
    {
        const ulong Seed = 78;
        SeededEntropy entropy = new(Seed);
        foreach ((string _, byte[] message) in All())
        {
            for (int round = 0; round < 3_000; round++)
            {
                byte[] mutated = (byte[])message.Clone();
                mutated[entropy.NextInt32(mutated.Length)] = (byte)entropy.NextInt32(256);
                Assert.InRange((int)ParseAny(mutated), (int)WireParse.None, (int)WireParse.BadRange);
            }
        }
    }

    [Fact]
    public void Extend_RoundTrips()
    {
        byte[] buffer = new byte[2048];
        RelayId relay = new(UInt128.MaxValue - 5, 77);
        int bytes = ExtendMessage.Write(buffer, 9, relay, 0xFFFF_FFFF, 3, "create"u8);
        Assert.True(ExtendMessage.TryParse(buffer.AsSpan(0, bytes), out ExtendMessage parsed));
        Assert.Equal(
            (9, relay, 0xFFFF_FFFFu, 3u), (parsed.Request, parsed.Relay, parsed.ForwardOffset, parsed.BackwardOffset));
        Assert.Equal("create"u8, parsed.Create);
    }

    [Fact]
    public void Connect_RoundTripsNameAndAddresses()
    {
        byte[] buffer = new byte[512];
        int bytes = ConnectMessage.Write(buffer, new(3), WireHost.FromName("sip.example"u8), 5061);
        Assert.True(ConnectMessage.TryParse(buffer.AsSpan(0, bytes), out ConnectMessage named));
        Assert.Equal((3, 5061, HostKind.Name), (named.Stream.Value, named.Port, named.Host.Kind));
        Assert.Equal("sip.example"u8, named.Host.Name);

        bytes = ConnectMessage.Write(buffer, new(3), WireHost.FromAddress(s_v6.Address), 5061);
        Assert.True(ConnectMessage.TryParse(buffer.AsSpan(0, bytes), out ConnectMessage addressed));
        Assert.Equal((HostKind.IPv6, s_v6.Address), (addressed.Host.Kind, addressed.Host.Address));
    }

    [Fact]
    public void Consent_RoundTripsEndpoints()
    {
        byte[] buffer = new byte[512];
        PeerAddress[] endpoints = [s_v4, s_v6, new(s_v4.Address, 1)];
        int bytes = ConsentMessage.Write(buffer, new(4), endpoints);
        Assert.True(ConsentMessage.TryParse(buffer.AsSpan(0, bytes), out ConsentMessage parsed));
        PeerAddress[] read = new PeerAddress[8];
        Assert.Equal(3, parsed.CopyEndpoints(read));
        Assert.Equal(endpoints, read[..3]);
    }

    [Fact]
    public void Resolved_RoundTripsEveryKind()
    {
        byte[] buffer = new byte[2048];
        ResolvedWriter srv = new(buffer, 5, ResolveKind.Srv, 60);
        Assert.True(srv.TryAddSrv(1, 2, 5061, "a.example"u8));
        Assert.True(ResolvedMessage.TryParse(buffer.AsSpan(0, srv.Bytes), out ResolvedMessage parsed));
        AnswerReader answers = parsed.Answers;
        Assert.False(answers.TryReadAddress(out _));
        Assert.True(answers.TryReadSrv(out SrvAnswer one));
        Assert.Equal((1, 2, 5061), (one.Priority, one.Weight, one.Port));
        Assert.Equal("a.example"u8, one.Target);
        Assert.False(answers.TryReadSrv(out _));

        ResolvedWriter naptr = new(buffer, 5, ResolveKind.Naptr, 60);
        Assert.True(naptr.TryAddNaptr(
            new() { Order = 7, Service = "SIPS+D2T"u8, Flags = "s"u8, Replacement = "_sips._tcp.example"u8 }));
        Assert.True(ResolvedMessage.TryParse(buffer.AsSpan(0, naptr.Bytes), out parsed));
        answers = parsed.Answers;
        Assert.True(answers.TryReadNaptr(out NaptrAnswer record));
        Assert.Equal("SIPS+D2T"u8, record.Service);
        Assert.Equal("_sips._tcp.example"u8, record.Replacement);
    }

    [Fact]
    public void ResolvedWriter_StopsAtTheLimits()
    {
        ResolvedWriter writer = new(new byte[4096], 1, ResolveKind.A, 1);
        int added = 0;
        while (writer.TryAddAddress(s_v4.Address))
        {
            added++;
        }

        Assert.Equal(WireLayout.MaxAnswers, added);
        Assert.False(writer.TryAddAddress(s_v6.Address));
        ResolvedWriter big = new(new byte[4096], 1, ResolveKind.Srv, 1);
        byte[] name = new byte[WireNames.MaxNameBytes];
        name.AsSpan().Fill((byte)'a');
        while (big.TryAddSrv(1, 1, 1, name))
        {
        }

        Assert.InRange(big.Bytes, 1700, WireLayout.MaxControlMessageBytes);
    }

    [Fact]
    public void ReservedAndOddIds_AreRefused()
    {
        byte[] buffer = new byte[64];
        Assert.Equal(WireParse.BadId, ParseAny(
            buffer.AsSpan(0, ConnectMessage.Write(buffer, new(0), WireHost.FromAddress(s_v4.Address), 1))));
        Assert.Equal(WireParse.BadId, ParseAny(buffer.AsSpan(0, AssociateMessage.Write(buffer, new(3), false))));
        Assert.Equal(WireParse.BadId, ParseAny(buffer.AsSpan(0, ReleaseMessage.Write(buffer, new(0)))));
        Assert.Equal(WireParse.BadId, ParseAny(
            buffer.AsSpan(0, AssociatedMessage.Write(buffer, new(2), new(s_v4.Address, 4001)))));
    }

    [Fact]
    public void IPv4WrittenAsIPv6_IsRefused()
    {
        byte[] mapped = [4, 0, 3, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1, 0, 80];
        Assert.Equal(WireParse.BadAddress, ConnectMessage.Parse(mapped, out _));
    }

    [Fact]
    public void BadNamesAndStatusesAndCounts_AreRefused()
    {
        Assert.Equal(WireParse.BadName, ConnectMessage.Parse([4, 0, 3, 1, 0, 0, 80], out _));
        Assert.Equal(WireParse.BadName, ConnectMessage.Parse([4, 0, 3, 1, 1, 0x20, 0, 80], out _));
        Assert.Equal(WireParse.BadType, ConnectMessage.Parse([4, 0, 3, 9, 1, 0x61, 0, 80], out _));
        Assert.Equal(WireParse.BadStatus, StatusMessage.Parse([6, 0, 3, 0], out _));
        Assert.Equal(WireParse.BadStatus, StatusMessage.Parse([6, 0, 3, 7], out _));
        Assert.Equal(WireParse.BadType, StatusMessage.Parse([5, 0, 3, 1], out _));
        Assert.Equal(WireParse.BadCount, ConsentMessage.Parse([10, 0, 2, 0], out _));
        Assert.Equal(WireParse.BadCount, ConsentMessage.Parse([10, 0, 2, 9], out _));
        Assert.Equal(WireParse.BadCount, ResolvedMessage.Parse([14, 0, 2, 1, 0, 0, 0, 0, 17], out _));
        Assert.Equal(WireParse.BadAddress, AssociateMessage.Parse([7, 0, 2, 5], out _));
    }

    private static PeerAddress Endpoint(string text) =>
        PeerAddress.TryParse(text, out PeerAddress address) ? address : default;

    private static IEnumerable<(string Name, byte[] Message)> All()
    {
        byte[] buffer = new byte[2048];
        byte[] Take(int bytes) => buffer.AsSpan(0, bytes).ToArray();

        yield return ("Extend", Take(ExtendMessage.Write(buffer, 1, new(1, 2), 3, 4, new byte[1300])));
        yield return ("Extended", Take(ExtendedMessage.Write(buffer, 1, new byte[1200])));
        yield return ("ExtendFailed", Take(
            StatusMessage.Write(buffer, ControlMessageType.ExtendFailed, 1, ControlStatus.Busy)));
        yield return ("Connect name", Take(
            ConnectMessage.Write(buffer, new(2), WireHost.FromName("example.org"u8), 5061)));
        yield return ("Connect v4", Take(
            ConnectMessage.Write(buffer, new(2), WireHost.FromAddress(s_v4.Address), 5061)));
        yield return ("Connect v6", Take(
            ConnectMessage.Write(buffer, new(2), WireHost.FromAddress(s_v6.Address), 5061)));
        yield return ("Connected", Take(ConnectedMessage.Write(buffer, new(2), in s_v4, in s_v6)));
        yield return ("ConnectFailed", Take(
            StatusMessage.Write(buffer, ControlMessageType.ConnectFailed, 2, ControlStatus.Refused)));
        yield return ("Associate", Take(AssociateMessage.Write(buffer, new(2), true)));
        yield return ("Associated", Take(AssociatedMessage.Write(buffer, new(2), in s_v6)));
        yield return ("AssociateFailed", Take(
            StatusMessage.Write(buffer, ControlMessageType.AssociateFailed, 2, ControlStatus.NotFound)));
        yield return ("Consent", Take(ConsentMessage.Write(buffer, new(2), [s_v4, s_v6])));
        yield return ("Release", Take(ReleaseMessage.Write(buffer, new(2))));
        yield return ("Released", Take(
            StatusMessage.Write(buffer, ControlMessageType.Released, 2, ControlStatus.Closed)));
        yield return ("Resolve", Take(ResolveMessage.Write(buffer, 5, ResolveKind.Naptr, "example.org"u8)));
        yield return ("Resolved A", Take(Answers(buffer, ResolveKind.A)));
        yield return ("Resolved AAAA", Take(Answers(buffer, ResolveKind.Aaaa)));
        yield return ("Resolved SRV", Take(Answers(buffer, ResolveKind.Srv)));
        yield return ("Resolved NAPTR", Take(Answers(buffer, ResolveKind.Naptr)));
        yield return ("ResolveFailed", Take(
            StatusMessage.Write(buffer, ControlMessageType.ResolveFailed, 5, ControlStatus.BadRequest)));
    }

    private static int Answers(byte[] buffer, ResolveKind kind)
    {
        ResolvedWriter writer = new(buffer, 5, kind, 300);
        for (int index = 0; index < 3; index++)
        {
            bool added = kind switch
            {
                ResolveKind.A => writer.TryAddAddress(s_v4.Address),
                ResolveKind.Aaaa => writer.TryAddAddress(s_v6.Address),
                ResolveKind.Srv => writer.TryAddSrv(1, 2, 3, Encoding.ASCII.GetBytes("host" + index)),
                _ => writer.TryAddNaptr(new() { Order = 1, Flags = "s"u8, Service = "SIP+D2U"u8, Replacement = "."u8 }),
            };
            Assert.True(added);
        }

        return writer.Bytes;
    }

    private static WireParse ParseAny(ReadOnlySpan<byte> message)
    {
        WireParse parse = ControlMessage.ParseType(message, out ControlMessageType type);
        return parse != WireParse.None ? parse : type switch
        {
            ControlMessageType.Extend => ExtendMessage.Parse(message, out _),
            ControlMessageType.Extended => ExtendedMessage.Parse(message, out _),
            ControlMessageType.Connect => ConnectMessage.Parse(message, out _),
            ControlMessageType.Connected => ConnectedMessage.Parse(message, out _),
            ControlMessageType.Associate => AssociateMessage.Parse(message, out _),
            ControlMessageType.Associated => AssociatedMessage.Parse(message, out _),
            ControlMessageType.Consent => ConsentMessage.Parse(message, out _),
            ControlMessageType.Release => ReleaseMessage.Parse(message, out _),
            ControlMessageType.Resolve => ResolveMessage.Parse(message, out _),
            ControlMessageType.Resolved => ResolvedMessage.Parse(message, out _),
            _ => StatusMessage.Parse(message, out _),
        };
    }
}
