using System;
using System.Collections.Generic;
using System.Text;

namespace OnionSip.Sip;

/// <summary>
/// Digest credentials of Authorization or Proxy-Authorization; immutable, prints nothing. (SIP.DIGEST)
/// </summary>
/// <remarks>
/// Values are kept as they stand between their quotes, because both sides hash them so. Writes known parameters in one
/// order.
/// </remarks>
public sealed record DigestCredentials
{
    public required string Username { get; init; }

    public required string Realm { get; init; }

    public required string Nonce { get; init; }

    /// <summary>The digest-uri, which may differ from the Request-URI in form.</summary>
    public required string Uri { get; init; }

    /// <summary>Lower-case hexadecimal.</summary>
    public required string Response { get; init; }

    public string? AlgorithmName { get; init; }

    public string? ClientNonce { get; init; }

    public string? Opaque { get; init; }

    public string? Qop { get; init; }

    /// <summary>Eight hexadecimal digits; null without qop.</summary>
    public string? NonceCount { get; init; }

    public string? UserHash { get; init; }

    public DigestAlgorithm Algorithm => DigestAlgorithms.Parse(AlgorithmName);

    /// <summary>Reads the Digest credentials of every line of this name; other schemes are left out.</summary>
    public static bool TryParseAll(SipHeaderList headers, string name, out List<DigestCredentials> credentials)
    {
        credentials = [];
        if (!AuthParameters.TryParseAll(headers, name, out List<AuthParameters> schemes))
        {
            return false;
        }

        foreach (AuthParameters scheme in schemes)
        {
            if (!scheme.IsDigest)
            {
                continue;
            }

            if (Read(scheme) is not { } one)
            {
                return false;
            }

            credentials.Add(one);
        }

        return true;
    }

    /// <summary>Answers a challenge; null when its algorithm or every quality is unknown.</summary>
    /// <remarks>Throws: ArgumentException when user name or URI hold what a quoted string may not.</remarks>
    public static DigestCredentials? Answer(
        DigestChallenge challenge,
        string username,
        string password,
        string method,
        string uri,
        string clientNonce,
        uint nonceCount)
    {
        bool auth = System.Linq.Enumerable.Contains(challenge.Qop, "auth", StringComparer.OrdinalIgnoreCase);
        if (challenge.Algorithm == DigestAlgorithm.Unknown || (challenge.Qop.Count > 0 && !auth))
        {
            return null;
        }

        string escaped = SipGrammar.Quote(username)[1..^1];
        if (!SipGrammar.IsWritable(escaped) || !SipGrammar.IsWritable(uri)
            || uri.Contains('"', StringComparison.Ordinal))
        {
            throw new ArgumentException("not for a header line", nameof(username));
        }

        string? count = auth ? nonceCount.ToString("x8", System.Globalization.CultureInfo.InvariantCulture) : null;
        string? quality = auth ? "auth" : null;
        DigestInput input = new(
            challenge.Algorithm, escaped, challenge.Realm, challenge.Nonce, clientNonce, count, quality, method, uri);
        return new DigestCredentials
        {
            Username = escaped,
            Realm = challenge.Realm,
            Nonce = challenge.Nonce,
            Uri = uri,
            Response = input.Response(input.Ha1(password), default),
            AlgorithmName = challenge.AlgorithmName,
            ClientNonce = auth || DigestAlgorithms.IsSession(challenge.Algorithm) ? clientNonce : null,
            Opaque = challenge.Opaque,
            Qop = quality,
            NonceCount = count,
        };
    }

    /// <summary>
    /// True when the response is the right one for this password and method; compared in constant time.
    /// </summary>
    public bool Verifies(string password, string method, ReadOnlySpan<byte> body)
    {
        if (Algorithm == DigestAlgorithm.Unknown)
        {
            return false;
        }

        DigestInput input = new(
            Algorithm, Username, Realm, Nonce, ClientNonce ?? string.Empty, NonceCount, Qop, method, Uri);
        string expected = input.Response(input.Ha1(password), body);
        return System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(
            Encoding.Latin1.GetBytes(expected), Encoding.Latin1.GetBytes(Response.ToLowerInvariant()));
    }

    /// <summary>The value for the wire.</summary>
    public string Reveal()
    {
        StringBuilder text = new("Digest ");
        AuthParameters.Append(text, "username", Username, quoted: true);
        AuthParameters.Append(text, "realm", Realm, quoted: true);
        AuthParameters.Append(text, "nonce", Nonce, quoted: true);
        AuthParameters.Append(text, "uri", Uri, quoted: true);
        AuthParameters.Append(text, "response", Response, quoted: true);
        AuthParameters.Append(text, "algorithm", AlgorithmName, quoted: false);
        AuthParameters.Append(text, "cnonce", ClientNonce, quoted: true);
        AuthParameters.Append(text, "opaque", Opaque, quoted: true);
        AuthParameters.Append(text, "qop", Qop, quoted: false);
        AuthParameters.Append(text, "nc", NonceCount, quoted: false);
        AuthParameters.Append(text, "userhash", UserHash, quoted: false);
        return text.ToString();
    }

    public override string ToString() => "[credentials]";

    private static DigestCredentials? Read(AuthParameters scheme)
    {
        if (scheme.Find("username") is not { } username || scheme.Find("realm") is not { } realm
            || scheme.Find("nonce") is not { } nonce
            || scheme.Find("uri") is not { } uri || scheme.Find("response") is not { } response)
        {
            return null;
        }

        return new DigestCredentials
        {
            Username = username,
            Realm = realm,
            Nonce = nonce,
            Uri = uri,
            Response = response,
            AlgorithmName = Word(scheme.Find("algorithm")),
            ClientNonce = scheme.Find("cnonce"),
            Opaque = scheme.Find("opaque"),
            Qop = Word(scheme.Find("qop")),
            NonceCount = Word(scheme.Find("nc")),
            UserHash = Word(scheme.Find("userhash")),
        };
    }

    private static string? Word(string? value) => value is not null && SipGrammar.IsToken(value) ? value : null;
}
