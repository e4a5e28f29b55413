using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>
/// What one UDP association may send and take: a port pair at the exit and the endpoints its client named.
/// (EXIT.CONSENT)
/// </summary>
/// <remarks>
/// Order:  an outgoing packet passes its length, its endpoint's consent, ICMP, the association's rate, the allowance of
///         an
///         address not yet heard, and the relay-wide budget of the destination; only then is anything counted against
///         them.
/// Bounds: 8 endpoints, <see cref="ExitLimits.RememberedAddresses"/> addresses.
/// Drops:  every refusal is counted in <see cref="Drops"/> and answered with nothing.
/// </remarks>
public sealed class UdpAssociation
{
    private readonly ExitRules _rules;
    private readonly DestinationBudget _budget;
    private readonly bool _isIPv6;
    private readonly bool _enforcesConsent;
    private readonly PeerAddress[] _endpoints = new PeerAddress[WireLayout.MaxConsentEndpoints];
    private readonly bool[] _stopped = new bool[WireLayout.MaxConsentEndpoints];
    private readonly ConsentedAddress[] _addresses = new ConsentedAddress[ExitLimits.RememberedAddresses];
    private RateMeter _outward;
    private RateMeter _inward;
    private int _endpointCount;

    public UdpAssociation(ExitRules rules, DestinationBudget budget, bool isIPv6)
        : this(rules, budget, isIPv6, enforcesConsent: true)
    {
    }

    /// <summary>The defence can be taken away, to show in a test what it is worth.</summary>
    internal UdpAssociation(ExitRules rules, DestinationBudget budget, bool isIPv6, bool enforcesConsent)
    {
        _rules = rules;
        _budget = budget;
        _isIPv6 = isIPv6;
        _enforcesConsent = enforcesConsent;
    }

    public DropCounters<ExitVerdict> Drops { get; } = new();

    /// <summary>Takes the endpoints of a CONSENT in place of those named before; all or none. (EXIT.CONSENT)</summary>
    /// <returns>
    /// Why one of them is refused; the association then keeps what it had and the relay answers RELEASED.
    /// </returns>
    public ExitVerdict SetConsent(Instant now, ReadOnlySpan<PeerAddress> endpoints)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(endpoints.Length, WireLayout.MaxConsentEndpoints);
        foreach (ref readonly PeerAddress endpoint in endpoints)
        {
            ExitVerdict verdict = endpoint.Address.IsIPv4 == _isIPv6
                ? ExitVerdict.WrongFamily
                : _rules.Check(ExitTransport.Udp, in endpoint);
            if (verdict != ExitVerdict.Allowed)
            {
                return Drops.Count(verdict);
            }
        }

        if (!CanRemember(now, endpoints))
        {
            return Drops.Count(ExitVerdict.TooManyAddresses);
        }

        // Those that stay are marked before a new one looks for a place, so that none of them is forgotten and renewed.
        for (int index = 0; index < _addresses.Length; index++)
        {
            _addresses[index].IsConsented = Names(endpoints, _addresses[index].Address);
        }

        foreach (ref readonly PeerAddress endpoint in endpoints)
        {
            Remember(now, endpoint.Address).IsConsented = true;
        }

