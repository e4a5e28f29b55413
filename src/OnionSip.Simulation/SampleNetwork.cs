using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using OnionSip.Crypto;
using OnionSip.Directory;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;

namespace OnionSip.Simulation;

/// <summary>Relays with fresh keys and the network file that names them: for simulations, tests and benchmarks. (SIM.WORLD)</summary>
/// <remarks>Secrets: keys drawn from the entropy given; nothing here is for a network in use.</remarks>
public sealed class SampleNetwork
{
    private readonly string _name;
    private readonly bool _isTestNetwork;
    private readonly WallTime _now;
    private readonly IReadOnlyList<byte[]> _descriptors;
    private readonly byte[] _authority;

    private SampleNetwork(
        string name,
        bool isTestNetwork,
        WallTime now,
        IReadOnlyList<RelayNodeOptions> relays,
        IReadOnlyList<byte[]> descriptors,
        byte[] authority)
    {
        _name = name;
        _isTestNetwork = isTestNetwork;
        _now = now;
        _descriptors = descriptors;
        _authority = authority;
        Relays = relays;
        Document = DocumentOf(relays.Count);
    }

    public NetworkDocument Document { get; }

    /// <summary>In the order of the addresses given; the document's order is by identity.</summary>
    public IReadOnlyList<RelayNodeOptions> Relays { get; }

    /// <summary>One relay with every role for each address, named <paramref name="name"/> and its number.</summary>
    public static SampleNetwork Create(
        string name, IReadOnlyList<PeerAddress> addresses, WallTime now, Entropy entropy, string exitPolicy = "accept *:*",
        bool isTestNetwork = true)
    {
        List<RelayNodeOptions> relays = [];
        List<byte[]> descriptors = [];
        for (int index = 0; index < addresses.Count; index++)
        {
            string relayName = name + index.ToString(CultureInfo.InvariantCulture);
            relays.Add(NewRelay(relayName, addresses[index], now, entropy, exitPolicy, out byte[] descriptor));
            descriptors.Add(descriptor);
        }

        return new(name, isTestNetwork, now, relays, descriptors, Draw(entropy));
    }

    /// <summary>A document of the same network that names its first relays only.</summary>
    public NetworkDocument DocumentOf(int relays)
    {
        byte[] authorityKey = new byte[Ed25519.PublicKeyBytes];
        Ed25519.DerivePublicKey(_authority, authorityKey);
        byte[] file = NetworkDocument.Sign(_name, _isTestNetwork, _now, TimeSpan.FromDays(7), _descriptors.Take(relays), _authority);
        DocumentResult result = NetworkDocument.TryParse(file, authorityKey, _now, out NetworkDocument? document);
        Invariant.Require(result == DocumentResult.None, "a sample network file is valid");
        return document!;
    }

    private static RelayNodeOptions NewRelay(
        string name, PeerAddress address, WallTime now, Entropy entropy, string exitPolicy, out byte[] descriptor)
    {
        byte[] seed = Draw(entropy);
        byte[] link = Draw(entropy);
        byte[] onion = Draw(entropy);
        byte[] identity = new byte[Ed25519.PublicKeyBytes];
        byte[] linkKey = new byte[X25519.PublicKeyBytes];
        byte[] onionKey = new byte[X25519.PublicKeyBytes];
        Ed25519.DerivePublicKey(seed, identity);
        X25519.DerivePublicKey(link, linkKey);
        X25519.DerivePublicKey(onion, onionKey);
        RelayNodeOptions options = new()
        {
            Identity = RelayId.FromBytes(identity),
            LinkPrivateKey = link,
            OnionPrivateKey = onion,
            Roles = RelayRoles.Guard | RelayRoles.Middle | RelayRoles.Exit,
            ExitPolicy = [exitPolicy],
            OwnAddresses = [address.Address],
        };
        RelayDescriptor relay = new()
        {
            Identity = options.Identity,
            LinkKey = linkKey,
            OnionKey = onionKey,
            Name = name,
            Addresses = [address],
            Roles = options.Roles,
            CapacityCircuits = 1000,
            Published = now,
        };
        descriptor = relay.Sign(seed);
        return options;
    }

    private static byte[] Draw(Entropy entropy)
    {
        byte[] key = new byte[32];
        entropy.Fill(key);
        return key;
    }
}
