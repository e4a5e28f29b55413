using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The accounts of all links that ever sent a CREATE. (CIRCUIT.SHARES)</summary>
/// <remarks>Bounds: one for each link there is, one payer for each relay link and each prefix with a link.</remarks>
internal sealed class LinkAccounts(RelayCircuitOptions options)
{
    private static readonly LinkOrigin s_unknown = new(IsRelay: true, default);

    private readonly Dictionary<LinkId, LinkAccount> _byLink = [];
    private readonly Dictionary<LinkId, UInt128> _prefixOf = [];
    private readonly Dictionary<UInt128, LinkPayer> _byPrefix = [];

    private long _lastNumber;

    internal int Count => _byLink.Count;

    internal LinkAccount Of(Instant now, LinkId link)
    {
        if (!_byLink.TryGetValue(link, out LinkAccount? account))
        {
            account = Open(now, link, options.Origins?.OriginOf(link) ?? s_unknown);
            _byLink.Add(link, account);
        }

        return account;
    }

    internal void Close(LinkId link)
    {
        if (_byLink.Remove(link, out LinkAccount? account)
            && _prefixOf.Remove(link, out UInt128 prefix)
            && --account.Payer.Links == 0)
        {
            _byPrefix.Remove(prefix);
        }
    }

    private LinkAccount Open(Instant now, LinkId link, in LinkOrigin origin)
    {
        if (origin.IsRelay)
        {
            return new LinkAccount(now, options.RelayShare, new LinkPayer(now, options.RelayShare, ++_lastNumber) { Links = 1 });
        }

        if (!_byPrefix.TryGetValue(origin.Prefix, out LinkPayer? payer))
        {
            payer = new LinkPayer(now, options.PrefixShare, ++_lastNumber);
            _byPrefix.Add(origin.Prefix, payer);
        }

        payer.Links++;
        _prefixOf.Add(link, origin.Prefix);
        return new LinkAccount(now, options.ClientShare, payer);
    }
}
