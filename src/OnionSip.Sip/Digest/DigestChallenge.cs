using System;
using System.Collections.Generic;
using System.Text;

namespace OnionSip.Sip;

/// <summary>One Digest challenge of WWW-Authenticate or Proxy-Authenticate; immutable. (SIP.DIGEST)</summary>
/// <remarks>
/// Writes known parameters only, in one order: realm, nonce, opaque, domain, stale, algorithm, qop, userhash, charset.
/// </remarks>
public sealed record DigestChallenge
{
    /// <summary>As it stands between the quotes.</summary>
    public required string Realm { get; init; }

    public required string Nonce { get; init; }

    public string? Opaque { get; init; }

    public string? Domain { get; init; }

    /// <summary>The old credentials were right, only the nonce was old.</summary>
    public bool Stale { get; init; }

    /// <summary>As written; null when absent, which means MD5.</summary>
    public string? AlgorithmName { get; init; }

    /// <summary>The offered qualities in their order; empty for the form of RFC 2069.</summary>
    public IReadOnlyList<string> Qop { get; init; } = [];

    public string? UserHash { get; init; }

    public string? Charset { get; init; }

    public DigestAlgorithm Algorithm => DigestAlgorithms.Parse(AlgorithmName);

    /// <summary>Reads every Digest challenge of every line; other schemes are left out.</summary>
    /// <remarks>Drops: false when a line does not parse, or a challenge has no realm or nonce.</remarks>
    public static bool TryParseAll(SipHeaderList headers, string name, out List<DigestChallenge> challenges)
    {
        challenges = [];
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

            if (scheme.Find("realm") is not { } realm || scheme.Find("nonce") is not { } nonce)
            {
                return false;
            }

            challenges.Add(Read(scheme, realm, nonce));
        }

        return true;
    }

    /// <summary>
    /// The challenge with auth-int taken out of its qualities (SIP.RULE-2): the gateway rewrites bodies, so a digest
    /// over one cannot come out right. Null when nothing else was offered: the challenge cannot be met.
    /// </summary>
    public DigestChallenge? WithoutAuthInt()
    {
        List<string> kept = [.. Qop];
        kept.RemoveAll(static quality => string.Equals(quality, "auth-int", StringComparison.OrdinalIgnoreCase));
        return kept.Count == 0 && Qop.Count > 0 ? null : this with { Qop = kept };
    }

    /// <summary>The value for the wire.</summary>
    public string Reveal()
    {
        StringBuilder text = new("Digest ");
        AuthParameters.Append(text, "realm", Realm, quoted: true);
        AuthParameters.Append(text, "nonce", Nonce, quoted: true);
        AuthParameters.Append(text, "opaque", Opaque, quoted: true);
        AuthParameters.Append(text, "domain", Domain, quoted: true);
        AuthParameters.Append(text, "stale", Stale ? "true" : null, quoted: false);
        AuthParameters.Append(text, "algorithm", AlgorithmName, quoted: false);
        AuthParameters.Append(text, "qop", Qop.Count == 0 ? null : string.Join(',', Qop), quoted: true);
        AuthParameters.Append(text, "userhash", UserHash, quoted: false);
        AuthParameters.Append(text, "charset", Charset, quoted: false);
        return text.ToString();
    }

    public override string ToString() => "[challenge]";

    private static DigestChallenge Read(AuthParameters scheme, string realm, string nonce) => new()
    {
        Realm = realm,
        Nonce = nonce,
        Opaque = scheme.Find("opaque"),
        Domain = scheme.Find("domain"),
        Stale = string.Equals(scheme.Find("stale"), "true", StringComparison.OrdinalIgnoreCase),
        AlgorithmName = Word(scheme.Find("algorithm")),
        Qop = Words(scheme.Find("qop")),
        UserHash = Word(scheme.Find("userhash")),
        Charset = Word(scheme.Find("charset")),
    };

    private static string? Word(string? value) => value is not null && SipGrammar.IsToken(value) ? value : null;

    private static List<string> Words(string? value)
    {
        List<string> words = value is null
            ? []
            : [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        words.RemoveAll(static word => !SipGrammar.IsToken(word));
        return words;
    }
}
