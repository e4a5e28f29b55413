using System;
using System.Linq;
using OnionSip.Machines;
using OnionSip.Streams;
using Xunit;

namespace OnionSip.Tests.Streams;

/// <summary>EXIT.POLICY</summary>
public sealed class ExitPolicyTests
{
    [Fact]
    public void FirstMatchDecides_AndNoMatchRejects()
    {
        ExitPolicy policy = ForbiddenAddressesTests.Policy(
            "reject 198.51.100.0/24:*",
            "accept tcp *:5060-5061",
            "accept udp 8.0.0.0/8:1024-65535",
            "accept udp [2606:4700::]/32:40000");
        Assert.False(Accepts(policy, ExitTransport.Tcp, "198.51.100.7", 5061));
        Assert.True(Accepts(policy, ExitTransport.Tcp, "198.51.101.7", 5061));
        Assert.True(Accepts(policy, ExitTransport.Tcp, "2a01::1", 5060));
        Assert.False(Accepts(policy, ExitTransport.Tcp, "8.8.8.8", 5062));
        Assert.False(Accepts(policy, ExitTransport.Udp, "9.8.8.8", 5060));
        Assert.True(Accepts(policy, ExitTransport.Udp, "8.8.8.8", 65535));
        Assert.False(Accepts(policy, ExitTransport.Udp, "8.8.8.8", 1023));
        Assert.True(Accepts(policy, ExitTransport.Udp, "2606:4700::9", 40000));
        Assert.False(Accepts(policy, ExitTransport.Udp, "2606:4701::9", 40000));
        Assert.False(policy.IsRejectAll);
    }

    [Theory]
    [InlineData("64:ff9b::198.51.100.7")]
    [InlineData("2002:c633:6407::1")]
    public void RejectedIPv4_IsRejectedInsideIPv6Too(string text)
    {
        Assert.False(Accepts(
            ForbiddenAddressesTests.Policy("reject 198.51.100.0/24:*", "accept *:*"), ExitTransport.Tcp, text, 5061));
        Assert.True(Accepts(ForbiddenAddressesTests.Policy("accept *:*"), ExitTransport.Tcp, text, 5061));
    }

    [Fact]
    public void EmptyPolicy_RejectsEverything()
    {
        Assert.True(ExitPolicy.TryParse([], out ExitPolicy policy, out string error));
        Assert.Equal((true, string.Empty), (policy.IsRejectAll, error));
        Assert.False(Accepts(policy, ExitTransport.Tcp, "8.8.8.8", 5061));
    }

    [Theory]
    [InlineData("allow *:*", "write accept or reject")]
    [InlineData("accept", "write accept or reject")]
    [InlineData("accept tcp *:5060 extra", "write accept or reject")]
    [InlineData("accept sctp *:5060", "\"sctp\" is not a transport")]
    [InlineData("accept *", "\"*\" has no ports")]
    [InlineData("accept [2001:db8::1]", "has no ports")]
    [InlineData("accept *:0", "\"0\" is not a port")]
    [InlineData("accept *:65536", "is not a port")]
    [InlineData("accept *:5061-5060", "is not a port")]
    [InlineData("accept *:-5", "is not a port")]
    [InlineData("accept example.org:5060", "\"example.org\" is not an address")]
    [InlineData("accept 198.51.100.7/33:*", "is not an address")]
    [InlineData("accept 198.51.100.7/24:*", "no bits set after the prefix")]
    [InlineData("accept 127.1:*", "is not an address")]
    [InlineData("accept 010.0.0.1:*", "is not an address")]
    [InlineData("accept 0x7f000001:*", "is not an address")]
    [InlineData("accept 2001:db8::1:5060", "is not an address")]
    [InlineData("accept [2001:db8::]/129:*", "is not an address")]
    [InlineData("accept [198.51.100.7]:*", "is not an address")]
    public void WrongLine_IsExplainedInOneSentence(string line, string expected)
    {
        Assert.False(ExitPolicy.TryParse(["accept *:5060", line], out ExitPolicy policy, out string error));
        Assert.True(policy.IsRejectAll);
        Assert.StartsWith($"Exit rule 2 \"{line}\": ", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.EndsWith(".", error, StringComparison.Ordinal);
    }

    [Fact]
    public void TooManyRules_AreRefused()
    {
        string[] lines = [.. Enumerable.Repeat("accept *:*", ExitLimits.MaxRules + 1)];
        Assert.False(ExitPolicy.TryParse(lines, out _, out string error));
        Assert.Equal("The exit policy has 257 rules; 256 is the most.", error);
    }

    [Fact]
    public void EveryIPv6Block_LeavesIPv4Alone()
    {
        ExitPolicy policy = ForbiddenAddressesTests.Policy("reject [::]/0:*", "accept *:*");
        Assert.True(Accepts(policy, ExitTransport.Tcp, "8.8.8.8", 1));
        Assert.False(Accepts(policy, ExitTransport.Tcp, "2a01::1", 1));
    }

    private static bool Accepts(ExitPolicy policy, ExitTransport transport, string address, int port) =>
        policy.Accepts(transport, new PeerAddress(ForbiddenAddressesTests.Address(address), (ushort)port));
}
