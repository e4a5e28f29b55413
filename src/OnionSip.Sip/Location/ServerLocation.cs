using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Sip;

/// <summary>
/// Finds a domain's SIP servers for one fixed transport after RFC 3263, asking somebody else's resolver. (SIP.LOCATION, SIP.RULE-5)
/// </summary>
/// <remarks>
/// States: Service (NAPTR and SRV asked together), Addresses (A, AAAA of the targets), then Found or NotFound.
/// Rule:   NAPTR only leads to another SRV name of the same transport; a record for any other transport is dropped and counted.
/// Bounds: <see cref="MaxTargets"/> targets, <see cref="MaxCandidates"/> addresses; a question that is never answered is the caller's to
///         time.
/// Order:  poll questions after every input; candidates once the state is Found.
/// Source: RFC 3263 §4, RFC 2782 (weights drawn from the entropy given).
/// </remarks>
public sealed class ServerLocation
{
    /// <summary>sip.location_targets.</summary>
    public const int MaxTargets = 4;

    /// <summary>sip.location_candidates.</summary>
    public const int MaxCandidates = 8;

    private readonly LocationTarget _target;
    private readonly Entropy _entropy;
    private readonly Queue<LocationQuestion> _questions = new();
    private readonly List<LocationQuestion> _asked = [];
    private readonly List<(string Host, ushort Port)> _targets = [];
    private readonly List<(int Target, PeerAddress Address)> _found = [];
    private readonly List<PeerAddress> _candidates = [];
    private List<ResolveAnswer> _services = [];
    private string _serviceName = string.Empty;
    private string? _replacement;
    private bool _isLookingForServices;
    private bool _isServiceRefused;

    public ServerLocation(LocationTarget target, Entropy entropy)
    {
        _target = target;
        _entropy = entropy;
        if (IpAddress.TryParse(target.Host.Trim('[', ']'), out IpAddress address))
        {
            _candidates.Add(new PeerAddress(address, target.Port != 0 ? target.Port : target.DefaultPort));
            State = LocationState.Found;
        }
        else if (target.Port != 0)
        {
            AskAddresses([(target.Host, target.Port)]);
        }
        else
        {
            _isLookingForServices = true;
            _serviceName = target.ServiceName;
            Ask(ResolveKind.NamingAuthority, target.Host);
            Ask(ResolveKind.Service, _serviceName);
        }
    }

    public LocationState State { get; private set; }

    public DropCounters<LocationDrop> Drops { get; } = new();

    /// <summary>The servers in the order in which they are to be tried; empty until found.</summary>
    public IReadOnlyList<PeerAddress> Candidates => _candidates;

    public bool PollQuestion(out LocationQuestion question) => _questions.TryDequeue(out question);

    /// <summary>The answers to one question; an empty list is a name without such records, or a failure.</summary>
    public LocationDrop HandleAnswers(LocationQuestion question, IReadOnlyList<ResolveAnswer> answers)
    {
        if (State != LocationState.Asking || !_asked.Remove(question))
        {
            return Drops.Count(LocationDrop.NotAsked);
        }

        switch (question.Kind)
        {
            case ResolveKind.NamingAuthority:
                ReadNamingAuthority(answers);
                break;
            case ResolveKind.Service:
                ReadServices(question.Name, answers);
                break;
            default:
                ReadAddresses(question, answers);
                break;
        }

        if (_asked.Count == 0)
        {
            Advance();
        }

        return LocationDrop.None;
    }

    private void Advance()
    {
        if (_isLookingForServices && _replacement is not null && _replacement != _serviceName)
        {
            _serviceName = _replacement;
            _services = [];
            Ask(ResolveKind.Service, _serviceName);
            return;
        }

        if (_isLookingForServices)
        {
            _isLookingForServices = false;
            List<(string Host, ushort Port)> targets = InOrder();
            if (_isServiceRefused && targets.Count == 0)
            {
                State = LocationState.NotFound;
                return;
            }

            AskAddresses(targets.Count > 0 ? targets : [(_target.Host, _target.DefaultPort)]);
            return;
        }

        _found.Sort(static (left, right) => left.Target.CompareTo(right.Target));
        foreach ((int _, PeerAddress address) in _found)
        {
            if (_candidates.Count < MaxCandidates && !_candidates.Contains(address))
            {
                _candidates.Add(address);
            }
        }

        State = _candidates.Count > 0 ? LocationState.Found : LocationState.NotFound;
    }

