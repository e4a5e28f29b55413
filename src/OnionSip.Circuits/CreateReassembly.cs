using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The unfinished CREATE messages of all links. (CIRCUIT.FRAGMENT)</summary>
/// <remarks>
/// Bounds: a number of messages per link, above which new ones are refused, and a number in all, above which the
///         oldest is given up;
///         each lives three seconds.
/// Drops:  BadMessage, RepeatedFragment, LinkReassemblyFull, ReassemblyFull (the one given up), ReassemblyTimeout.
/// </remarks>
internal sealed class CreateReassembly
{
    private readonly Entry?[] _entries;
    private readonly Stack<int> _free = new();
    private readonly LinkedList<Entry> _byAge = new();
    private readonly CircuitIndex _index;
    private readonly Dictionary<LinkId, int> _perLink = [];
    private readonly DropCounters<CircuitDrop> _drops;
    private readonly int _maxPerLink;

    internal CreateReassembly(int max, int maxPerLink, DropCounters<CircuitDrop> drops, Entropy entropy)
    {
        _entries = new Entry?[max];
        _index = new CircuitIndex(max, entropy);
        _drops = drops;
        _maxPerLink = maxPerLink;
        for (int index = max - 1; index >= 0; index--)
        {
            _free.Push(index);
        }
    }

    internal int Count => _byAge.Count;

    /// <summary>When the oldest is given up.</summary>
    internal Instant Next => _byAge.First is { } oldest ? oldest.Value.Deadline : Instant.Never;

    /// <summary>
    /// Takes a fragment; when it is the last one needed, the whole message is given and the entry is free again.
    /// </summary>
    internal CircuitDrop Add(Instant now, LinkId link, in LinkFragment fragment, out byte[]? whole)
    {
        whole = null;
        if (!FragmentFit.Fits(in fragment, CreateLayout.CreateBytes))
        {
            return CircuitDrop.BadMessage;
        }

        Entry? entry = Find(link, fragment.Circuit);
        if (entry is null)
        {
            if (_perLink.GetValueOrDefault(link) >= _maxPerLink)
            {
                return CircuitDrop.LinkReassemblyFull;
            }

            entry = Open(now, link, fragment.Circuit);
        }

        CircuitDrop refused = FragmentFit.Join(
            entry.Joiner, in fragment, CreateLayout.CreateBytes, out bool isComplete);
        if (isComplete)
        {
            whole = entry.Joiner.Message.ToArray();
            Close(entry);
        }

        return refused;
    }

    internal void HandleTimeout(Instant now)
    {
        while (_byAge.First is { } oldest && oldest.Value.Deadline <= now)
        {
            Close(oldest.Value);
            _drops.Count(CircuitDrop.ReassemblyTimeout);
        }
    }

    /// <summary>False when there was none.</summary>
    internal bool Remove(LinkId link, CircuitId circuit)
    {
        Entry? entry = Find(link, circuit);
        if (entry is null)
        {
            return false;
        }

        Close(entry);
        return true;
    }

    internal void RemoveLink(LinkId link)
    {
        LinkedListNode<Entry>? node = _byAge.First;
        while (node is not null)
        {
            LinkedListNode<Entry>? next = node.Next;
            if (node.Value.Link == link)
            {
                Close(node.Value);
            }

            node = next;
        }
    }

    private Entry? Find(LinkId link, CircuitId circuit) =>
        _index.TryFind(link, circuit, out int index) ? _entries[index] : null;

    private Entry Open(Instant now, LinkId link, CircuitId circuit)
    {
        if (_free.Count == 0)
        {
            Close(_byAge.First!.Value);
            _drops.Count(CircuitDrop.ReassemblyFull);
        }

        int index = _free.Pop();
        Entry entry = _entries[index] ??= new Entry(index);
        entry.Link = link;
        entry.Circuit = circuit;
        entry.Deadline = now + TimeSpan.FromMilliseconds(CircuitLimits.ReassemblyTimeoutMilliseconds);
        entry.Joiner.Reset();
        _byAge.AddLast(entry.Node);
        _index.Add(link, circuit, index);
        _perLink[link] = _perLink.GetValueOrDefault(link) + 1;
        return entry;
    }

    private void Close(Entry entry)
    {
        _byAge.Remove(entry.Node);
        _index.Remove(entry.Link, entry.Circuit);
        _free.Push(entry.Index);
        int left = _perLink[entry.Link] - 1;
        if (left == 0)
        {
            _perLink.Remove(entry.Link);
        }
        else
        {
            _perLink[entry.Link] = left;
        }
    }

    private sealed class Entry
    {
        internal Entry(int index)
        {
            Index = index;
            Node = new LinkedListNode<Entry>(this);
        }

        internal int Index { get; }

        internal LinkedListNode<Entry> Node { get; }

        internal FragmentJoiner Joiner { get; } = new();

        internal LinkId Link { get; set; }

        internal CircuitId Circuit { get; set; }

        internal Instant Deadline { get; set; }
    }
}
