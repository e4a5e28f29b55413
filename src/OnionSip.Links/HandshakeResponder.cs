using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>The responder's side of link handshakes, cheapest check first. (LINK.COOKIE, LINK.INIT, LINK.REPLY)</summary>
/// <remarks>
/// Shape:   HELLO is answered from nothing; a fragment must carry the MAC; whole INITs take turns and pay a token; only then is anything
///          asymmetric done, here or by whoever takes the work. (NODE.WORK)
/// Bounds:  see <see cref="ReassemblyTable"/>, <see cref="TokenBucket"/>; nothing is kept for a source that has not shown its cookie.
/// Drops:   NotResponder, Malformed, BadVersion, BadMac, DuplicateFragment, InconsistentFragment, DuplicateHandshake, HandshakeRate,
///          TooManyLinks, HandshakeFailed, UnknownPeer, NoCommonSuite, ReplayedInit, SimultaneousOpen, StaleWork.
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
    private readonly InitBacklog _backlog;
    private readonly DropCounters<LinkDrop> _drops;
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
        _backlog = new InitBacklog(now, options);
        _drops = drops;
    }

    internal int Reassemblies => _reassemblies.Count;

    internal long Computed { get; private set; }

    /// <summary>When a waiting INIT may have its handshake.</summary>
    internal Instant Next => _backlog.Next;

    internal void HandleTimeout(Instant now) => _backlog.HandleTimeout(now);

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

        if (_backlog.Find(key) is InitWork waiting)
        {
            waiting.Ask();
            return LinkDrop.None;
        }

        HandshakeRole role = (HandshakeRole)datagram[LinkLayout.RoleOffset];
        ReadOnlySpan<byte> payload = datagram.Slice(LinkLayout.FragmentOffset, LinkLayout.FragmentBytes);
        drop = _reassemblies.Add(now, key, role, index, payload, out FragmentBuffer? whole);
        return drop != LinkDrop.None || whole is null ? drop : Queue(now, key, role, whole, cookie, out accepted);
    }

    /// <summary>Takes the handshake of one INIT, if one may begin now; null when none may. (NODE.WORK)</summary>
    internal InitWork? PollWork(Instant now) => TryTake(now, out InitWork? work) ? work : null;

    /// <summary>Makes a link of a handshake that was run, if everything still holds; the work is erased. (NODE.WORK)</summary>
    internal LinkDrop Finish(Instant now, InitWork work, out Link? accepted)
    {
        _backlog.Return(work);
        LinkDrop drop = work.Refused == LinkDrop.None ? Check(now, work) : work.Refused;
        accepted = drop == LinkDrop.None ? Answer(now, work) : null;
        work.Erase();
        return drop;
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

    /// <summary>Gives a whole INIT its turn. (LINK.RATE)</summary>
    private LinkDrop Queue(
        Instant now, HandshakeKey key, HandshakeRole role, FragmentBuffer whole, ReadOnlySpan<byte> cookie, out Link? accepted)
    {
        accepted = null;
        InitWork work = new(_options, key, role, whole, cookie);
        if (role == HandshakeRole.ClientLink && !_registry.HasRoomForClient(work.Prefix))
        {
            return LinkDrop.TooManyLinks;
        }

        if (!_backlog.TryAdd(work, out InitWork? evicted))
        {
            return LinkDrop.HandshakeRate;
        }

        if (evicted is not null)
        {
            _ = _drops.Count(LinkDrop.HandshakeRate);
        }

        if (_options.HandsOutWork || !TryTake(now, out InitWork? next))
        {
            return LinkDrop.None;
        }

        // Done on the spot nothing else waits, unless the rate made it wait: then it is an older one's turn.
        next.Run();
        LinkDrop drop = Finish(now, next, out accepted);
        return next == work ? drop : CountOther(drop);
    }

    private LinkDrop CountOther(LinkDrop drop)
    {
        _ = _drops.Count(drop);
        return LinkDrop.None;
    }

    private bool TryTake(Instant now, [NotNullWhen(true)] out InitWork? work)
    {
        if (!_backlog.TryTake(now, out work))
        {
            return false;
        }

        Computed++;
        work.Prepare(_registry.NewIndex(), _staticKeys!, _peers, _entropy);
        return true;
    }

    /// <summary>What depends on other links, which may have changed since the INIT was whole. (LINK.INIT)</summary>
    private LinkDrop Check(Instant now, InitWork work)
    {
        if (_registry.FindIndex(work.LocalIndex) is not null)
        {
            return LinkDrop.StaleWork;
        }

        if (work.Peer is not RelayId relay)
        {
            return _registry.HasRoomForClient(work.Prefix) ? LinkDrop.None : LinkDrop.TooManyLinks;
        }

        if (!_stamps.IsFresh(now, relay, work.PeerShard, work.Stamp))
        {
            return LinkDrop.ReplayedInit;
        }

        bool isOpening = _registry.FindRelay(relay, Link.UnknownShard) is { State: LinkState.Opening };
        bool isOurTurn = isOpening && _options.Identity!.Value.CompareTo(relay) < 0;
        return isOurTurn ? LinkDrop.SimultaneousOpen : LinkDrop.None;
    }

    private Link Answer(Instant now, InitWork work)
    {
        if (work.Peer is RelayId relay)
        {
            _stamps.Accept(now, relay, work.PeerShard, work.Stamp);
        }

        Link link = new(_registry.NewId(), work.Peer, work.Key.From, isInitiator: false)
        {
            State = LinkState.HalfOpen,
            LocalIndex = work.LocalIndex,
            PeerShard = work.PeerShard,
            Handshake = work.Key,
            Prefix = work.Prefix,
            HalfOpenUntil = now + LinkParameters.HalfOpenLifetime,
            Reply = new StoredReply(work.Role, work.Reply, work.Asked),
        };
        work.GiveKeys(link);
        for (int index = 0; index < link.Reply.Fragments; index++)
        {
            if (link.Reply.TryAnswer(index))
            {
                SendFragment(link, link.Reply, index, work.Cookie);
            }
        }

        return link;
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
