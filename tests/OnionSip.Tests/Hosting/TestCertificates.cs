using System;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OnionSip.Tests.Hosting;

/// <summary>Certificates made for one test.</summary>
internal static class TestCertificates
{
    public static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static X509Certificate2 MakeAuthority(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(Now.AddDays(-10), Now.AddDays(10));
    }

    /// <summary>A server's certificate; names are <c>dns:…</c> or <c>uri:…</c>, none for a common name alone.</summary>
    public static X509Certificate2 MakeServer(
        X509Certificate2 authority, string commonName, string[] names, DateTimeOffset? until = null, string? usage = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=" + commonName, key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder builder = new();
        foreach (string name in names)
        {
            if (name.StartsWith("dns:", StringComparison.Ordinal))
            {
                builder.AddDnsName(name[4..]);
            }
            else
            {
                builder.AddUri(new(name[4..]));
            }
        }

        if (names.Length > 0)
        {
            request.CertificateExtensions.Add(builder.Build());
        }

        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        }

        using X509Certificate2 bare = request.Create(authority, Now.AddDays(-9), until ?? Now.AddDays(9), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 withKey = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Writes the authority where an account's ca_file would be.</summary>
    public static string WritePem(X509Certificate2 authority)
    {
        string file = Path.Combine(Path.GetTempPath(), "onionsip-test-" + Path.GetRandomFileName() + ".pem");
        File.WriteAllText(file, authority.ExportCertificatePem());
        return file;
    }
}
