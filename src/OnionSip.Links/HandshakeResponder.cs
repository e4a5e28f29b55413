using System;
using System.Collections.Generic;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>The responder's side of link handshakes, cheapest check first. (LINK.COOKIE, LINK.INIT, LINK.REPLY)</summary>
/// <remarks>
/// Shape:   HELLO is answered from nothing; a fragment must carry the MAC; whole INITs pay a token; only then is anything asymmetric done.
/// Bounds:  see <see cref="ReassemblyTable"/>, <see cref="TokenBucket"/>; nothing is kept for a source that has not shown its cookie.
/// Drops:   NotResponder, Malformed, BadVersion, BadMac, DuplicateFragment, InconsistentFragment, DuplicateHandshake, HandshakeRate,
///          TooManyLinks, HandshakeFailed, UnknownPeer, NoCommonSuite, ReplayedInit, SimultaneousOpen.
/// Secrets: the static key pair, shared with the table.
/// </remarks>
internal sealed class HandshakeResponder
{
    private readonly LinkOptions _options;
    private readonly X25519KeyPair? _staticKeys;
    private readonly Entropy _entropy;
    private readonly LinkRegistry _registry;
    private readonly DatagramQueue _queue;
    private readonly PeerStamps _stamps;
    private readonly CookieJar _cookies;
    private readonly ReassemblyTable _reassemblies;
    private readonly TokenBucket _tokens;
    private Dictionary<LinkPublicKey, RelayId> _peers = [];

    internal HandshakeResponder(
        Instant now,
        LinkOptions options,
        X25519KeyPair? staticKeys,
        Entropy entropy,
        LinkRegistry registry,
        DatagramQueue queue,
        PeerStamps stamps,
        DropCounters<LinkDrop> drops)
    {
        _options = options;
        _staticKeys = staticKeys;
        _entropy = entropy;
        _registry = registry;
        _queue = queue;
        _stamps = stamps;
        _cookies = new CookieJar(now, entropy);
        _reassemblies = new ReassemblyTable(options, drops);
        _tokens = new TokenBucket(now, options.HandshakesPerSecond, options.HandshakeBurst);
    }

    internal int Reassemblies => _reassemblies.Count;

    internal long Computed { get; private set; }

    internal void SetPeers(IEnumerable<(LinkPublicKey Key, RelayId Relay)> peers)
    {
        Dictionary<LinkPublicKey, RelayId> byKey = [];
        HashSet<RelayId> relays = [];
        foreach ((LinkPublicKey key, RelayId relay) in peers)
        {
            byKey[key] = relay;
            _ = relays.Add(relay);
        }

        _peers = byKey;
        _stamps.Keep(relays);
    }

    /// <summary>Answers a HELLO with one datagram of the same size and remembers nothing. (LINK.COOKIE)</summary>
    internal LinkDrop HandleHello(Instant now, in PeerAddress from, ReadOnlySpan<byte> datagram)
    {
        if (_staticKeys is null)
        {
            return LinkDrop.NotResponder;
        }

        LinkDrop drop = HandshakeDatagram.CheckHello(datagram);
        if (drop != LinkDrop.None)
        {
            return drop;
        }

        Span<byte> cookie = stackalloc byte[LinkLayout.CookieBytes];
        _cookies.Bake(now, in from, HandshakeDatagram.IdOf(datagram), cookie);
        if (_queue.TryAdd(in from, out Span<byte> answer))
        {
            HandshakeDatagram.WriteCookie(datagram, cookie, answer);
        }

        return LinkDrop.None;
    }

    /// <summary>Takes one fragment of an INIT; a link comes out when it was the last one needed and everything holds.</summary>
    internal LinkDrop HandleInit(Instant now, in PeerAddress from, ReadOnlySpan<byte> datagram, out Link? accepted)
    {
        accepted = null;
        if (_staticKeys is null)
        {
            return LinkDrop.NotResponder;
        }

        LinkDrop drop = HandshakeDatagram.CheckFragment(HandshakeType.Init, datagram);
        if (drop != LinkDrop.None)
        {
            return drop;
        }

        Span<byte> cookie = stackalloc byte[LinkLayout.CookieBytes];
        if (!_cookies.TryVerify(now, in from, datagram, cookie) && _options.RequireCookie)
        {
            return LinkDrop.BadMac;
        }

        HandshakeKey key = new(from, HandshakeDatagram.IdOf(datagram));
        int index = datagram[LinkLayout.FragmentIndexOffset];
        if (_registry.FindHandshake(key) is Link known)
        {
            return AnswerAgain(known, index, cookie);
        }

        HandshakeRole role = (HandshakeRole)datagram[LinkLayout.RoleOffset];
        ReadOnlySpan<byte> payload = datagram.Slice(LinkLayout.FragmentOffset, LinkLayout.FragmentBytes);
        drop = _reassemblies.Add(now, key, role, index, payload, out FragmentBuffer? whole);
        return drop != LinkDrop.None || whole is null ? drop : Accept(now, key, role, whole, cookie, out accepted);
    }