    private void ReadNamingAuthority(IReadOnlyList<ResolveAnswer> answers)
    {
        ResolveAnswer? best = null;
        foreach (ResolveAnswer answer in answers)
        {
            if (answer.Kind != ResolveKind.NamingAuthority
                || !string.Equals(answer.Service, _target.NaptrService, StringComparison.OrdinalIgnoreCase))
            {
                Drops.Count(LocationDrop.OtherTransport);
            }
            else if (!string.Equals(answer.Flags, "s", StringComparison.OrdinalIgnoreCase) || answer.Pattern.Length > 0
                || !IsName(answer.Name))
            {
                Drops.Count(LocationDrop.Unusable);
            }
            else if (best is null || (answer.Priority, answer.Weight).CompareTo((best.Priority, best.Weight)) < 0)
            {
                best = answer;
            }
        }

        _replacement = best is null ? null : Canonical(best.Name);
    }

    private void ReadServices(string name, IReadOnlyList<ResolveAnswer> answers)
    {
        if (name != _serviceName)
        {
            return;
        }

        foreach (ResolveAnswer answer in answers)
        {
            // A single target of "." says that the service is decidedly not offered (RFC 2782).
            _isServiceRefused |= answer.Kind == ResolveKind.Service && answer.Name is "." or "";
            if (answer.Kind != ResolveKind.Service || answer.Port == 0 || !IsName(answer.Name))
            {
                Drops.Count(LocationDrop.Unusable);
            }
            else
            {
                _services.Add(answer);
            }
        }
    }

    // RFC 2782: lower priority first; within one priority a draw by weight, zero weights first in the running sum.
    private List<(string Host, ushort Port)> InOrder()
    {
        List<(string Host, ushort Port)> order = [];
        List<ResolveAnswer> rest = [.. _services];
        rest.Sort(static (left, right) => (left.Priority, left.Weight).CompareTo((right.Priority, right.Weight)));
        while (rest.Count > 0 && order.Count < MaxTargets)
        {
            int same = rest.FindIndex(answer => answer.Priority != rest[0].Priority);
            same = same < 0 ? rest.Count : same;
            int total = 0;
            for (int index = 0; index < same; index++)
            {
                total += rest[index].Weight;
            }

            int drawn = _entropy.NextInt32(total + 1);
            int chosen = 0;
            for (int sum = rest[0].Weight; sum < drawn; sum += rest[chosen].Weight)
            {
                chosen++;
            }

            order.Add((Canonical(rest[chosen].Name), rest[chosen].Port));
            rest.RemoveAt(chosen);
        }

        foreach (ResolveAnswer _ in rest)
        {
            Drops.Count(LocationDrop.TooMany);
        }

        return order;
    }

    private void AskAddresses(List<(string Host, ushort Port)> targets)
    {
        _targets.AddRange(targets);
        foreach ((string host, ushort _) in targets)
        {
            Ask(ResolveKind.Address4, host);
            if (_target.AllowIPv6)
            {
                Ask(ResolveKind.Address6, host);
            }
        }
    }

    private void ReadAddresses(LocationQuestion question, IReadOnlyList<ResolveAnswer> answers)
    {
        for (int index = 0; index < _targets.Count; index++)
        {
            foreach (ResolveAnswer answer in answers)
            {
                if (answer.Kind == question.Kind && _targets[index].Host == question.Name && _found.Count < MaxCandidates * MaxTargets)
                {
                    _found.Add((index, new PeerAddress(answer.Address, _targets[index].Port)));
                }
            }
        }
    }

    private void Ask(ResolveKind kind, string name)
    {
        LocationQuestion question = new(kind, name);
        if (!_asked.Contains(question))
        {
            _asked.Add(question);
            _questions.Enqueue(question);
        }
    }

    private static string Canonical(string name) => name.TrimEnd('.').ToLowerInvariant();

    private static bool IsName(string name)
    {
        string trimmed = name.TrimEnd('.');
        return trimmed.Length is > 0 and <= 253 && !trimmed.AsSpan().ContainsAnyExcept(s_nameCharacters);
    }

    private static readonly System.Buffers.SearchValues<char> s_nameCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._");
}
