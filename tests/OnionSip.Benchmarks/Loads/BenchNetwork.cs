using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using OnionSip.Crypto;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Relays;
using OnionSip.Hosting.Secrets;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Benchmarks.Loads;

/// <summary>The keys of one relay that the generator plays.</summary>
internal sealed record PlayedRelay(RelayId Identity, byte[] LinkKey, byte[] OnionKey, byte[] OnionPublicKey, PeerAddress Address);

/// <summary>A signed test network of real relay processes and relays that the generator plays, in a folder of its own.</summary>
internal sealed class BenchNetwork : IDisposable
{
    /// <summary>More than a relay carries: it measures for itself what that is.</summary>
    internal const int CapacityCircuits = 100_000;
    internal const ushort PlayedPort = 19700;
    internal const ushort FarPort = 19802;
    private const ushort FirstRelayPort = 19600;
    private const uint Base = 0x7F3C0000;
    private const string Name = "bench";

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("onionsip-bench-").FullName;
    private readonly List<RelayConfig> _configs = [];

    public BenchNetwork(int processes, int played, string extraConfig = "")
    {
        OsEntropy entropy = new();
        WallTime now = new HostClock(TimeProvider.System).WallNow;
        byte[] authority = Draw(entropy);
        byte[] authorityKey = new byte[Ed25519.PublicKeyBytes];
        Ed25519.DerivePublicKey(authority, authorityKey);
        List<byte[]> descriptors = [];
        for (int index = 0; index < processes; index++)
        {
            descriptors.Add(AddProcess(index, authorityKey, entropy, now, extraConfig));
        }

        for (int index = 0; index < played; index++)
        {
            Played.Add(Play(index, entropy, now, out byte[] descriptor));
            descriptors.Add(descriptor);
        }

        byte[] file = NetworkDocument.Sign(Name, isTestNetwork: true, now, TimeSpan.FromDays(7), descriptors, authority);
        File.WriteAllBytes(Path.Combine(_folder, "network.onionsip"), file);
        DocumentResult result = NetworkDocument.TryParse(file, authorityKey, now, out NetworkDocument? document);
        Document = result == DocumentResult.None ? document! : throw new InvalidOperationException("the network file: " + result);
    }

    public NetworkDocument Document { get; }

    public List<PlayedRelay> Played { get; } = [];

    /// <summary>Of the processes, in their order.</summary>
    public List<RelayId> Identities { get; } = [];

    public static uint RelayAddress(int index) => Base | (uint)(index + 1);

    public static uint PlayedAddress(int index) => Base | (uint)(((16 + (index % 32)) << 8) | (1 + (index / 32)));

    /// <summary>Spread over many prefixes, as clients are: a relay gives each prefix only so many places.</summary>
    public static uint ClientAddress(int index) => Base | (uint)(((64 + (index % 128)) << 8) | (1 + (index / 128)));

    public static uint FarAddress(int index) => Base | (uint)(((192 + (index % 60)) << 8) | (1 + (index / 60)));

    public static PeerAddress Address(uint address, ushort port) => new(IpAddress.FromIPv4(address), port);

    public RelayDescriptor Descriptor(int process) => Document.Find(Identities[process])!;

    public RelayProcess Start(int index, string processors)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"r{index}");
        return new(Path.Combine(_folder, name + ".json"), Path.Combine(_folder, name + ".stats"), processors);
    }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    private byte[] AddProcess(int index, byte[] authorityKey, OsEntropy entropy, WallTime now, string extra)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"r{index}");
        string keysFolder = Path.Combine(_folder, name);
        string address = FreeAddress(RelayAddress(index)).Reveal();
        string text = $$"""
            {
              "name": "{{name}}", "bind": ["{{address}}"], "keys": {{Quote(keysFolder)}}, "roles": ["guard", "middle", "exit"],
              "network": {"file": {{Quote(Path.Combine(_folder, "network.onionsip"))}}, "authority": "{{Convert.ToHexStringLower(authorityKey)}}"},
              "exit": {"policy": ["accept *:1024-65535"], "dns": ["127.0.0.1@9"], "max_associations": 7000},
              "capacity_circuits": {{CapacityCircuits}}, "test_network": true, "log": "error"{{extra}}
            }
            """;
        string file = Path.Combine(_folder, name + ".json");
        File.WriteAllText(file, text);
        RelayConfig config = RelayConfig.Load(file, out IReadOnlyList<ConfigError> errors)
            ?? throw new InvalidOperationException("the relay's configuration: " + string.Join("; ", errors));
        _configs.Add(config);
        using RelayKeys keys = RelayKeys.Create(keysFolder, entropy);
        Identities.Add(keys.Identity);
        return RelayProgram.Describe(config, keys, now);
    }

    private static PlayedRelay Play(int index, OsEntropy entropy, WallTime now, out byte[] descriptor)
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
        PeerAddress address = Address(PlayedAddress(index), PlayedPort);
        RelayDescriptor relay = new()
        {
            Identity = RelayId.FromBytes(identity),
            LinkKey = linkKey,
            OnionKey = onionKey,
            Name = string.Create(CultureInfo.InvariantCulture, $"played{index}"),
            Addresses = [address],
            Roles = RelayRoles.Guard | RelayRoles.Middle | RelayRoles.Exit,
            CapacityCircuits = 1000,
            Published = now,
        };
        descriptor = relay.Sign(seed);
        return new(relay.Identity, link, onion, onionKey, address);
    }

    /// <summary>A relay of a run that was cut off may still hold the first.</summary>
    private static PeerAddress FreeAddress(uint address)
    {
        for (ushort port = FirstRelayPort; ; port++)
        {
            PeerAddress candidate = Address(address, port);
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                socket.Bind(IPEndPoint.Parse(candidate.Reveal()));
                return candidate;
            }
            catch (SocketException) when (port < FirstRelayPort + 40)
            {
            }
        }
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text);

    private static byte[] Draw(OsEntropy entropy)
    {
        byte[] key = new byte[32];
        entropy.Fill(key);
        return key;
    }
}
