using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using OnionSip.Demo.Phones;
using OnionSip.Demo.Providers;
using OnionSip.Demo.Runs;
using OnionSip.Demo.Scores;
using Xunit;

namespace OnionSip.EndToEnd.Calls;

/// <summary>Nine relay processes, a name server, a provider and a gateway process, shared by the tests of one class at a time.</summary>
public sealed class CallWorld : IAsyncLifetime
{
    private RelayFleet? _fleet;
    private GatewayProcess? _gateway;
    private BuiltinProvider? _provider;
    private DemoDns? _dns;
    private TestCertificates? _certificates;

    public CallWorld()
    {
        Folder = System.IO.Directory.CreateTempSubdirectory("onionsip-e2e-").FullName;
        Plan = new(Folder, (byte)Random.Shared.Next(16, 240));
    }

    public string Folder { get; }

    public DemoPlan Plan { get; }

    public Speech Speech { get; } = Speech.Load(10);

    public RelayFleet Fleet => _fleet!;

    public GatewayProcess Gateway => _gateway!;

    public BuiltinProvider Provider => _provider!;

    public DemoDns Dns => _dns!;

    public TestCertificates Certificates => _certificates!;

    public async ValueTask InitializeAsync()
    {
        _certificates = TestCertificates.Make(Folder, DemoPlan.Domain);
        _dns = new(Plan.Dns, DemoPlan.Domain, Plan.ProviderTls);
        _fleet = await RelayFleet.StartAsync(Plan, _dns.Local);
        StartProvider();
        await StartGatewayAsync();
    }

    /// <summary>Brings back whatever an earlier test has ended.</summary>
    public async Task RepairAsync()
    {
        foreach (string name in DemoPlan.RelayNames)
        {
            if (!Fleet.IsRunning(name))
            {
                await Fleet.RestartAsync(name);
            }
        }

        if (Gateway.HasExited)
        {
            await StartGatewayAsync();
        }
    }

    public void StartProvider()
    {
        _provider?.Dispose();
        _provider = new(new()
        {
            Address = Plan.Provider,
            Port = Plan.ProviderPort,
            TlsPort = Plan.ProviderTlsPort,
            Domain = DemoPlan.Domain,
            Certificate = Certificates.Server,
            Accounts = new Dictionary<string, string>
            {
                [DemoPlan.Caller.User] = DemoPlan.Caller.Password,
                [DemoPlan.Callee.User] = DemoPlan.Callee.Password,
            },
        });
    }

    public async Task StartGatewayAsync()
    {
        _gateway?.Dispose();
        _gateway = await GatewayProcess.StartAsync(Plan, Fleet.NetworkFile, Fleet.AuthorityKey, Certificates.AuthorityFile);
    }

    /// <summary>A phone behind the gateway.</summary>
    public BuiltinPhone MakeCaller(Func<PhoneOptions, PhoneOptions>? change = null)
    {
        PhoneOptions options = new()
        {
            Account = DemoPlan.Caller,
            Address = Plan.CallerPhone,
            Proxy = Plan.GatewayEndPoint,
            Speech = Speech.Caller,
        };
        return new(change is null ? options : change(options));
    }

    /// <summary>A phone registered at the provider itself.</summary>
    public async Task<BuiltinPhone> MakeCalleeAsync(Func<PhoneOptions, PhoneOptions>? change = null)
    {
        PhoneOptions options = new()
        {
            Account = DemoPlan.Callee,
            Address = Plan.CalleePhone,
            Proxy = Provider.PlainEndPoint,
            Speech = Speech.Callee,
        };
        BuiltinPhone phone = new(change is null ? options : change(options));
        Assert.True((await phone.RegisterAsync())?.IsSuccess, "the callee registers at the provider");
        return phone;
    }

    /// <summary>Waits until something holds; false when it does not within the time.</summary>
    public static async Task<bool> EventuallyAsync(Func<Task<bool>> holds, int seconds)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            if (await holds())
            {
                return true;
            }

            await Task.Delay(50);
        }

        return false;
    }

    /// <summary>The exits' connections and associations together.</summary>
    public async Task<long> CountExitSocketsAsync()
    {
        long count = 0;
        foreach (string name in DemoPlan.RelayNames.Skip(6).Where(Fleet.IsRunning))
        {
            System.Text.Json.JsonElement stats = await Fleet.StatsOfAsync(name);
            count += stats.GetProperty("exit.connections").GetInt64() + stats.GetProperty("exit.associations").GetInt64();
        }

        return count;
    }

    public ValueTask DisposeAsync()
    {
        _gateway?.Dispose();
        _provider?.Dispose();
        _fleet?.Dispose();
        _dns?.Dispose();
        _certificates?.Dispose();
        System.IO.Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Calls take a machine's time: one test at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CallCollection : ICollectionFixture<CallWorld>
{
    public const string Name = "calls";
}
