using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Tasks;

namespace OnionSip.Demo.Runs;

/// <summary>Nine relay processes, each on its own address, and the network file that names them. (HOST.RELAY)</summary>
public sealed class RelayFleet : IDisposable
{
    private const int SetUpAtOnce = 3;
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(30);

    private readonly DemoPlan _plan;
    private readonly Dictionary<string, ChildProcess> _relays = [];

    private RelayFleet(DemoPlan plan, string authority)
    {
        _plan = plan;
        AuthorityKey = authority;
    }

    public string NetworkFile => _plan.FileIn("network.onionsip");

    public string AuthorityKey { get; }

    /// <summary>Makes keys and the signed network file with the relay's own commands, then starts the relays.</summary>
    /// <param name="plan">Addresses and folder.</param>
    /// <param name="dns">Where exits ask for names.</param>
    /// <param name="relayAddress">Where relay number n is bound; null for the plan's.</param>
    public static async Task<RelayFleet> StartAsync(DemoPlan plan, IPEndPoint dns, Func<int, IPEndPoint>? relayAddress = null)
    {
        RelayFleet fleet = await PrepareAsync(plan, dns, relayAddress).ConfigureAwait(false);
        try
        {
            await fleet.StartAll().ConfigureAwait(false);
            return fleet;
        }
        catch
        {
            fleet.Dispose();
            throw;
        }
    }

    /// <summary>The same without starting any relay.</summary>
    public static async Task<RelayFleet> PrepareAsync(DemoPlan plan, IPEndPoint dns, Func<int, IPEndPoint>? relayAddress = null)
    {
        string authorityFolder = plan.FileIn("authority");
        string said = await Command(plan, "network-init", "network", "init", "--dir", authorityFolder, "--name", "Demo", "--test-network").ConfigureAwait(false);
        RelayFleet fleet = new(plan, said.Split("authority ")[^1].Trim());
        List<string> descriptors = [];
        for (int index = 0; index < DemoPlan.RelayCount; index++)
        {
            fleet.WriteConfig(index, dns, relayAddress?.Invoke(index) ?? new(plan.Relay(index), plan.RelayPort));
            descriptors.Add(plan.FileIn(DemoPlan.RelayNames[index] + ".descriptor"));
        }

        await Parallel.ForEachAsync(
            DemoPlan.RelayNames, new ParallelOptions { MaxDegreeOfParallelism = SetUpAtOnce }, async (name, _) => await fleet.MakeKeys(name).ConfigureAwait(false)).ConfigureAwait(false);
        await Command(plan, "network-add", ["network", "add", "--dir", authorityFolder, .. descriptors]).ConfigureAwait(false);
        await Command(plan, "network-sign", "network", "sign", "--dir", authorityFolder, "--out", fleet.NetworkFile).ConfigureAwait(false);
        return fleet;
    }

    public void Kill(string name) => _relays[name].Kill();

    /// <summary>Starts a relay again that has ended.</summary>
    public async Task RestartAsync(string name)
    {
        _relays[name].Dispose();
        _relays[name] = StartOne(name);
        await _relays[name].WaitForLineAsync("ready name=", s_startPatience).ConfigureAwait(false);
    }

    public bool IsRunning(string name) => !_relays[name].HasExited;

    /// <summary>Asks all to end; they then write down whom they saw.</summary>
    public Task StopAsync() => Task.WhenAll(_relays.Values.Select(static relay => relay.StopAsync()));

    /// <summary>A relay's counters as they are now.</summary>
    public async Task<JsonElement> StatsOfAsync(string name)
    {
        string file = _plan.FileIn(name + ".stats.json");
        File.Delete(file);
        _relays[name].AskForStats();
        for (int attempt = 0; attempt < 100 && !File.Exists(file); attempt++)
        {
            await Task.Delay(20).ConfigureAwait(false);
        }

        return JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(file).ConfigureAwait(false));
    }

    /// <summary>The source addresses that a stopped relay's socket saw, and how many datagrams came from each.</summary>
    public IReadOnlyList<(IPEndPoint From, long Datagrams)> PeersOf(string name)
    {
        string file = _plan.FileIn(name + ".peers.json");
        if (!File.Exists(file))
        {
            return [];
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        List<(IPEndPoint, long)> peers = [];
        foreach (JsonElement peer in document.RootElement.GetProperty("peers").EnumerateArray())
        {
            peers.Add((IPEndPoint.Parse(peer.GetProperty("address").GetString()!), peer.GetProperty("datagrams").GetInt64()));
        }

        return peers;
    }

    public string MediaFileOf(string name) => _plan.FileIn(name + ".media");

    public string LogTailOf(string name) => _relays[name].Tail(10);

    public void Dispose()
    {
        foreach (ChildProcess relay in _relays.Values)
        {
            relay.Terminate();
        }

        foreach (ChildProcess relay in _relays.Values)
        {
            relay.Dispose();
        }
    }

    private static Task<string> Command(DemoPlan plan, string name, params string[] arguments) =>
        ChildProcess.RunAsync(name, plan.Folder, [.. Programs.Relay, .. arguments]);

    private static string[] RolesOf(int index) => index switch
    {
        < 3 => ["guard", "middle"],
        < 6 => ["middle"],
        _ => ["exit"],
    };

    private string ConfigOf(string name) => _plan.FileIn(name + ".json");

    private void WriteConfig(int index, IPEndPoint dns, IPEndPoint bind)
    {
        string name = DemoPlan.RelayNames[index];
        string[] roles = RolesOf(index);
        JsonObject config = new()
        {
            ["name"] = name,
            ["bind"] = new JsonArray(bind.ToString()),
            ["keys"] = _plan.FileIn(name + ".keys"),
            ["network"] = new JsonObject { ["file"] = NetworkFile, ["authority"] = AuthorityKey },
            ["roles"] = new JsonArray([.. roles.Select(static role => JsonValue.Create(role))]),
            ["test_network"] = true,
            ["record_peers"] = _plan.FileIn(name + ".peers.json"),
            ["stats"] = _plan.FileIn(name + ".stats.json"),
        };
        if (roles.Contains("exit"))
        {
            config["record_media"] = MediaFileOf(name);
            config["exit"] = new JsonObject
            {
                ["addresses"] = new JsonArray(_plan.Relay(index).ToString()),
                ["policy"] = new JsonArray("accept *:1024-65535"),
                ["dns"] = new JsonArray($"{dns.Address}@{dns.Port}"),
            };
        }

        File.WriteAllText(ConfigOf(name), config.ToJsonString());
    }

    private async Task MakeKeys(string name)
    {
        await Command(_plan, name + "-keygen", "keygen", "--out", _plan.FileIn(name + ".keys")).ConfigureAwait(false);
        await Command(_plan, name + "-describe", "describe", "--config", ConfigOf(name), "--out", _plan.FileIn(name + ".descriptor")).ConfigureAwait(false);
    }

    private ChildProcess StartOne(string name) =>
        ChildProcess.Start("relay-" + name, _plan.Folder, [.. Programs.Relay, "run", "--config", ConfigOf(name)]);

    private async Task StartAll()
    {
        foreach (string name in DemoPlan.RelayNames)
        {
            _relays[name] = StartOne(name);
        }

        foreach (ChildProcess relay in _relays.Values)
        {
            await relay.WaitForLineAsync("ready name=", s_startPatience).ConfigureAwait(false);
        }
    }
}
