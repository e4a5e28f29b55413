using System;
using System.Security.Cryptography;
using System.Text;

namespace OnionSip.Sip;

/// <summary>
/// Everything that goes into a digest response but the password and the body (RFC 7616 §3.4, RFC 2069 without qop).
/// (SIP.DIGEST)
/// </summary>
/// <remarks>Text is one char for each octet. Secrets: HA1 is as good as the password in its realm.</remarks>
public readonly record struct DigestInput(
    DigestAlgorithm Algorithm,
    string Username,
    string Realm,
    string Nonce,
    string ClientNonce,
    string? NonceCount,
    string? Qop,
    string Method,
    string Uri)
{
    /// <summary>H(user:realm:password), for a session algorithm hashed once more with both nonces.</summary>
    public string Ha1(string password)
    {
        string plain = Hash($"{Username}:{Realm}:{password}");
        return DigestAlgorithms.IsSession(Algorithm) ? Hash($"{plain}:{Nonce}:{ClientNonce}") : plain;
    }

    /// <summary>The response in lower-case hexadecimal; the body counts for auth-int alone.</summary>
    public string Response(string ha1, ReadOnlySpan<byte> body)
    {
        bool integrity = string.Equals(Qop, "auth-int", StringComparison.OrdinalIgnoreCase);
        string ha2 = Hash(integrity ? $"{Method}:{Uri}:{HashOctets(body)}" : $"{Method}:{Uri}");
        return Hash(Qop is null ? $"{ha1}:{Nonce}:{ha2}" : $"{ha1}:{Nonce}:{NonceCount}:{ClientNonce}:{Qop}:{ha2}");
    }

    public override string ToString() => "[digest input]";

    private string Hash(string text) => HashOctets(Encoding.Latin1.GetBytes(text));

    private string HashOctets(ReadOnlySpan<byte> octets) => Convert.ToHexStringLower(Algorithm switch
    {
        DigestAlgorithm.Md5 or DigestAlgorithm.Md5Session => MD5.HashData(octets),
        DigestAlgorithm.Sha256 or DigestAlgorithm.Sha256Session => SHA256.HashData(octets),
        DigestAlgorithm.Sha512Over256 or DigestAlgorithm.Sha512Over256Session => Sha512Over256.Hash(octets),
        _ => throw new ArgumentException("an algorithm that is not known has no digest"),
    });
}
