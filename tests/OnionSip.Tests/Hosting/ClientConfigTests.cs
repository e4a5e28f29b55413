using System;
using System.Linq;
using OnionSip.Hosting.Configuration;
using OnionSip.Nodes;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>What a client's configuration says when it is wrong. (HOST.CLIENT-CONFIG)</summary>
public sealed class ClientConfigTests
{
    private const string Good = """
        {
          "network": { "file": "n", "authority": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
          "gateway": { "listen_udp": "127.0.0.1:5070" },
          "accounts": [ { "domain": "provider.example", "pin_sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF" },
                        { "domain": "plain.example", "transport": "udp", "next_hop": "sip.plain.example:5062" } ]
        }
        """;

    [Fact]
    public void GoodFile_IsReadWhole()
    {
        ClientConfig config = Read(Good, out string[] errors)!;
        Assert.Empty(errors);
        Assert.Equal("127.0.0.1:5070", config.Gateway.ListenTcp.Reveal());
        Assert.Equal(UpstreamTransport.Tls, config.Gateway.Accounts[0].Transport);
        Assert.Null(config.Gateway.Accounts[0].Warning);
        Assert.NotNull(config.Gateway.Accounts[1].Warning);
        Assert.Equal("sip.plain.example:5062", config.Gateway.Accounts[1].NextHop);
        Assert.EndsWith("89abcdef", config.Trust["PROVIDER.example"].PinSha256);
        Assert.Equal("0.0.0.0:0", config.Bind[0].Reveal());
        Assert.Equal("/home/u/state", config.StateFolder);
    }

    [Theory]
    [InlineData("127.0.0.1:5070", "0.0.0.0:0", "$.gateway.listen_udp: is 0.0.0.0:0; the gateway trusts whoever reaches it")]
    [InlineData("127.0.0.1:5070", "[::]:0", "$.gateway.listen_udp: is [::]:0; the gateway trusts whoever reaches it")]
    [InlineData("127.0.0.1:5070", "0.0.0.0:5070", "$.gateway.listen_udp: is 0.0.0.0:5070; the gateway trusts whoever reaches it")]
    [InlineData("\"udp\"", "\"sctp\"", "$.accounts[1].transport: is \"sctp\"; it must be one of tls, tcp, udp")]
    [InlineData("provider.example\"", "https://x\"", "$.accounts[0].domain: is \"https://x\"; it must be a domain name")]
    [InlineData("89ABCDEF", "89ABCD", "$.accounts[0].pin_sha256: is not 64 hexadecimal digits")]
    [InlineData("\"next_hop\"", "\"next-hop\"", "$.accounts[1].next-hop: is not a key of this object; did you mean \"next_hop\"?")]
    [InlineData("\"next_hop\"", "\"ca_file\"", "$.accounts[1].ca_file: names /home/u/sip.plain.example:5062, which does not exist")]
    public void OneMistake_IsOneSentence(string old, string wrong, string expected)
    {
        _ = Read(Good.Replace(old, wrong), out string[] errors);
        Assert.Contains(errors, error => error.StartsWith("/home/u/client.json, " + expected, StringComparison.Ordinal));
    }

    private static ClientConfig? Read(string text, out string[] errors)
    {
        ConfigSource source = new("/home/u/client.json");
        ConfigObject? root = source.Parse(text);
        ClientConfig? config = root is null ? null : ClientConfig.Read(root);
        errors = [.. source.Errors.Select(static error => error.ToString())];
        return config;
    }
}
