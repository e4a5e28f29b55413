using OnionSip.Machines;
using OnionSip.Streams;
using Xunit;

namespace OnionSip.Tests.Streams;

/// <summary>EXIT.FORBIDDEN, EXIT.ORDER, EXIT.AMPLIFIERS, EXIT.VERDICTS</summary>
public sealed class ForbiddenAddressesTests
{
    private static readonly ForbiddenAddresses s_public = new([Address("192.5.5.5"), Address("2a01::5")]);
    private static readonly ForbiddenAddresses s_test = new([Address("127.0.1.9")], isTestNetwork: true);

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.1")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.9")]
    [InlineData("203.0.113.9")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.250")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("192.5.5.5")]
    [InlineData("2a01::5")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.1.1.1")]
    [InlineData("::ffff:192.5.5.5")]
    [InlineData("::127.0.0.1")]
    [InlineData("::8.8.8.8")]
    [InlineData("::ffff:0:8.8.8.8")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("64:ff9b::192.5.5.5")]
    [InlineData("64:ff9b:1::8.8.8.8")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:0:7f00:1::f7f7:f7f7")]
    [InlineData("2001:0:808:808::80ff:fffe")]
    [InlineData("2001:2::1")]
    [InlineData("2001:10::1")]
    [InlineData("2001:20::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("2002:a00:1::")]
    [InlineData("2002:c0a8:101::1")]
    [InlineData("2002:c005:505::1")]
    [InlineData("2a02::5efe:10.0.0.1")]
    [InlineData("2a02::200:5efe:192.168.0.1")]
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fdff::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("ff0e::1")]
    public void ForbiddenAddress_IsRefusedWhateverThePolicySays(string text)
    {
        ExitRules rules = new(s_public, Policy("accept *:*"));
        Assert.Equal(ExitVerdict.ForbiddenAddress, rules.Check(ExitTransport.Tcp, new(Address(text), 5061)));
        Assert.Equal(ExitVerdict.ForbiddenAddress, rules.Check(ExitTransport.Udp, new(Address(text), 5060)));
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("126.255.255.255")]
    [InlineData("128.0.0.1")]
    [InlineData("169.253.255.255")]
    [InlineData("169.255.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.0.3.0")]
    [InlineData("192.167.255.255")]
    [InlineData("192.169.0.0")]
    [InlineData("198.17.255.255")]
    [InlineData("198.20.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("192.5.5.4")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2002:808:808::1")]
    [InlineData("2001:0:808:808::f7f7:f7f7")]
    [InlineData("2001:200::1")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a01::4")]
    public void AddressOutsideTheBlocks_IsAllowed(string text)
    {
        ExitRules rules = new(s_public, Policy("accept *:*"));
        Assert.Equal(ExitVerdict.Allowed, rules.Check(ExitTransport.Tcp, new(Address(text), 5061)));
    }

    [Theory]
    [InlineData("127.0.2.1", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.2.1", true)]
    [InlineData("127.0.1.9", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("64:ff9b::127.0.2.1", false)]
    [InlineData("2002:7f00:201::", false)]
    [InlineData("fd00::1", false)]
    [InlineData("0.0.0.0", false)]
    public void TestNetwork_OpensLoopbackOnly(string text, bool isOpen) =>
        Assert.Equal(isOpen, !s_test.Contains(Address(text)));

    [Theory]
    [InlineData(53)]
    [InlineData(123)]
    [InlineData(1900)]
    [InlineData(5353)]
    [InlineData(11211)]
    public void AmplifierPort_IsRefusedForUdpOnly(int port)
    {
        ExitRules rules = new(s_public, Policy("accept *:*"));
        Assert.Equal(ExitVerdict.AmplifierPort, rules.Check(ExitTransport.Udp, new(Address("1.1.1.1"), (ushort)port)));
        Assert.Equal(ExitVerdict.Allowed, rules.Check(ExitTransport.Tcp, new(Address("1.1.1.1"), (ushort)port)));
        Assert.Equal(ExitVerdict.BadPort, rules.Check(ExitTransport.Tcp, new(Address("1.1.1.1"), 0)));
    }

    internal static IpAddress Address(string text)
    {
        Assert.True(IpAddress.TryParse(text, out IpAddress address));
        return address;
    }

    internal static ExitPolicy Policy(params string[] lines)
    {
        Assert.True(ExitPolicy.TryParse(lines, out ExitPolicy policy, out string error), error);
        return policy;
    }
}
