using System.Collections.Generic;
using OnionSip.Hosting.Exits;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Resolvers;

/// <summary>What a name's addresses came to.</summary>
public delegate void LookupCompleted(Instant now, ResolveOutcome outcome, List<IpAddress> addresses);

/// <summary>Asks for a name's IPv4 and IPv6 addresses at once and gives them together. (HOST.RESOLVER)</summary>
internal sealed class AddressLookup
{
    private readonly LookupCompleted _completed;
    private readonly List<IpAddress> _addresses = [];
    private ResolveOutcome _outcome = ResolveOutcome.NotFound;
    private int _open;

    private AddressLookup(LookupCompleted completed) => _completed = completed;

    /// <summary>Asks for the families that the exit can reach out with.</summary>
    internal static void Begin(Instant now, UnboundResolver resolver, string name, ExitOptions options, LookupCompleted completed)
    {
        AddressLookup lookup = new(completed) { _open = 1 };
        lookup.Ask(now, resolver, name, DnsKind.A, options.IPv4 is not null);
        lookup.Ask(now, resolver, name, DnsKind.Aaaa, options.IPv6 is not null);
        lookup.Finish(now);
    }

    private void Ask(Instant now, UnboundResolver resolver, string name, DnsKind kind, bool wanted)
    {
        if (!wanted)
        {
            return;
        }

        _open++;
        ResolveOutcome begun = resolver.Resolve(now, kind, name, HandleAnswer);
        if (begun != ResolveOutcome.None)
        {
            HandleAnswer(now, begun, [], 0);
        }
    }

    private void HandleAnswer(Instant now, ResolveOutcome outcome, IReadOnlyList<DnsAnswer> answers, uint ttlSeconds)
    {
        foreach (DnsAnswer answer in answers)
        {
            _addresses.Add(answer.Address);
        }

        _outcome = outcome is ResolveOutcome.NotFound or ResolveOutcome.Answered ? _outcome : outcome;
        Finish(now);
    }

    private void Finish(Instant now)
    {
        if (--_open == 0)
        {
            _completed(now, _addresses.Count > 0 ? ResolveOutcome.Answered : _outcome, _addresses);
        }
    }
}
