using System;
using System.IO;
using System.Security.Cryptography.X509Certificates;
using OnionSip.Hosting.Providers;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>Whose certificate is taken for a provider's. (HOST.TLS)</summary>
public sealed class ProviderCertificateTests : IDisposable
{
    private const string Domain = "provider.example";
    private readonly X509Certificate2 _authority = TestCertificates.MakeAuthority("Test Authority");
    private readonly string _pem;

    public ProviderCertificateTests() => _pem = TestCertificates.WritePem(_authority);

    [Theory]
    [InlineData("dns:provider.example")]
    [InlineData("dns:PROVIDER.example")]
    [InlineData("uri:sip:provider.example")]
    [InlineData("dns:other.example dns:provider.example")]
    public void NameOfTheDomain_IsVerified(string names) => Assert.Equal(TlsResult.Verified, Verify("any", names.Split(' ')));

    [Theory]
    [InlineData("dns:other.example")]
    [InlineData("dns:*.example")]
    [InlineData("dns:sip.provider.example")]
    [InlineData("uri:sip:alice@provider.example")]
    [InlineData("uri:sips:provider.example")]
    [InlineData("uri:https://provider.example/")]
    public void AnotherName_IsRefused(string names) => Assert.Equal(TlsResult.WrongName, Verify(Domain, names.Split(' ')));

    [Fact]
    public void CommonNameAlone_Counts() => Assert.Equal(TlsResult.Verified, Verify(Domain, []));

    [Fact]
    public void Expired_IsRefused() =>
        Assert.Equal(TlsResult.Expired, Verify(Domain, ["dns:" + Domain], until: TestCertificates.Now.AddDays(-1)));

    [Fact]
    public void UsageForMailOnly_IsRefused() =>
        Assert.Equal(TlsResult.Unusable, Verify(Domain, ["dns:" + Domain], usage: "1.3.6.1.5.5.7.3.4"));

    [Fact]
    public void UsageForSipDomains_IsVerified() =>
        Assert.Equal(TlsResult.Verified, Verify(Domain, ["dns:" + Domain], usage: "1.3.6.1.5.5.7.3.20"));

    [Fact]
    public void SystemAuthorities_DoNotKnowTheTestAuthority() =>
        Assert.Equal(TlsResult.UnknownAuthority, Verify(Domain, ["dns:" + Domain], trust: new TlsTrust()));

    [Fact]
    public void AnotherAuthorityOfTheSameName_IsRefused()
    {
        using X509Certificate2 impostor = TestCertificates.MakeAuthority("Test Authority");
        using X509Certificate2 server = TestCertificates.MakeServer(impostor, Domain, ["dns:" + Domain]);
        Assert.Equal(TlsResult.UnknownAuthority, ProviderCertificate.Verify(server, [impostor], Domain, new(_pem), TestCertificates.Now));
    }

    [Fact]
    public void Pin_TakesItsCertificateAndNoOther()
    {
        using X509Certificate2 server = TestCertificates.MakeServer(_authority, Domain, ["dns:" + Domain]);
        using X509Certificate2 other = TestCertificates.MakeServer(_authority, Domain, ["dns:" + Domain]);
        TlsTrust pin = new(PinSha256: ProviderCertificate.PinOf(server));
        Assert.Equal(TlsResult.Verified, ProviderCertificate.Verify(server, [], Domain, pin, TestCertificates.Now));
        Assert.Equal(TlsResult.WrongPin, ProviderCertificate.Verify(other, [], Domain, pin, TestCertificates.Now));
        Assert.Equal(TlsResult.WrongName, ProviderCertificate.Verify(server, [], "other.example", pin, TestCertificates.Now));
    }

    [Fact]
    public void AuthorityFileThatIsNone_IsTold() =>
        Assert.Equal(TlsResult.BadAuthorityFile, Verify(Domain, ["dns:" + Domain], trust: new(_pem + ".missing")));

    public void Dispose()
    {
        File.Delete(_pem);
        _authority.Dispose();
    }

    private TlsResult Verify(string commonName, string[] names, DateTimeOffset? until = null, string? usage = null, TlsTrust? trust = null)
    {
        using X509Certificate2 server = TestCertificates.MakeServer(_authority, commonName, names, until, usage);
        return ProviderCertificate.Verify(server, [], Domain, trust ?? new(_pem), TestCertificates.Now);
    }
}