    private LinkDrop AnswerAgain(Link link, int index, ReadOnlySpan<byte> cookie)
    {
        if (link.Reply is not StoredReply reply)
        {
            return LinkDrop.DuplicateHandshake;
        }

        reply.Ask();
        if (reply.TryAnswer(index))
        {
            SendFragment(link, reply, index, cookie);
        }

        return LinkDrop.None;
    }

    private LinkDrop Accept(
        Instant now, HandshakeKey key, HandshakeRole role, FragmentBuffer whole, ReadOnlySpan<byte> cookie, out Link? accepted)
    {
        accepted = null;
        SourcePrefix prefix = SourcePrefix.Of(key.From);
        if (role == HandshakeRole.ClientLink && !_registry.HasRoomForClient(prefix))
        {
            return LinkDrop.TooManyLinks;
        }

        if (!_tokens.TryTake(now))
        {
            return LinkDrop.HandshakeRate;
        }

        Computed++;
        Span<byte> prologue = stackalloc byte[Prologue.Bytes];
        _ = Prologue.Build(role, _options.NetworkId, _options.Identity!.Value.ToArray(), 0, prologue);
        using HandshakeState state = new(HandshakeForm.Pattern(role), false, prologue, _staticKeys!, default, _entropy);
        LinkDrop drop = Read(now, state, role, whole.Restore(), out HandshakePayload init, out RelayId? peer);
        if (drop != LinkDrop.None)
        {
            return drop;
        }

        if (!SuiteChoice.TryChoose(_options.Suites & SuiteChoice.Supported, (LinkSuites)init.Suites, out AeadSuite suite))
        {
            return LinkDrop.NoCommonSuite;
        }

        if (peer is RelayId relay)
        {
            _stamps.Accept(now, relay, init.Stamp);
        }

        Link link = new(_registry.NewId(), peer, key.From, isInitiator: false)
        {
            State = LinkState.HalfOpen,
            LocalIndex = _registry.NewIndex(),
            Handshake = key,
            Prefix = prefix,
            HalfOpenUntil = now + LinkParameters.HalfOpenLifetime,
        };
        return Answer(link, state, role, suite, init.ReceiverIndex, whole.Received, cookie, out accepted);
    }

    private LinkDrop Read(
        Instant now,
        HandshakeState state,
        HandshakeRole role,
        ReadOnlySpan<byte> message,
        out HandshakePayload init,
        out RelayId? peer)
    {
        init = default;
        peer = null;
        Span<byte> plain = stackalloc byte[LinkLayout.PayloadBytes];
        if (state.ReadMessage(message, plain, out _) != HandshakeRead.Ok)
        {
            return LinkDrop.HandshakeFailed;
        }

        LinkDrop drop = HandshakePayload.TryParse(plain, out init);
        if (drop != LinkDrop.None || role == HandshakeRole.ClientLink)
        {
            return drop;
        }

        if (!_peers.TryGetValue(LinkPublicKey.FromBytes(state.RemoteStaticPublic), out RelayId relay))
        {
            return LinkDrop.UnknownPeer;
        }

        if (!_stamps.IsFresh(now, relay, init.Stamp))
        {
            return LinkDrop.ReplayedInit;
        }

        peer = relay;
        bool isOurTurn = _registry.FindRelay(relay) is { State: LinkState.Opening } && _options.Identity!.Value.CompareTo(relay) < 0;
        return isOurTurn ? LinkDrop.SimultaneousOpen : LinkDrop.None;
    }

    private LinkDrop Answer(
        Link link,
        HandshakeState state,
        HandshakeRole role,
        AeadSuite suite,
        uint remoteIndex,
        int asked,
        ReadOnlySpan<byte> cookie,
        out Link? accepted)
    {
        accepted = null;
        Span<byte> plain = stackalloc byte[LinkLayout.PayloadBytes];
        new HandshakePayload((byte)suite, link.LocalIndex, 0).WriteTo(plain);
        byte[] message = new byte[HandshakeForm.MessageBytes(role, HandshakeType.Reply)];
        if (state.WriteMessage(plain, message) == 0)
        {
            return LinkDrop.HandshakeFailed;
        }

        SessionKeys.Split(state, false, suite, remoteIndex, _options, out LinkSender sender, out LinkReceiver receiver);
        link.Sender = sender;
        link.Receiver = receiver;
        link.Reply = new StoredReply(role, message, asked);
        for (int index = 0; index < link.Reply.Fragments; index++)
        {
            if (link.Reply.TryAnswer(index))
            {
                SendFragment(link, link.Reply, index, cookie);
            }
        }

        accepted = link;
        return LinkDrop.None;
    }

    private void SendFragment(Link link, StoredReply reply, int index, ReadOnlySpan<byte> cookie)
    {
        if (_queue.TryAdd(link.Remote, out Span<byte> datagram))
        {
            HandshakeDatagram.WriteFragment(
                HandshakeType.Reply, reply.Role, link.Handshake.Id, reply.Message, index, cookie, datagram);
        }
    }
}
