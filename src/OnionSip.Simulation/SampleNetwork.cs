using System;
using System.Collections.Generic;
using System.Globalization;
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
    private SampleNetwork(NetworkDocument document, IReadOnlyList<RelayNodeOptions> relays)
    {
        Document = document;
        Relays = relays;
    }

    public NetworkDocument Document { get; }

    /// <summary>In the order of the addresses given; the document's order is by identity.</summary>
    public IReadOnlyList<RelayNodeOptions> Relays { get; }

    /// <summary>One relay with every role for each address, named <paramref name="name"/> and its number.</summary>
    public static SampleNetwork Create(
        string name, IReadOnlyList<PeerAddress> addresses, WallTime now, Entropy entropy, string exitPolicy = "accept *:*", bool isTestNetwork = true)
    {
        List<RelayNodeOptions> relays = [];
        List<byte[]> descriptors = [];
        for (int index = 0; index < addresses.Count; index++)
        {
            string relayName = name + index.ToString(CultureInfo.InvariantCulture);
            relays.Add(NewRelay(relayName, addresses[index], now, entropy, exitPolicy, out byte[] descriptor));
            descriptors.Add(descriptor);
        }

        byte[] authority = Draw(entropy);
        byte[] authorityKey = new byte[Ed25519.PublicKeyBytes];
        Ed25519.DerivePublicKey(authority, authorityKey);
        byte[] file = NetworkDocument.Sign(name, isTestNetwork, now, TimeSpan.FromDays(7), descriptors, authority);
        DocumentResult result = NetworkDocument.TryParse(file, authorityKey, now, out NetworkDocument? document);
        Invariant.Require(result == DocumentResult.None, "a sample network file is valid");
        return new(document!, relays);
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
