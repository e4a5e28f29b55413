using System;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>(SIP.URI, SIP.ADDRESS, SIP.VIA)</summary>
public sealed class SipUriTests
{
    // RFC 3261 §19.1.4, its own examples.
    [Theory]
    [InlineData("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true)]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true)]
    [InlineData("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true)]
    [InlineData(
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true)]
    [InlineData(
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true)]
    [InlineData("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false)]
    [InlineData("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false)]
    [InlineData("sip:bob@biloxi.com", "sip:bob@biloxi.com;user=phone", false)]
    [InlineData("sip:bob@biloxi.com:6000;transport=tcp", "sip:bob@biloxi.com:5060;transport=tcp", false)]
    [InlineData("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false)]
    [InlineData("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false)]
    [InlineData("sip:bob@biloxi.com", "sips:bob@biloxi.com", false)]
    [InlineData("sip:bob@biloxi.com", "sip:bob:pw@biloxi.com", false)]
    [InlineData("sip:[2001:db8::0:1]", "sip:[2001:DB8::1]", true)]
    [InlineData("tel:+123", "tel:+123", true)]
    [InlineData("tel:+123", "tel:+124", false)]
    public void Comparison_FollowsRfc3261(string left, string right, bool same)
    {
        Assert.True(SipUri.TryParse(left, out SipUri? first));
        Assert.True(SipUri.TryParse(right, out SipUri? second));
        Assert.Equal(same, first.Matches(second));
        Assert.Equal(same, second.Matches(first));
    }

    [Theory]
    [InlineData("sip:[2001:db8::10:5070]", "[2001:db8::10:5070]", 0)]
    [InlineData("sip:[2001:db8::10]:5070", "[2001:db8::10]", 5070)]
    [InlineData("sip:*72#@192.0.2.1:5060", "192.0.2.1", 5060)]
    [InlineData("sips:a_b.example.com;lr", "a_b.example.com", 0)]
    public void HostAndPort_AreTakenApart(string text, string host, int port)
    {
        Assert.True(SipUri.TryParse(text, out SipUri? uri));
        Assert.Equal((host, (ushort)port), (uri.Host, uri.Port));
        Assert.Equal(text, uri.Reveal());
    }

    [Theory]
    [InlineData("")]
    [InlineData("sip")]
    [InlineData("sip:")]
    [InlineData("sip:@host")]
    [InlineData("sip:a@")]
    [InlineData("sip:a@b c")]
    [InlineData("sip:a@host:0")]
    [InlineData("sip:a@host:65536")]
    [InlineData("sip:a@host:")]
    [InlineData("sip:2001:db8::10")]
    [InlineData("sip:[2001:db8:::1]")]
    [InlineData("sip:[192.0.2.1]")]
    [InlineData("sip:[::1%25eth0]")]
    [InlineData("sip:a@host;;x")]
    [InlineData("sip:a@host;=x")]
    [InlineData("sip:a@host?")]
    [InlineData("sip:a@host?a=<b>")]
    [InlineData("sip:a@b@c")]
    [InlineData("1sip:a@b")]
    [InlineData("sip:\u00e9@b")]
    [InlineData("tel:")]
    public void BrokenUri_IsRefused(string text) => Assert.False(SipUri.TryParse(text, out _));

    [Fact]
    public void Create_EscapesTheUser()
    {
        SipUri uri = SipUri.Create("a b@c>\r\n", "example.com", 5080, SipParameters.None.With("transport", "tls"));
        Assert.Equal("sip:a%20b%40c%3E%0D%0A@example.com:5080;transport=tls", uri.Reveal());
        Assert.Throws<ArgumentException>(() => SipUri.Create("a", "example.com\r\nX: y"));
        Assert.Equal("sip:a%20b%40c%3E%0D%0A@example.com:5080", uri.WithParameters(SipParameters.None).Reveal());
    }

    [Theory]
    [InlineData("\"a\\\"b\" <sip:x@y>;tag=1", "a\"b", "\"a\\\"b\" <sip:x@y>;tag=1")]
    [InlineData("A. Bell<sip:x@y>", "A. Bell", "\"A. Bell\" <sip:x@y>")]
    [InlineData("\"\" <sip:x@y> ; a = \"b;c\"", null, "<sip:x@y>;a=\"b;c\"")]
    [InlineData("sip:x@y;tag=1", null, "<sip:x@y>;tag=1")]
    [InlineData("< sip:x@y >", null, "<sip:x@y>")]
    [InlineData("sip:x@y;a=\"<z>\"", null, "<sip:x@y>;a=\"<z>\"")]
    public void NameAddress_IsReadAndWrittenCanonically(string text, string? display, string written)
    {
        Assert.True(NameAddress.TryParse(text, out NameAddress? address));
        Assert.Equal(display, address.Display);
        Assert.Equal(written, address.Reveal());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"a <sip:x@y>")]
    [InlineData("\"a\" sip:x@y")]
    [InlineData("Bell, A <sip:x@y>")]
    [InlineData("<sip:x@y")]
    [InlineData("<sip:x@y> x")]
    [InlineData("<sip:x@y>;")]
    [InlineData("sip:x@y?a=b")]
    [InlineData("sip:x@y,sip:z")]
    public void BrokenNameAddress_IsRefused(string text) => Assert.False(NameAddress.TryParse(text, out _));

    [Theory]
    [InlineData("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1")]
    [InlineData("sip / 2.0 /tls [::1] : 5061 ; rport", "SIP/2.0/TLS [::1]:5061;rport")]
    [InlineData("SIP/2.0/UDP [::1];received=2001:db8::1", "SIP/2.0/UDP [::1];received=2001:db8::1")]
    public void Via_IsReadAndWrittenCanonically(string text, string written)
    {
        Assert.True(ViaValue.TryParse(text, out ViaValue? via));
        Assert.Equal(written, via.Reveal());
    }

    [Theory]
    [InlineData("SIP/2.0/UDP")]
    [InlineData("SIP/2.0/UDP ")]
    [InlineData("SIP/2.0 host")]
    [InlineData("SIP/2.0/UDP host;;")]
    [InlineData("SIP/2.0/UDP host;branch=a b")]
    [InlineData("SIP/2.0/U(P host")]
    public void BrokenVia_IsRefused(string text) => Assert.False(ViaValue.TryParse(text, out _));
}
