using System;

namespace OnionSip.Sip;

/// <summary>The algorithms of RFC 7616 and RFC 8760. (SIP.DIGEST)</summary>
public enum DigestAlgorithm : byte
{
    Unknown = 0,
    Md5,
    Md5Session,
    Sha256,
    Sha256Session,
    Sha512Over256,
    Sha512Over256Session,
}

/// <summary>Names of algorithms. (SIP.DIGEST)</summary>
public static class DigestAlgorithms
{
    /// <summary>By name, case aside; no name is MD5.</summary>
    public static DigestAlgorithm Parse(string? name) => name?.ToUpperInvariant() switch
    {
        null or "MD5" => DigestAlgorithm.Md5,
        "MD5-SESS" => DigestAlgorithm.Md5Session,
        "SHA-256" => DigestAlgorithm.Sha256,
        "SHA-256-SESS" => DigestAlgorithm.Sha256Session,
        "SHA-512-256" => DigestAlgorithm.Sha512Over256,
        "SHA-512-256-SESS" => DigestAlgorithm.Sha512Over256Session,
        _ => DigestAlgorithm.Unknown,
    };

    public static bool IsSession(DigestAlgorithm algorithm) =>
        algorithm is DigestAlgorithm.Md5Session or DigestAlgorithm.Sha256Session
            or DigestAlgorithm.Sha512Over256Session;

    /// <summary>The higher the better; 0 for an unknown one.</summary>
    public static int Strength(DigestAlgorithm algorithm) => ((int)algorithm + 1) / 2;
}
