using System.Collections.Generic;
using System.Globalization;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>Which nonces and counts of an account have gone out: none goes out twice. (SIP.RULE-2)</summary>
/// <remarks>Bounds: the last <see cref="GatewayLimits.MaxNonces"/> nonces; credentials without a count (RFC 2069) are not counted.</remarks>
internal sealed class CredentialLedger
{
    private readonly List<(string Realm, string Nonce, uint Count)> _used = [];

    /// <summary>True when these credentials have not been sent yet; they are then taken as sent.</summary>
    public bool TryUse(DigestCredentials credentials)
    {
        if (credentials.NonceCount is null
            || !uint.TryParse(credentials.NonceCount, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint count))
        {
            return true;
        }

        int index = _used.FindIndex(entry => entry.Nonce == credentials.Nonce && entry.Realm == credentials.Realm);
        if (index >= 0 && count <= _used[index].Count)
        {
            return false;
        }

        if (index >= 0)
        {
            _used.RemoveAt(index);
        }
        else if (_used.Count >= GatewayLimits.MaxNonces)
        {
            _used.RemoveAt(0);
        }

        _used.Add((credentials.Realm, credentials.Nonce, count));
        return true;
    }

    public void Clear() => _used.Clear();
}