        endpoints.CopyTo(_endpoints);
        _stopped.AsSpan().Clear();
        _endpointCount = endpoints.Length;
        return ExitVerdict.Allowed;
    }

    /// <summary>
    /// Judges and counts one outgoing packet. (EXIT.CONSENT, EXIT.UNHEARD, EXIT.RATE, EXIT.DESTINATION)
    /// </summary>
    public ExitVerdict CheckOutbound(Instant now, in PeerAddress to, int bytes)
    {
        if (!_enforcesConsent)
        {
            return ExitVerdict.Allowed;
        }

        ExitVerdict verdict = JudgeOutbound(now, in to, bytes, out int address);
        if (verdict != ExitVerdict.Allowed)
        {
            return Drops.Count(verdict);
        }

        _outward.Take(now, ExitLimits.AssociationPacketsPerSecond);
        _addresses[address].NoteSent(now, bytes);
        return ExitVerdict.Allowed;
    }

    /// <summary>Judges one packet that came in; one that passes marks its address as heard. (EXIT.INBOUND)</summary>
    public ExitVerdict CheckInbound(Instant now, in PeerAddress from, int bytes)
    {
        int address = FindAddress(from.Address);
        if (address < 0 || !_addresses[address].IsConsented)
        {
            return Drops.Count(ExitVerdict.NotConsented);
        }

        if (bytes > WireLayout.MaxFlowDatagramBytes)
        {
            return Drops.Count(ExitVerdict.TooLong);
        }

        if (!_inward.TryTake(now, ExitLimits.InboundPacketsPerSecond, ExitLimits.InboundPacketsPerSecond))
        {
            return Drops.Count(ExitVerdict.AssociationRate);
        }

        _addresses[address].IsHeard = true;
        Resume(in from);
        return ExitVerdict.Allowed;
    }

    /// <summary>
    /// The network answered that an endpoint cannot be reached: nothing more is sent to it. (EXIT.ICMP)
    /// </summary>
    /// <remarks>Until something comes from it or a new CONSENT names it.</remarks>
    public void HandleIcmpError(in PeerAddress to)
    {
        int endpoint = FindEndpoint(in to);
        if (endpoint >= 0)
        {
            _stopped[endpoint] = true;
        }
    }

    private ExitVerdict JudgeOutbound(Instant now, in PeerAddress to, int bytes, out int address)
    {
        address = -1;
        if (bytes > WireLayout.MaxFlowDatagramBytes)
        {
            return ExitVerdict.TooLong;
        }

        int endpoint = FindEndpoint(in to);
        if (endpoint < 0)
        {
            return ExitVerdict.NotConsented;
        }

        if (_stopped[endpoint])
        {
            return ExitVerdict.Stopped;
        }

        if (!_outward.MayTake(now, ExitLimits.AssociationPacketsPerSecond, ExitLimits.AssociationPacketsPerSecond))
        {
            return ExitVerdict.AssociationRate;
        }

        address = FindAddress(to.Address);
        ref readonly ConsentedAddress known = ref _addresses[address];
        if (!known.IsHeard && !known.MaySendUnheard(now, bytes))
        {
            return ExitVerdict.Unheard;
        }

        return _budget.TryTake(now, to.Address, known.IsHeard);
    }

    private void Resume(in PeerAddress from)
    {
        int endpoint = FindEndpoint(in from);
        if (endpoint >= 0)
        {
            _stopped[endpoint] = false;
        }
    }

    private int FindEndpoint(in PeerAddress endpoint) => Array.IndexOf(_endpoints, endpoint, 0, _endpointCount);

    private int FindAddress(IpAddress address)
    {
        for (int index = 0; index < _addresses.Length; index++)
        {
            if (_addresses[index].IsInUse && _addresses[index].Address == address)
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>Whether every new address finds a place without one being forgotten too early.</summary>
    private bool CanRemember(Instant now, ReadOnlySpan<PeerAddress> endpoints)
    {
        int places = 0;
        for (int index = 0; index < _addresses.Length; index++)
        {
            ref readonly ConsentedAddress known = ref _addresses[index];
            places += !known.IsInUse || IsFreeAfter(now, in known, endpoints) ? 1 : 0;
        }

        int wanted = 0;
        for (int index = 0; index < endpoints.Length; index++)
        {
            IpAddress address = endpoints[index].Address;
            wanted += FindAddress(address) < 0 && !Names(endpoints[..index], address) ? 1 : 0;
        }

        return wanted <= places;
    }

    private static bool IsFreeAfter(Instant now, in ConsentedAddress known, ReadOnlySpan<PeerAddress> endpoints)
    {
        ConsentedAddress afterwards = known;
        afterwards.IsConsented = Names(endpoints, known.Address);
        return afterwards.MayBeForgotten(now);
    }

    private static bool Names(ReadOnlySpan<PeerAddress> endpoints, IpAddress address)
    {
        foreach (ref readonly PeerAddress endpoint in endpoints)
        {
            if (endpoint.Address == address)
            {
                return true;
            }
        }

        return false;
    }

    private ref ConsentedAddress Remember(Instant now, IpAddress address)
    {
        int index = FindAddress(address);
        for (int candidate = 0; index < 0 && candidate < _addresses.Length; candidate++)
        {
            ref readonly ConsentedAddress known = ref _addresses[candidate];
            if (!known.IsInUse || known.MayBeForgotten(now))
            {
                index = candidate;
                _addresses[candidate] = new() { IsInUse = true, Address = address };
            }
        }

        Invariant.Require(index >= 0, "no place for a consented address");
        return ref _addresses[index];
    }
}
