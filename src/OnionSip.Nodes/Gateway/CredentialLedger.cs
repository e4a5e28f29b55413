using System.Collections.Generic;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>Which credentials of an account have gone out: none goes out twice. (SIP.RULE-2)</summary>
/// <remarks>
/// The same nonce and count computed afresh by the phone, with another client nonce or for another method, are other credentials: a
/// registrar
/// may give one nonce to several challenges within a second, and phones count each challenge from 1.
/// Bounds: the last <see cref="GatewayLimits.MaxNonces"/>; credentials without a count (RFC 2069) are not counted.
/// </remarks>
internal sealed class CredentialLedger
{
    private readonly Queue<(string Nonce, string Count, string Response)> _used = new();

    /// <summary>True when these credentials have not been sent yet; they are then taken as sent.</summary>
    public bool TryUse(DigestCredentials credentials)
    {
        if (credentials.NonceCount is null)
        {
            return true;
        }

        (string, string, string) entry = (credentials.Nonce, credentials.NonceCount, credentials.Response);
        if (_used.Contains(entry))
        {
            return false;
        }

        if (_used.Count >= GatewayLimits.MaxNonces)
        {
            _used.Dequeue();
        }

        _used.Enqueue(entry);
        return true;
    }
}
