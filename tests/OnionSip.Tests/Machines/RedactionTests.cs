using OnionSip.Circuits;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Machines;

/// <summary>What identifies somebody cannot be printed by accident. (MACHINE.REDACTION)</summary>
public sealed class RedactionTests
{
    [Theory]
    [InlineData("192.0.2.1:443")]
    [InlineData("[2001:db8::1]:443")]
    public void Address_PrintsRedactedAndRevealsItself(string text)
    {
        Assert.True(PeerAddress.TryParse(text, out PeerAddress address));
        Assert.Equal("[address] [address]", $"{address} {address.Address}");
        Assert.Equal(text, address.Reveal());
    }

    [Fact]
    public void SensitiveValue_PrintsRedacted() => Assert.Equal("[redacted]", $"{new Sensitive<string>("sip:alice@example.test")}");

    [Fact]
    public void CircuitId_PrintsRedacted() => Assert.Equal("[circuit]", $"{new OnionSip.Wire.CircuitId(7)}");
}
