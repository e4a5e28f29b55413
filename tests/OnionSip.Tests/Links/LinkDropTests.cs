using System;
using System.Collections.Generic;
using System.Linq;
using OnionSip.Crypto;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Links;

/// <summary>Every reason to refuse a datagram is produced and counted, and nothing is answered to it. (LINK.ERRORS)</summary>
public sealed class LinkDropTests
{
    private static readonly PeerAddress s_from = LinkNetwork.Address("198.51.100.7:5000");

    private readonly LinkNetwork _network = new(51);
    private readonly LinkNode _relay;
    private readonly LinkNode _client;
    private int _answers;

    public LinkDropTests()
    {
        _relay = _network.AddRelay("A", "192.0.2.1:443", options => options with
        {
            MaxHalfOpenPerPrefix = 2, MaxReassembliesPerPrefix = 2, HandshakeBurst = 4, HandshakesPerSecond = 1, MaxLinksPerPrefix = 3, MaxWaitingPerPrefix = 1,
        });
        _client = _network.AddClient("c", "198.51.100.7:5000");
    }

    public static TheoryData<LinkDrop> Reasons => [.. Enum.GetValues<LinkDrop>().Where(reason => reason != LinkDrop.None)];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void EveryReason_IsCounted(LinkDrop reason)
    {
        LinkNode node = Produce(reason);
        Assert.True(node.Table.Drops[reason] > 0, reason.ToString());
        Assert.Equal(0, _answers);
    }

    private LinkNode Produce(LinkDrop reason) => reason switch
    {
        LinkDrop.BadLength => Refuse(_relay, new byte[279], reason),
        LinkDrop.UnknownType => Refuse(_relay, Handshake(9), reason),
        LinkDrop.NotResponder => Refuse(_client, Hello(1), reason),
        LinkDrop.Malformed => Refuse(_relay, Changed(Hello(1), 279, 1), reason),
        LinkDrop.BadVersion => Refuse(_relay, Changed(Hello(1), 4, 2), reason),
        LinkDrop.UnknownHandshake => Refuse(_client, Changed(Hello(1), 3, 2), reason),
        LinkDrop.UnexpectedCookie => CookieTwice(),
        LinkDrop.BadMac => Refuse(_relay, InitFragment(1, 0, new byte[32]), reason),
        LinkDrop.DuplicateFragment => FragmentTwice(reason, HandshakeRole.ClientLink),
        LinkDrop.InconsistentFragment => FragmentTwice(reason, HandshakeRole.RelayLink),
        LinkDrop.DuplicateHandshake => InitOfOpenLink(),
        LinkDrop.HandshakeFailed => GarbageInit(1, 1),
        LinkDrop.HandshakeRate => GarbageInit(6, 1),
        LinkDrop.StaleWork => LinkWorkTests.SameIndexTwice(),
        LinkDrop.UnknownPeer => StrangerRelay(),
        LinkDrop.ReplayedInit => SetBackRelay(),
        LinkDrop.NoCommonSuite => SuiteLess(),
        LinkDrop.TooManyLinks => FourClients(),
        LinkDrop.SimultaneousOpen => BothOpen(),
        LinkDrop.UnknownIndex => Refuse(_relay, LinkNetwork.Filled(7, 280), reason),
        LinkDrop.BadEpoch => ChangedCell(reason, 3, 9),
        LinkDrop.BadTag => ChangedCell(reason, 100, 1),
        LinkDrop.Replayed => CellAgain(reason, 0),
        LinkDrop.TooOld => CellAgain(reason, 1100),
        LinkDrop.BadLinkMessage => Message(5, (byte)LinkCommand.Ping),
        LinkDrop.UnknownCommand => Message(0, 99),
        LinkDrop.QueueFull => ManyHellosUndrained(),
        LinkDrop.ReassemblyEvicted => ThreeHandshakesOfOnePrefix(),
        LinkDrop.HalfOpenEvicted => ThreeUnconfirmed(),
        LinkDrop.RoamRefused => CellFromLoopback(),
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };

    private LinkNode Refuse(LinkNode node, byte[] datagram, LinkDrop reason)
    {
        int before = _answers;
        _network.Tap = (_, _, _) =>
        {
            _answers++;
            return true;
        };
        Assert.Equal(reason, _network.Inject(node, s_from, datagram));
        Assert.Equal(before, _answers);
        return node;
    }

