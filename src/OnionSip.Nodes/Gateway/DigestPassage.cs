using System;
using System.Collections.Generic;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>
/// Carries challenges to the phone and credentials to the provider, both rebuilt from their parsed form. (SIP.RULE-2, SIP.RULE-3)
/// </summary>
internal static class DigestPassage
{
    private static readonly string[] s_credentialNames = [SipHeaderNames.Authorization, SipHeaderNames.ProxyAuthorization];
    private static readonly string[] s_challengeNames = [SipHeaderNames.WwwAuthenticate, SipHeaderNames.ProxyAuthenticate];

    /// <summary>
    /// Copies the phone's digest credentials into a request of ours; false when some were held back because they would go out a second
    /// time or name another URI than the request: the challenge that follows is then of our making.
    /// </summary>
    public static bool CopyCredentials(SipRequest from, SipRequest to, CredentialLedger ledger, LeakReport leaks)
    {
        bool whole = true;
        foreach (string name in s_credentialNames)
        {
            if (!from.Headers.Has(name))
            {
                continue;
            }

            if (!DigestCredentials.TryParseAll(from.Headers, name, out List<DigestCredentials> credentials))
            {
                leaks.Count(LeakClass.Identity);
                whole = false;
                continue;
            }

            foreach (DigestCredentials one in credentials)
            {
                bool passes = NamesUri(one, to.Uri) && ledger.TryUse(one) && to.Headers.TryAdd(name, one.Reveal());
                whole &= passes;
                leaks.Count(LeakClass.Identity, passes ? 0 : 1);
            }
        }

        return whole;
    }

    /// <summary>
    /// Copies the provider's challenges, every realm and algorithm in order, auth-int taken out; false when nothing is left that a phone
    /// could answer.
    /// </summary>
    public static bool CopyChallenges(SipResponse from, SipResponse to, bool stale)
    {
        bool any = false;
        foreach (string name in s_challengeNames)
        {
            if (!DigestChallenge.TryParseAll(from.Headers, name, out List<DigestChallenge> challenges))
            {
                continue;
            }

            foreach (DigestChallenge challenge in challenges)
            {
                DigestChallenge? passed = challenge.WithoutAuthInt();
                if (passed is not null)
                {
                    any |= to.Headers.TryAdd(name, (stale ? passed with { Stale = true } : passed).Reveal());
                }
            }
        }

        return any;
    }

    // A digest-uri of the phone's own making could carry its address; only the URI that goes out anyway may stand there.
    private static bool NamesUri(DigestCredentials credentials, SipUri uri) =>
        string.Equals(credentials.Uri, uri.Reveal(), StringComparison.Ordinal)
        || string.Equals(credentials.Uri, SipTexts.Bare(uri).Reveal(), StringComparison.Ordinal);
}
