using System;
using OnionSip.Hosting.Resolvers;
using OnionSip.Nodes;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>Record data as the resolver library gives it. (HOST.RESOLVER)</summary>
public sealed class DnsRecordsTests
{
    private const string Service = "000a0014" + "13c5" + "03736970" + "076578616d706c65" + "00";
    private const string NamingAuthority = "00320033" + "0173" + "08534950532b443254" + "00" + "055f73697073" + "045f746370" + "0465786d70" + "00";

    [Fact]
    public void Service_IsRead()
    {
        Assert.True(DnsRecords.TryParse(DnsKind.Srv, Convert.FromHexString(Service), out DnsAnswer answer));
        Assert.Equal((10, 20, 5061, "sip.example"), (answer.Priority, answer.Weight, answer.Port, answer.Target));
    }

    [Fact]
    public void NamingAuthority_IsRead()
    {
        Assert.True(DnsRecords.TryParse(DnsKind.Naptr, Convert.FromHexString(NamingAuthority), out DnsAnswer answer));
        Assert.Equal((50, 51, "s", "SIPS+D2T", "", "_sips._tcp.exmp"), (answer.Priority, answer.Weight, answer.Flags, answer.Service, answer.Regexp, answer.Target));
    }

    [Theory]
    [InlineData(DnsKind.Srv, Service)]
    [InlineData(DnsKind.Naptr, NamingAuthority)]
    [InlineData(DnsKind.A, "7f000001")]
    public void EveryTruncation_AndATrailingByte_IsRefused(DnsKind kind, string hex)
    {
        byte[] data = Convert.FromHexString(hex);
        for (int length = 0; length < data.Length; length++)
        {
            Assert.False(DnsRecords.TryParse(kind, data.AsSpan(0, length), out _));
        }

        Assert.False(DnsRecords.TryParse(kind, (byte[])[.. data, 0], out _));
    }

    [Theory]
    [InlineData("provider.example", true)]
    [InlineData("_sips._tcp.provider.example.", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("a..b", false)]
    [InlineData("a b", false)]
    [InlineData("a\u00e9.example", false)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example", false)]
    public void HostName_IsChecked(string name, bool isGood) => Assert.Equal(isGood, DnsRecords.IsHostName(name));
}
