using System;
using System.Collections.Generic;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>The accounts met so far, by user and domain. (SIP.ACCOUNT)</summary>
/// <remarks>Bounds: <see cref="GatewayLimits.MaxAccounts"/>; an account once met stays for the gateway's life.</remarks>
internal sealed class AccountTable(GatewayCore core)
{
    private readonly List<GatewayAccount> _accounts = [];

    public IReadOnlyList<GatewayAccount> All => _accounts;

    /// <summary>The account of a From address; null when its domain is not configured or the table is full.</summary>
    public GatewayAccount? Find(SipUri from)
    {
        if (!from.IsSip || from.User is null)
        {
            return null;
        }

        foreach (GatewayAccount known in _accounts)
        {
            if (known.User == from.User && SameHost(known.Options.Domain, from.Host))
            {
                return known;
            }
        }

        AccountOptions? options = FindOptions(from);
        if (options is null || _accounts.Count >= GatewayLimits.MaxAccounts)
        {
            return null;
        }

        GatewayAccount account = new(core, new AccountId(core.NextId()), options, from.User);
        _accounts.Add(account);
        return account;
    }

    public GatewayAccount? FindByUpstream(UpstreamId upstream) => _accounts.Find(account => account.Upstream.Id == upstream);

    public GatewayAccount? FindByPath(GatewayPathId path) => _accounts.Find(account => account.Upstream.Path == path);

    public GatewayAccount? FindByQuestion(ResolveId request) => _accounts.Find(account => account.Upstream.Owns(request));

    private AccountOptions? FindOptions(SipUri from)
    {
        AccountOptions? any = null;
        foreach (AccountOptions options in core.Options.Accounts)
        {
            if (SameHost(options.Domain, from.Host) && options.User == from.User)
            {
                return options;
            }

            any ??= SameHost(options.Domain, from.Host) && options.User is null ? options : null;
        }

        return any;
    }

    private static bool SameHost(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