    private LinkNode CookieTwice()
    {
        byte[] cookie = [];
        _network.Arriving = (_, _, datagram) => cookie = datagram[3] == 2 && HandshakeTests.IsHandshake(datagram) ? datagram : cookie;
        _ = _network.Open(_client, _relay);
        _ = _network.RunUntil(() => cookie.Length > 0, TimeSpan.FromSeconds(1));
        Assert.Equal(LinkDrop.UnexpectedCookie, _network.Inject(_client, _relay.Address, cookie));
        return _client;
    }

    private LinkNode FragmentTwice(LinkDrop reason, HandshakeRole secondRole)
    {
        byte[] cookie = CookieFor(s_from, 1);
        Assert.Equal(LinkDrop.None, _network.Inject(_relay, s_from, InitFragment(1, 0, cookie)));
        return Refuse(_relay, InitFragment(1, 0, cookie, secondRole), reason);
    }

    private LinkNode InitOfOpenLink()
    {
        List<byte[]> inits = [];
        _network.Arriving = (_, _, datagram) =>
        {
            if (HandshakeTests.IsHandshake(datagram) && datagram[3] == 3)
            {
                inits.Add(datagram);
            }
        };
        _ = _network.Connect(_client, _relay);
        _network.Arriving = null;
        return Refuse(_relay, inits[0], LinkDrop.DuplicateHandshake);
    }

    private LinkNode GarbageInit(int handshakes, int seed)
    {
        for (int count = 0; count < handshakes; count++)
        {
            ulong id = (ulong)(seed + count);
            byte[] cookie = CookieFor(s_from, id);
            for (int index = 0; index < 6; index++)
            {
                _ = _network.Inject(_relay, s_from, InitFragment(id, index, cookie));
            }
        }

        return _relay;
    }

