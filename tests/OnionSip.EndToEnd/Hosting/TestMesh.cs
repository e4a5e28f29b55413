using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using OnionSip.Crypto;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Exits;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Relays;
using OnionSip.Hosting.Secrets;
using OnionSip.Machines;

namespace OnionSip.EndToEnd.Hosting;

/// <summary>Three relays on loopback, each on its own thread and address of a network drawn for this test: .1 guard, .2 middle, .3 exit.</summary>
internal sealed class TestMesh : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "onionsip-mesh-" + Path.GetRandomFileName());
    private readonly List<(EventLoop Loop, RelayHost Host, Thread Thread)> _running = [];
    private readonly byte[] _authorityKey = new byte[32];
    private readonly string _network = $"127.{50 + Random.Shared.Next(50)}.{Random.Shared.Next(256)}.";

    public TestMesh(string dnsForwarder)
    {
        byte[] authoritySeed = new byte[32];
        new OsEntropy().Fill(authoritySeed);
        Ed25519.DerivePublicKey(authoritySeed, _authorityKey);
        HostClock clock = new(TimeProvider.System);
        List<(RelayConfig Config, RelayKeys Keys)> relays = [];
        List<byte[]> descriptors = [];
        foreach ((string name, string role) in ((string, string)[])[("guard", "guard"), ("middle", "middle"), ("exit", "exit")])
        {
            RelayConfig config = MakeConfig(name, role, relays.Count + 1, dnsForwarder);
            RelayKeys keys = RelayKeys.Create(config.KeysFolder, new OsEntropy());
            descriptors.Add(RelayProgram.Describe(config, keys, clock.WallNow));
            relays.Add((config, keys));
        }

        byte[] signed = NetworkDocument.Sign("test", true, clock.WallNow, TimeSpan.FromHours(1), descriptors, authoritySeed);
        DocumentResult result = NetworkDocument.TryParse(signed, _authorityKey, clock.WallNow, out NetworkDocument? document);
        Document = document ?? throw new InvalidOperationException(result.ToString());
        foreach ((RelayConfig config, RelayKeys keys) in relays)
        {
            Start(config, keys);
        }
    }

    public NetworkDocument Document { get; }

    public IpAddress ExitAddress => IpAddress.TryParse(_network + "3", out IpAddress address) ? address : default;

    public void Dispose()
    {
        foreach ((EventLoop loop, RelayHost host, Thread thread) in _running)
        {
            loop.Stop();
            thread.Join();
            host.Dispose();
            loop.Dispose();
        }

        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private RelayConfig MakeConfig(string name, string role, int number, string dnsForwarder)
    {
        ConfigSource source = new(Path.Combine(_folder, name + ".json"));
        string text = $$"""
            { "name": "{{name}}", "bind": ["{{_network}}{{number}}:9001"], "roles": ["{{role}}"], "keys": "{{name}}", "test_network": true,
              "network": { "file": "n", "authority": "{{Convert.ToHexStringLower(_authorityKey)}}" },
              "exit": { "policy": ["accept *:*"], "dns": ["{{dnsForwarder}}"] } }
            """;
        RelayConfig config = RelayConfig.Read(source.Parse(text)!);
        return source.Errors.Count == 0 ? config : throw new InvalidOperationException(source.Errors[0].ToString());
    }

    private void Start(RelayConfig config, RelayKeys keys)
    {
        System.IO.Directory.CreateDirectory(_folder);
        EventLoop loop = new(new HostClock(TimeProvider.System));
        RelayHost host = new(loop, config, keys, Document, new OsEntropy());
        Thread thread = new(() => loop.Run(host.Links)) { Name = config.Name, IsBackground = true };
        thread.Start();
        _running.Add((loop, host, thread));
    }
}
