using System.Linq;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Trains;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>What a relay's configuration says when it is wrong. (HOST.RELAY-CONFIG, HOST.CONFIG, HOST.TEST-NETWORK)</summary>
public sealed class RelayConfigTests
{
    private const string Key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Good = """
        {
          // a comment
          "name": "alpha", "bind": ["127.0.1.1:9001"], "roles": ["guard", "middle", "exit"], "test_network": true,
          "network": { "file": "network.onionsip", "authority": "KEY" },
          "exit": { "policy": ["accept *:5061"], "dns": ["127.0.0.1@5353"], },
        }
        """;

    [Fact]
    public void GoodFile_IsReadWhole()
    {
        RelayConfig config = Read(Good, out string[] errors)!;
        Assert.Empty(errors);
        Assert.Equal("alpha", config.Name);
        Assert.Equal("127.0.1.1:9001", config.Announce[0].Reveal());
        Assert.Equal(RelayRoles.Guard | RelayRoles.Middle | RelayRoles.Exit, config.Roles);
        Assert.Equal(["accept *:5061"], config.Exit.Policy);
        Assert.Equal(["127.0.0.1@5353"], config.Exit.Dns);
        Assert.Equal("127.0.1.1", config.Exit.Options.IPv4!.Value.Reveal());
        Assert.Equal("/etc/onionsip/network.onionsip", config.Network.File);
        Assert.Equal("/etc/onionsip/keys", config.KeysFolder);
        Assert.Equal(0x01, config.Network.AuthorityKey.Span[0]);
    }

    [Theory]
    [InlineData("\"name\": \"alpha\"", "\"name\": \"al pha\"", "$.name: is \"al pha\"; it must be 1 to 19 letters and digits")]
    [InlineData("\"name\": \"alpha\"", "\"nmae\": \"alpha\"", "$.nmae: is not a key of this object; did you mean \"name\"?")]
    [InlineData("\"name\": \"alpha\",", "", "$: the key \"name\" is missing")]
    [InlineData("127.0.1.1:9001", "127.0.1.1", "$.bind[0]: is \"127.0.1.1\"; it must be an address and port")]
    [InlineData("\"middle\"", "\"center\"", "$.roles[1]: is \"center\"; it must be guard, middle or exit")]
    [InlineData("\"test_network\": true", "\"test_network\": 1", "$.test_network: is the number 1; it must be true or false")]
    [InlineData("KEY", "abc", "$.network.authority: is not a key")]
    [InlineData("accept *:5061", "accept all", "$.exit.policy: Exit rule 1 \"accept all\":")]
    [InlineData("127.0.0.1@5353", "localhost", "$.exit.dns[0]: is \"localhost\"")]
    [InlineData("127.0.1.1:9001", "8.8.8.8:9001", "$.test_network: is true, but the announced address is public")]
    [InlineData("127.0.1.1:9001", "0.0.0.0:9001", "$.announce: is 0.0.0.0:9001, which nobody can send to")]
    [InlineData("\"test_network\": true", "\"record_peers\": \"p\"", "$.record_peers: writes down addresses")]
    [InlineData("\"name\": \"alpha\"", "\"name\": \"alpha\", \"capacity_circuits\": 0", "$.capacity_circuits: is 0; it must be a whole number from 1 to 1000000")]
    [InlineData("\"name\": \"alpha\"", "\"name\": \"alpha\", \"shards\": 17", "$.shards: is 17; it must be a whole number from 0 to 16")]
    [InlineData("\"name\": \"alpha\"", "\"name\": \"alpha\", \"cpus\": [0, -1]", "$.cpus[1]: is -1; it must be a whole number from 0 to 1023")]
    [InlineData("\"name\": \"alpha\"", "\"name\": \"alpha\", \"io\": \"fast\"", "$.io: is \"fast\"; it must be one of native, portable")]
    [InlineData("\"name\": \"alpha\"", "\"name\": \"alpha\", \"name\": \"beta\"", "$.name: the key stands twice")]
    public void OneMistake_IsOneSentence(string old, string wrong, string expected)
    {
        string text = Good.Replace("KEY", old == "KEY" ? wrong : Key).Replace(old, wrong);
        _ = Read(text, out string[] errors);
        Assert.Contains(errors, error => error.StartsWith("/etc/onionsip/relay.json, " + expected, System.StringComparison.Ordinal));
    }

    [Fact]
    public void Shards_AreReadAndHaveDefaults()
    {
        RelayConfig plain = Read(Good, out _)!;
        Assert.Equal((1, 0, true, TrainIo.Native), (plain.Shards, plain.Processors.Count, plain.WantsRealtime, plain.Io));
        const string More = "\"shards\": 4, \"cpus\": [0, 3], \"priority\": \"normal\", \"io\": \"portable\", \"name\": \"alpha\"";
        RelayConfig config = Read(Good.Replace("\"name\": \"alpha\"", More), out string[] errors)!;
        Assert.Empty(errors);
        Assert.Equal((4, false, TrainIo.Portable), (config.Shards, config.WantsRealtime, config.Io));
        Assert.Equal([0, 3], config.Processors);
    }

    [Fact]
    public void ManyMistakes_AreAllTold()
    {
        _ = Read("""{ "name": 7, "bind": "x", "roles": [], "network": {}, "color": "red" }""", out string[] errors);
        Assert.Equal(6, errors.Length);
    }

    [Fact]
    public void NotJson_NamesTheLine()
    {
        _ = Read("{\n  \"name\": }", out string[] errors);
        Assert.StartsWith("/etc/onionsip/relay.json: line 2, position ", Assert.Single(errors));
    }

    private static RelayConfig? Read(string text, out string[] errors)
    {
        ConfigSource source = new("/etc/onionsip/relay.json");
        ConfigObject? root = source.Parse(text.Replace("KEY", Key));
        RelayConfig? config = root is null ? null : RelayConfig.Read(root);
        errors = [.. source.Errors.Select(static error => error.ToString())];
        return config;
    }
}
