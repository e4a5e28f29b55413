using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>All links of a table and the ways to find one. (LINK.STATES, LINK.INDEX)</summary>
/// <remarks>
/// Bounds: client links at most MaxLinks in all and MaxLinksPerPrefix for one prefix; half-open links at most MaxHalfOpen and
/// MaxHalfOpenPerPrefix; links to and from relays are bounded by the relays there are.
/// </remarks>
internal sealed class LinkRegistry
{
    private const int IndexBits = 24;

    private readonly LinkOptions _options;
    private readonly Entropy _entropy;
    private readonly Dictionary<int, Link> _byId = [];
    private readonly Dictionary<uint, Link> _byIndex = [];
    private readonly Dictionary<(RelayId Relay, int Shard), Link> _byRelay = [];
    private readonly Dictionary<HandshakeKey, Link> _byHandshake = [];
    private readonly Dictionary<ulong, Link> _byOutgoing = [];
    private readonly PrefixCounts _clientPrefixes = new();
    private readonly AgedSlots _halfOpen;
    private readonly Link?[] _halfOpenLinks;
    private int _lastId;
    private int _clientLinks;

    internal LinkRegistry(LinkOptions options, Entropy entropy)
    {
        _options = options;
        _entropy = entropy;
        int halfOpen = options.Identity is null ? 0 : options.MaxHalfOpen;
        _halfOpen = new AgedSlots(halfOpen, options.MaxHalfOpenPerPrefix);
        _halfOpenLinks = new Link?[halfOpen];
    }

    internal int Count => _byId.Count;

    internal int HalfOpenCount => _halfOpen.Count;

    internal IEnumerable<Link> All => _byId.Values;

    internal Link? Find(LinkId id) => _byId.GetValueOrDefault(id.Value);

    internal Link? FindIndex(uint index) => _byIndex.GetValueOrDefault(index);

    /// <summary>The link to a relay: one that is opening, else one to any of its shards. (LINK.SHARD)</summary>
    internal Link? FindRelay(RelayId relay)
    {
        Link? found = null;
        for (int shard = Link.UnknownShard; shard < LinkParameters.MaxShards && found is null; shard++)
        {
            found = FindRelay(relay, shard);
        }

        return found;
    }

    /// <summary>The link to one shard of a relay.</summary>
    internal Link? FindRelay(RelayId relay, int shard) => _byRelay.GetValueOrDefault((relay, shard));

    /// <summary>What an INIT of this shard of a relay competes with: a link to it, or one that is opening to whatever shard.</summary>
    internal Link? FindRival(RelayId relay, int shard) => FindRelay(relay, shard) ?? FindRelay(relay, Link.UnknownShard);

    internal Link? FindHandshake(HandshakeKey key) => _byHandshake.GetValueOrDefault(key);

    internal Link? FindOutgoing(ulong handshakeId) => _byOutgoing.GetValueOrDefault(handshakeId);

    internal bool HasRoomForClient(SourcePrefix prefix) =>
        _clientLinks < _options.MaxLinks && _clientPrefixes.Of(prefix) < _options.MaxLinksPerPrefix;

    internal LinkId NewId()
    {
        do
        {
            _lastId = _lastId == int.MaxValue ? 1 : _lastId + 1;
        }
        while (_byId.ContainsKey(_lastId));
        return new(_lastId);
    }

    /// <summary>A random index that no other link has; never 0. (LINK.INDEX)</summary>
    internal uint NewIndex()
    {
        uint index;
        do
        {
            index = _entropy.NextUInt32() >> (32 - IndexBits);
            index = _options.Shards > 1 ? (index & ~(LinkParameters.MaxShards - 1u)) | (uint)_options.Shard : index;
        }
        while (index == 0 || _byIndex.ContainsKey(index));
        return index;
    }

    internal void Add(Link link)
    {
        _byId.Add(link.Id.Value, link);
        _byIndex.Add(link.LocalIndex, link);
        if (!link.IsInitiator)
        {
            _byHandshake.Add(link.Handshake, link);
        }

        if (IsClient(link))
        {
            _clientLinks++;
            _clientPrefixes.Add(link.Prefix);
        }
    }

    /// <summary>Makes this the link to its relay.</summary>
    internal void AddRelay(Link link)
    {
        if (link.Peer is RelayId relay)
        {
            _byRelay[(relay, link.PeerShard)] = link;
        }
    }

    /// <summary>The peer said which of its shards it is.</summary>
    internal void SetPeerShard(Link link, int shard)
    {
        RemoveRelay(link);
        link.PeerShard = shard;
        AddRelay(link);
    }

    internal void AddOutgoing(Link link) => _byOutgoing.Add(link.Outgoing!.Id, link);

    internal void RemoveOutgoing(Link link) => _byOutgoing.Remove(link.Outgoing!.Id);

    /// <summary>True when a half-open link must go before one from this prefix can come. (LINK.HALF-OPEN)</summary>
    internal bool MustEvictHalfOpen(SourcePrefix prefix, out Link? victim)
    {
        bool must = _halfOpen.MustEvict(prefix, out int slot);
        victim = must ? _halfOpenLinks[slot] : null;
        return must;
    }

    internal void AddHalfOpen(Instant now, Link link)
    {
        link.HalfOpenSlot = _halfOpen.Add(now, link.Prefix);
        _halfOpenLinks[link.HalfOpenSlot] = link;
    }

    internal void RemoveHalfOpen(Link link)
    {
        if (link.HalfOpenSlot != AgedSlots.None)
        {
            _halfOpenLinks[link.HalfOpenSlot] = null;
            _halfOpen.Remove(link.HalfOpenSlot);
            link.HalfOpenSlot = AgedSlots.None;
        }
    }

    internal void Remove(Link link)
    {
        _ = _byId.Remove(link.Id.Value);
        _ = _byIndex.Remove(link.LocalIndex);
        RemoveRelay(link);
        if (!link.IsInitiator)
        {
            _ = _byHandshake.Remove(link.Handshake);
        }

        if (link.Outgoing is not null)
        {
            RemoveOutgoing(link);
        }

        RemoveHalfOpen(link);
        if (IsClient(link))
        {
            _clientLinks--;
            _clientPrefixes.Remove(link.Prefix);
        }
    }

    /// <summary>Gives a link of the table another id, one that was just freed.</summary>
    internal void Rename(Link link, LinkId id)
    {
        _ = _byId.Remove(link.Id.Value);
        link.Id = id;
        _byId.Add(id.Value, link);
    }

    private void RemoveRelay(Link link)
    {
        if (link.Peer is RelayId relay && FindRelay(relay, link.PeerShard) == link)
        {
            _ = _byRelay.Remove((relay, link.PeerShard));
        }
    }

    private static bool IsClient(Link link) => !link.IsInitiator && link.Peer is null;
}
