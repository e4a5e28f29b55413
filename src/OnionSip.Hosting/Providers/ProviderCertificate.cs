using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OnionSip.Hosting.Providers;

/// <summary>Decides whether a certificate is a provider's. There is no switch that turns this off. (HOST.TLS)</summary>
/// <remarks>
/// Source: RFC 5922 section 7: a subjectAltName URI <c>sip:domain</c> or dNSName equal to the domain; the common name counts only when
///         there
/// is no subjectAltName; no wildcards. RFC 5924: an extended key usage, when there, must allow servers or SIP domains.
/// Nothing is fetched: no revocation list, no missing certificate, for either would leave the mesh.
/// </remarks>
public static class ProviderCertificate
{
    private const string SubjectAltName = "2.5.29.17";
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private const string SipDomainUsage = "1.3.6.1.5.5.7.3.20";
    private const string AnyUsage = "2.5.29.37.0";

    /// <summary>Checks a certificate with the others its server sent.</summary>
    public static TlsResult Verify(
        X509Certificate2? certificate, IEnumerable<X509Certificate2> sent, string domain, TlsTrust trust, DateTimeOffset now)
    {
        if (certificate is null || !AllowsServers(certificate))
        {
            return TlsResult.Unusable;
        }

        if (now < certificate.NotBefore || now > certificate.NotAfter)
        {
            return TlsResult.Expired;
        }

        if (!IsFor(certificate, domain))
        {
            return TlsResult.WrongName;
        }

        if (trust.PinSha256 is { } pin)
        {
            return IsPinned(certificate, pin) ? TlsResult.Verified : TlsResult.WrongPin;
        }

        return VerifyChain(certificate, sent, trust, now);
    }

    /// <summary>Lower-case hexadecimal SHA-256 of the whole certificate.</summary>
    public static string PinOf(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));

    /// <summary>True when one of the certificate's SIP domain identities is the domain. (RFC 5922 section 7.1, 7.2)</summary>
    public static bool IsFor(X509Certificate2 certificate, string domain)
    {
        domain = domain.TrimEnd('.');
        X509Extension? names = certificate.Extensions[SubjectAltName];
        if (names is not null)
        {
            return ListIdentities(names.RawData).Exists(identity => string.Equals(identity, domain, StringComparison.OrdinalIgnoreCase));
        }

        string common = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        return string.Equals(common, domain, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The DNS names and the domains of <c>sip:</c> URIs without a user; what is malformed is left out.</summary>
    private static List<string> ListIdentities(byte[] extension)
    {
        const int DnsName = 2;
        const int Uri = 6;
        List<string> identities = [];
        try
        {
            AsnReader names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                Asn1Tag tag = names.PeekTag();
                bool isText = tag.TagClass == TagClass.ContextSpecific && tag.TagValue is DnsName or Uri;
                if (!isText)
                {
                    names.ReadEncodedValue();
                    continue;
                }

                string text = names.ReadCharacterString(UniversalTagNumber.IA5String, tag);
                if (tag.TagValue == DnsName)
                {
                    identities.Add(text);
                }
                else if (DomainOf(text) is { } domain)
                {
                    identities.Add(domain);
                }
            }
        }
        catch (AsnContentException)
        {
            identities.Clear();
        }

        return identities;
    }

    private static string? DomainOf(string uri)
    {
        const string Scheme = "sip:";
        bool isDomain = uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && uri.IndexOfAny(['@', ';', '?', ':'], Scheme.Length) < 0;
        return isDomain ? uri[Scheme.Length..] : null;
    }

    private static bool AllowsServers(X509Certificate2 certificate)
    {
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension is not X509EnhancedKeyUsageExtension usage)
            {
                continue;
            }

            foreach (Oid oid in usage.EnhancedKeyUsages)
            {
                if (oid.Value is ServerUsage or SipDomainUsage or AnyUsage)
                {
                    return true;
                }
            }

            return false;
        }

        return true;
    }

    private static bool IsPinned(X509Certificate2 certificate, string pin) =>
        string.Equals(PinOf(certificate), pin, StringComparison.OrdinalIgnoreCase);

    private static TlsResult VerifyChain(
        X509Certificate2 certificate, IEnumerable<X509Certificate2> sent, TlsTrust trust, DateTimeOffset now)
    {
        using X509Chain chain = new();
        chain.ChainPolicy = MakePolicy(now);
        foreach (X509Certificate2 other in sent)
        {
            chain.ChainPolicy.ExtraStore.Add(other);
        }

        if (trust.AuthorityFile is { } file && !TryAddAuthorities(chain.ChainPolicy, file))
        {
            return TlsResult.BadAuthorityFile;
        }

        if (chain.Build(certificate))
        {
            return TlsResult.Verified;
        }

        foreach (X509ChainStatus status in chain.ChainStatus)
        {
            if (status.Status == X509ChainStatusFlags.NotTimeValid)
            {
                return TlsResult.Expired;
            }
        }

        return TlsResult.UnknownAuthority;
    }

    /// <summary>A policy that reaches for nothing outside this process.</summary>
    internal static X509ChainPolicy MakePolicy(DateTimeOffset now) => new()
    {
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
        VerificationTime = now.LocalDateTime,
        VerificationTimeIgnored = false,
    };

    private static bool TryAddAuthorities(X509ChainPolicy policy, string file)
    {
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(file);
            return policy.CustomTrustStore.Count > 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return false;
        }
    }
}
