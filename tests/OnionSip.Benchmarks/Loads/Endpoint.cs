using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Crypto;
using OnionSip.Directory;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Benchmarks.Loads;

/// <summary>Lanes that leave over one link together.</summary>
internal sealed class LaneGroup(LinkId link)
{
    public LinkId Link { get; } = link;

    public List<int> Lanes { get; } = [];
}

/// <summary>A relay or a client that the generator plays: an address, its links, and the lanes it speaks on.</summary>
internal sealed class Endpoint : IDisposable
{
    private readonly X25519KeyPair? _onionKey;

    public Endpoint(int index, uint address, Instant now, WallTime wallNow, NetworkDocument document, Entropy entropy, PlayedRelay? relay)
    {
        Index = index;
        Address = address;
        Relay = relay;
        Links = new(
            now,
            new LinkOptions
            {
                NetworkId = document.NetworkId.ToArray(), Identity = relay?.Identity, StaticPrivateKey = relay?.LinkKey,
                StartWallTime = wallNow, MaxReassemblies = 64, MaxReassembliesPerPrefix = 64,
            },
            entropy);
        if (relay is null)
        {
            return;
        }

        List<(LinkPublicKey, RelayId)> peers = [];
        foreach (RelayDescriptor known in document.Relays)
        {
            if (known.Name.StartsWith('r'))
            {
                peers.Add((LinkPublicKey.FromBytes(known.LinkKey.Span), known.Identity));
            }
        }

        Links.SetPeers(peers);
        _onionKey = new(relay.OnionKey);
        Circuits = new(
            now,
            new RelayCircuitOptions(relay.Identity, _onionKey, document.NetworkId.Span)
            {
                HandshakesPerSecond = 10_000, HandshakeBurst = 1000, MaxReassemblies = 64, MaxReassembliesPerLink = 64,
            },
            entropy);
    }

    public int Index { get; }

    public uint Address { get; }

    public PlayedRelay? Relay { get; }

    public bool IsClient => Relay is null;

    public LinkTable Links { get; }

    /// <summary>The circuits that end here; a client has none.</summary>
    public RelayCircuitTable? Circuits { get; }

    /// <summary>The link it opened to the relay under test.</summary>
    public LinkId Link { get; set; }

    public bool IsOpening { get; set; }

    public bool IsOpen { get; set; }

    public List<LaneGroup> Groups { get; } = [];

    /// <summary>Nanoseconds within the period.</summary>
    public long Phase { get; set; }

    public long NextTick { get; set; }

    /// <summary>Calls under way from here, by circuit id.</summary>
    public Dictionary<uint, Call> Calls { get; } = [];

    /// <summary>Arrivals within the period, in steps of 10 µs.</summary>
    public int[]? Arrivals { get; set; }

    public void AddLane(LinkId link, int lane)
    {
        LaneGroup? group = Groups.Find(known => known.Link == link);
        if (group is null)
        {
            group = new(link);
            Groups.Add(group);
        }

        group.Lanes.Add(lane);
    }

    public void RemoveLane(int lane) => Groups.ForEach(group => group.Lanes.Remove(lane));

    public void Dispose()
    {
        Links.Dispose();
        _onionKey?.Dispose();
    }
}
