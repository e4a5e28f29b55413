using System;
using System.Collections.Generic;
using System.Globalization;
using OnionSip.Directory;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Shards;
using OnionSip.Hosting.Trains;
using OnionSip.Machines;

namespace OnionSip.Hosting.Configuration;

/// <summary>The settings of one relay. (HOST.RELAY-CONFIG)</summary>
public sealed record RelayConfig
{
    public required string Name { get; init; }

    public required IReadOnlyList<PeerAddress> Bind { get; init; }

    /// <summary>The addresses other relays and clients use; by default those bound.</summary>
    public required IReadOnlyList<PeerAddress> Announce { get; init; }

    public required string KeysFolder { get; init; }

    public required NetworkConfig Network { get; init; }

    public RelayRoles Roles { get; init; }

    public int CapacityCircuits { get; init; }

    public string Family { get; init; } = "";

    public string Contact { get; init; } = "";

    public required ExitConfig Exit { get; init; }

    /// <summary>How link datagrams pass the system's border. (HOST.TRAINS)</summary>
    public TrainIo Io { get; init; }

    /// <summary>Threads that carry cells; 0 for one on each processor. (HOST.SHARDS)</summary>
    public int Shards { get; init; } = 1;

    /// <summary>Processors the shards are kept on, by turns; none: the system chooses.</summary>
    public IReadOnlyList<int> Processors { get; init; } = [];

    /// <summary>Shards ask for real-time priority. (HOST.PRIORITY)</summary>
    public bool WantsRealtime { get; init; } = true;

    public LogLevel Log { get; init; }

    public string? StatsFile { get; init; }

    public bool IsTestNetwork { get; init; }

    public string? RecordPeersFile { get; init; }

    public string? RecordMediaFile { get; init; }

    /// <summary>Reads a file completely; null when <paramref name="errors"/> has any.</summary>
    public static RelayConfig? Load(string file, out IReadOnlyList<ConfigError> errors)
    {
        ConfigSource source = new(file);
        ConfigObject? root = source.Open();
        RelayConfig? config = root is null ? null : Read(root);
        errors = source.Errors;
        return errors.Count == 0 ? config : null;
    }

    /// <summary>Reads one object; what is wrong is reported to its source.</summary>
    public static RelayConfig Read(ConfigObject root)
    {
        string name = root.Text("name", "1 to 19 letters and digits, the relay's public name");
        if (name.Length > 0 && !IsName(name))
        {
            root.Report("name", $"is \"{name}\"; it must be 1 to {DirectoryLimits.NameCharsMax} letters and digits");
        }

        IReadOnlyList<PeerAddress> bind = root.Endpoints("bind", required: true);
        IReadOnlyList<PeerAddress> announce = root.Has("announce") ? root.Endpoints("announce", required: true) : NoAnnounce(root, bind);
        bool isTestNetwork = root.Switch("test_network", false);
        RelayRoles roles = ReadRoles(root);
        RelayConfig config = new()
        {
            Name = name,
            Bind = bind,
            Announce = announce,
            KeysFolder = root.FilePath("keys", "the folder with the relay's keys, made by \"onionsip-relay keygen\"", "keys"),
            Network = NetworkConfig.Read(root),
            Roles = roles,
            CapacityCircuits = root.Number("capacity_circuits", 1, 1_000_000, 1000),
            Family = root.Text("family", "a text that all your relays share", ""),
            Contact = root.Text("contact", "how to reach you", ""),
            Exit = ExitConfig.Read(root, bind, roles),
            Io = root.Choice("io", "native", "native", "portable") == "portable" ? TrainIo.Portable : TrainIo.Native,
            Shards = root.Number("shards", 0, ShardSteering.MaxShards, 1),
            Processors = root.Numbers("cpus", 0, 1023, "a list of processors such as [0, 2], counted from 0"),
            WantsRealtime = root.Choice("priority", "realtime", "realtime", "normal") == "realtime",
            Log = LogLevels.Read(root),
            StatsFile = root.OptionalFilePath("stats", "a file for counters"),
            IsTestNetwork = isTestNetwork,
            RecordPeersFile = root.OptionalFilePath("record_peers", "a file for the addresses seen"),
            RecordMediaFile = root.OptionalFilePath("record_media", "a file for the times of RTP packets"),
        };
        root.Finish();
        config.CheckBinding(root);
        config.CheckTestNetwork(root);
        return config;
    }

    private static RelayRoles ReadRoles(ConfigObject root)
    {
        const string Expected = "a list of \"guard\", \"middle\" and \"exit\"";
        RelayRoles roles = RelayRoles.None;
        IReadOnlyList<string> words = root.Texts("roles", Expected, required: true);
        for (int index = 0; index < words.Count; index++)
        {
            RelayRoles role = words[index] switch
            {
                "guard" => RelayRoles.Guard,
                "middle" => RelayRoles.Middle,
                "exit" => RelayRoles.Exit,
                _ => RelayRoles.None,
            };
            if (role == RelayRoles.None)
            {
                root.Report(string.Create(CultureInfo.InvariantCulture, $"roles[{index}]"),
                    $"is \"{words[index]}\"; it must be guard, middle or exit");
            }

            roles |= role;
        }

        if (root.Has("roles") && words.Count == 0)
        {
            root.Report("roles", "is empty; a relay needs at least one role");
        }

        return roles;
    }

    private static IReadOnlyList<PeerAddress> NoAnnounce(ConfigObject root, IReadOnlyList<PeerAddress> bind)
    {
        _ = root.OptionalText("announce", "");
        return bind;
    }

    private static bool IsName(string name)
    {
        foreach (char character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character))
            {
                return false;
            }
        }

        return name.Length <= DirectoryLimits.NameCharsMax;
    }

    private void CheckBinding(ConfigObject root)
    {
        int families4 = 0;
        int families6 = 0;
        foreach (PeerAddress address in Bind)
        {
            families4 += address.Address.IsIPv4 ? 1 : 0;
            families6 += address.Address.IsIPv4 ? 0 : 1;
        }

        if (families4 > 1 || families6 > 1)
        {
            root.Report("bind", "names one address family twice; a relay binds at most one IPv4 and one IPv6 address");
        }

        foreach (PeerAddress address in Announce)
        {
            if (AddressScope.IsAny(address.Address) || address.Port == 0)
            {
                root.Report("announce",
                    $"is {address.Reveal()}, which nobody can send to; give the address and port others reach this relay by");
            }
        }

        if (Announce.Count > DirectoryLimits.AddressesMax)
        {
            root.Report("announce", $"names more than {DirectoryLimits.AddressesMax} addresses");
        }
    }

    private void CheckTestNetwork(ConfigObject root)
    {
        if (!IsTestNetwork && RecordPeersFile is not null)
        {
            root.Report("record_peers",
                "writes down addresses, which is allowed only on a test network; remove it or set test_network to true");
        }

        if (!IsTestNetwork && RecordMediaFile is not null)
        {
            root.Report("record_media",
                "writes down what passes, which is allowed only on a test network; remove it or set test_network to true");
        }

        foreach (PeerAddress address in Announce)
        {
            if (IsTestNetwork && AddressScope.IsPublic(address.Address))
            {
                root.Report("test_network",
                    "is true, but the announced address is public; a test network opens exits to this machine's own services and must never be public");
            }
        }
    }
}