    private LinkNode StrangerRelay()
    {
        LinkNode stranger = _network.AddRelay("B", "203.0.113.5:443");
        _ = _network.Open(stranger, _relay);
        _network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _relay.Table.Stats.Links);
        return _relay;
    }

    private LinkNode SetBackRelay()
    {
        LinkNode peer = _network.AddRelay("B", "203.0.113.5:443");
        _network.Introduce(_relay, peer);
        _ = _network.Connect(peer, _relay);
        LinkNode again = _network.AddRelay("B", "203.0.113.6:443", options => options with { StartWallTime = new WallTime(1_700_000_000) });
        _ = _network.Open(again, _relay);
        _network.Run(TimeSpan.FromSeconds(1));
        return _relay;
    }

    private LinkNode SuiteLess()
    {
        LinkNode client = _network.AddClient("s", "198.51.100.9:5000", options => options with { Suites = LinkSuites.None });
        _ = _network.Open(client, _relay);
        _network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _relay.Table.Stats.Links);
        return _relay;
    }

    private LinkNode FourClients()
    {
        for (int count = 0; count < 4; count++)
        {
            LinkNode client = _network.AddClient("x", $"198.51.100.{20 + count}:5000");
            _ = _network.Open(client, _relay);
            _network.Run(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(3, _relay.Table.Stats.Links);
        return _relay;
    }

    private LinkNode BothOpen()
    {
        LinkNode peer = _network.AddRelay("B", "203.0.113.5:443");
        _network.Introduce(_relay, peer);
        _ = _network.Open(_relay, peer);
        _ = _network.Open(peer, _relay);
        _network.Run(TimeSpan.FromSeconds(1));
        return _relay;
    }

    private LinkNode ChangedCell(LinkDrop reason, int offset, byte value)
    {
        byte[] datagram = SealedCell(0, 0);
        datagram[offset] ^= value;
        return Refuse(_relay, datagram, reason);
    }

    private LinkNode CellAgain(LinkDrop reason, int others)
    {
        byte[] datagram = SealedCell(1, 0);
        Assert.Equal(LinkDrop.None, _network.Inject(_relay, s_from, datagram));
        LinkId link = _client.Table.Find(_relay.Identity)!.Value;
        for (int count = 0; count < others; count++)
        {
            Assert.True(_network.Send(_client, link, 1, 1, 1));
        }

        _network.Run(TimeSpan.FromMilliseconds(100));
        return Refuse(_relay, datagram, reason);
    }

    private LinkNode Message(uint slot, byte command)
    {
        (LinkId link, _) = _network.Connect(_client, _relay);
        Assert.True(_network.Send(_client, link, 0, slot, command));
        _network.Run(TimeSpan.FromMilliseconds(100));
        Assert.Empty(_relay.Cells);
        return _relay;
    }

    private LinkNode ManyHellosUndrained()
    {
        byte[] cell = new byte[WireLayout.CellBytes];
        for (ulong count = 0; count <= LinkParameters.MaxQueuedDatagrams; count++)
        {
            _ = _relay.Table.HandleDatagram(_network.Now, s_from, Hello(count), cell, out _);
        }

        Assert.Equal(LinkParameters.MaxQueuedDatagrams, _relay.Table.Stats.QueuedDatagrams);
        return _relay;
    }

    private LinkNode ThreeHandshakesOfOnePrefix()
    {
        for (ulong id = 1; id <= 3; id++)
        {
            Assert.Equal(LinkDrop.None, _network.Inject(_relay, s_from, InitFragment(id, 0, CookieFor(s_from, id))));
        }

        Assert.Equal(2, _relay.Table.Stats.Reassemblies);
        return _relay;
    }

    private LinkNode ThreeUnconfirmed()
    {
        _network.Tap = (_, _, datagram) => HandshakeTests.IsHandshake(datagram);
        for (int count = 0; count < 3; count++)
        {
            LinkNode client = _network.AddClient("x", $"198.51.100.{20 + count}:5000");
            _ = _network.Open(client, _relay);
            _network.Run(TimeSpan.FromMilliseconds(200));
        }

        Assert.Equal(2, _relay.Table.Stats.HalfOpenLinks);
        return _relay;
    }

    private LinkNode CellFromLoopback()
    {
        byte[] datagram = SealedCell(1, 0);
        Assert.Equal(LinkDrop.None, _network.Inject(_relay, LinkNetwork.Address("127.0.0.1:9"), datagram));
        return _relay;
    }

    private byte[] SealedCell(uint circuit, uint slot)
    {
        (LinkId link, _) = _network.Connect(_client, _relay);
        byte[] datagram = new byte[WireLayout.DatagramBytes];
        Assert.True(_client.Table.TrySeal(
            _network.Now, link, new CircuitId(circuit), new Slot(slot), new byte[WireLayout.CellBytes], datagram, out _));
        return datagram;
    }

    /// <summary>Asks the relay for a cookie as anybody may who can receive at that address.</summary>
    private byte[] CookieFor(PeerAddress from, ulong handshakeId)
    {
        byte[] cookie = [];
        _network.Tap = (_, _, datagram) =>
        {
            cookie = datagram[LinkLayout.CookieOffset..LinkLayout.CookieFillOffset];
            return false;
        };
        _ = _network.Inject(_relay, from, Hello(handshakeId));
        _network.Tap = null;
        return cookie;
    }

    internal static byte[] Hello(ulong handshakeId)
    {
        byte[] nonce = new byte[LinkLayout.NonceBytes];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(nonce, handshakeId);
        byte[] datagram = new byte[WireLayout.DatagramBytes];
        HandshakeDatagram.WriteHello(nonce, datagram);
        return datagram;
    }

    internal static byte[] InitFragment(
        ulong handshakeId, int index, byte[] cookie, HandshakeRole role = HandshakeRole.ClientLink)
    {
        byte[] message = LinkNetwork.Filled(0x5A, HandshakeForm.MessageBytes(role, HandshakeType.Init));
        byte[] datagram = new byte[WireLayout.DatagramBytes];
        HandshakeDatagram.WriteFragment(HandshakeType.Init, role, handshakeId, message, index, cookie, datagram);
        return datagram;
    }

    private static byte[] Handshake(byte type)
    {
        byte[] datagram = new byte[WireLayout.DatagramBytes];
        datagram[3] = type;
        return datagram;
    }

    private static byte[] Changed(byte[] datagram, int offset, byte value)
    {
        datagram[offset] = value;
        return datagram;
    }
}
