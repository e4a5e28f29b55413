using System;
using System.Collections.Generic;
using OnionSip.Crypto;
using OnionSip.Machines;

namespace OnionSip.Links;

/// <summary>A handshake as the responder knows it: who speaks, and the id its cookie was made for. (LINK.FRAGMENT)</summary>
internal readonly record struct HandshakeKey(PeerAddress From, ulong Id);

/// <summary>Where INITs are put together; only fragments with a good MAC get here. (LINK.REASSEMBLY)</summary>
/// <remarks>
/// Bounds: a fixed number of places, in all and for each prefix; the oldest gives way; none is older than
///         <see cref="LinkParameters.ReassemblyLifetime"/> when looked at.
/// Drops:  DuplicateFragment, InconsistentFragment; evictions are counted as ReassemblyEvicted.
/// </remarks>
internal sealed class ReassemblyTable
{
    private readonly AgedSlots _slots;
    private readonly FragmentBuffer?[] _buffers;
    private readonly HandshakeKey[] _keys;
    private readonly HandshakeRole[] _roles;
    private readonly Dictionary<HandshakeKey, int> _byKey = [];
    private readonly DropCounters<LinkDrop> _drops;

    internal ReassemblyTable(LinkOptions options, DropCounters<LinkDrop> drops)
    {
        int capacity = options.Identity is null ? 0 : options.MaxReassemblies;
        _slots = new AgedSlots(capacity, options.MaxReassembliesPerPrefix);
        _buffers = new FragmentBuffer?[capacity];
        _keys = new HandshakeKey[capacity];
        _roles = new HandshakeRole[capacity];
        _drops = drops;
    }

    internal int Count => _slots.Count;

    /// <summary>Adds one fragment; the buffer is handed out once when the message is whole, and is then free for others.</summary>
    internal LinkDrop Add(
        Instant now, HandshakeKey key, HandshakeRole role, int index, ReadOnlySpan<byte> payload, out FragmentBuffer? whole)
    {
        whole = null;
        Expire(now);
        if (!_byKey.TryGetValue(key, out int slot))
        {
            slot = Open(now, key, role);
        }

        FragmentBuffer buffer = _buffers[slot]!;
        if (_roles[slot] != role)
        {
            return LinkDrop.InconsistentFragment;
        }

        if (!buffer.TryAdd(index, payload))
        {
            return LinkDrop.DuplicateFragment;
        }

        if (buffer.IsComplete)
        {
            Remove(slot);
            whole = buffer;
        }

        return LinkDrop.None;
    }

    private int Open(Instant now, HandshakeKey key, HandshakeRole role)
    {
        SourcePrefix prefix = SourcePrefix.Of(key.From);
        if (_slots.MustEvict(prefix, out int evicted))
        {
            Remove(evicted);
            _ = _drops.Count(LinkDrop.ReassemblyEvicted);
        }

        int slot = _slots.Add(now, prefix);
        _keys[slot] = key;
        _roles[slot] = role;
        _byKey.Add(key, slot);
        FragmentBuffer buffer = _buffers[slot] ??= new FragmentBuffer();
        buffer.Begin(HandshakeForm.MessageBytes(role, HandshakeType.Init));
        return slot;
    }

    private void Expire(Instant now)
    {
        while (_slots.Oldest != AgedSlots.None && now - _slots.Since(_slots.Oldest) >= LinkParameters.ReassemblyLifetime)
        {
            Remove(_slots.Oldest);
        }
    }

    private void Remove(int slot)
    {
        _ = _byKey.Remove(_keys[slot]);
        _slots.Remove(slot);
    }
}
