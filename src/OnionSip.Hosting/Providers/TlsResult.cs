namespace OnionSip.Hosting.Providers;

/// <summary>How a TLS connection to a provider stands. (HOST.TLS)</summary>
public enum TlsResult : byte
{
    None = 0,

    /// <summary>The certificate was verified and the connection is open.</summary>
    Verified = 1,

    /// <summary>The certificate is not for this domain.</summary>
    WrongName = 2,

    /// <summary>The certificate is outside its validity.</summary>
    Expired = 3,

    /// <summary>Nobody who is trusted signed it.</summary>
    UnknownAuthority = 4,

    /// <summary>It is not the pinned certificate.</summary>
    WrongPin = 5,

    /// <summary>It may not be used by a server, or it cannot be read.</summary>
    Unusable = 6,

    /// <summary>The trusted authority's file cannot be read.</summary>
    BadAuthorityFile = 7,

    /// <summary>The other side does not speak TLS 1.2 or later, or broke off before the end of the handshake.</summary>
    HandshakeFailed = 8,

    /// <summary>The connection was open and has ended.</summary>
    Closed = 9,
}

/// <summary>The results as sentences for the owner of the account.</summary>
public static class TlsResults
{
    public static bool IsCertificateFailure(TlsResult result) => result is >= TlsResult.WrongName and <= TlsResult.BadAuthorityFile;

    public static string Describe(TlsResult result) => result switch
    {
        TlsResult.Verified => "the provider's certificate was verified",
        TlsResult.WrongName =>
            "the provider's certificate is not for the account's domain; if the provider uses another name, set certificate_name",
        TlsResult.Expired => "the provider's certificate is not valid at this time; check this machine's clock, else tell the provider",
        TlsResult.UnknownAuthority =>
            "the provider's certificate is not signed by an authority this account trusts; set ca_file if the provider has its own",
        TlsResult.WrongPin => "the provider's certificate is not the pinned one; if the provider has changed it, set pin_sha256 anew",
        TlsResult.Unusable => "the provider's certificate may not be used by a server",
        TlsResult.BadAuthorityFile => "the account's ca_file cannot be read as certificates in PEM",
        TlsResult.HandshakeFailed => "the provider does not speak TLS 1.2 or later on this port, or broke off",
        TlsResult.Closed => "the connection has ended",
        _ => "the connection is being made",
    };
}
