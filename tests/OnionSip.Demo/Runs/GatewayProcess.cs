using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;

namespace OnionSip.Demo.Runs;

/// <summary>The gateway as a process, and the events it tells of.</summary>
public sealed class GatewayProcess : IDisposable
{
    private static readonly TimeSpan s_startPatience = TimeSpan.FromSeconds(30);

    private readonly ChildProcess _process;
    private readonly List<GatewayReport> _events;
    private readonly Lock _gate;

    private GatewayProcess(ChildProcess process, List<GatewayReport> events, Lock gate)
    {
        _process = process;
        _events = events;
        _gate = gate;
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public IReadOnlyList<GatewayReport> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>The relays of the path that was built last; empty before the first.</summary>
    public IReadOnlyList<string> LastPath => RelaysOf("path_built");

    /// <summary>The relays of the last call's own path; empty before the first call.</summary>
    public IReadOnlyList<string> CallPath => RelaysOf("call_path");

    /// <summary>What became of the slots of the last call's path; null before it is closed.</summary>
    public CallSlots? Slots =>
        Events.LastOrDefault(static report => report.Name == "call_slots") is { } slots ? CallSlots.Read(slots.Body) : null;

    public static string MediaFile(DemoPlan plan) => plan.FileIn("gateway.media");

    /// <summary>Writes the configuration, starts the gateway and waits until phones can use it.</summary>
    /// <param name="plan">Addresses and folder.</param>
    /// <param name="networkFile">Of the relays.</param>
    /// <param name="authority">The key it is signed with.</param>
    /// <param name="certificateAuthority">Who signed the provider's certificate.</param>
    /// <param name="place">Where it listens and runs; null for the plan's.</param>
    public static async Task<GatewayProcess> StartAsync(
        DemoPlan plan, string networkFile, string authority, string certificateAuthority, GatewayPlace? place = null)
    {
        place ??= new(plan.GatewayEndPoint, plan.GatewayUpstream, []);
        string file = plan.FileIn(place.Name + ".json");
        JsonObject config = new()
        {
            ["network"] = new JsonObject { ["file"] = networkFile, ["authority"] = authority },
            ["bind"] = new JsonArray(place.Upstream + ":0"),
            ["gateway"] = new JsonObject { ["listen_udp"] = place.Listen.ToString(), ["listen_tcp"] = place.Listen.ToString() },
            ["accounts"] = new JsonArray(new JsonObject { ["domain"] = DemoPlan.Domain, ["ca_file"] = certificateAuthority }),
            ["state"] = plan.FileIn(place.Name + ".state"),
            ["stats"] = plan.FileIn(place.Name + ".stats.json"),
            ["record_media"] = plan.FileIn(place.Name + ".media"),
        };
        File.WriteAllText(file, config.ToJsonString());
        List<GatewayReport> events = [];
        Lock gate = new();
        ChildProcess process = ChildProcess.Start(
            place.Name,
            plan.Folder,
            [.. place.Prefix, .. Programs.Client, "gateway", "--config", file, "--json"],
            line => Take(line, events, gate));
        try
        {
            await process.WaitForLineAsync("\"event\":\"ready\"", s_startPatience).ConfigureAwait(false);
            return new(process, events, gate);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    public int CountOf(string name) => Events.Count(report => report.Name == name);

    /// <summary>Waits for an event after the first <paramref name="skip"/> of its name; null when it does not come.</summary>
    public async Task<GatewayReport?> WaitForAsync(string name, TimeSpan patience, int skip = 0)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < patience)
        {
            GatewayReport? found = Events.Where(report => report.Name == name).Skip(skip).FirstOrDefault();
            if (found is not null)
            {
                return found;
            }

            await Task.Delay(20).ConfigureAwait(false);
        }

        return null;
    }

    public string Tail(int count) => _process.Tail(count);

    public Task StopAsync() => _process.StopAsync();

    public void Kill() => _process.Kill();

    public void Dispose() => _process.Dispose();

    private IReadOnlyList<string> RelaysOf(string name) =>
        Events.LastOrDefault(report => report.Name == name) is { } built
            ? [.. built.Body.GetProperty("relays").EnumerateArray().Select(static relay => relay.GetString()!)]
            : [];

    private static void Take(string line, List<GatewayReport> events, Lock gate)
    {
        if (!line.StartsWith('{'))
        {
            return;
        }

        try
        {
            JsonElement body = JsonSerializer.Deserialize<JsonElement>(line);
            lock (gate)
            {
                events.Add(new(body.GetProperty("event").GetString()!, body, Stopwatch.GetTimestamp()));
            }
        }
        catch (JsonException)
        {
            // A line of the log that begins with a brace.
        }
    }
}

/// <summary>One event of the gateway.</summary>
public sealed record GatewayReport(string Name, JsonElement Body, long Timestamp);

/// <summary>Where a gateway listens, leaves from, and what its command begins with.</summary>
public sealed record GatewayPlace(IPEndPoint Listen, IPAddress Upstream, IReadOnlyList<string> Prefix)
{
    /// <summary>What its files are called.</summary>
    public string Name { get; init; } = "gateway";
}
