using System;
using System.Collections.Generic;
using OnionSip.Directory;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Paths;

/// <summary>Draws guard, middle and exit from the network document, weighted by capacity. (PATH.SELECT)</summary>
/// <remarks>Guards are chosen by capacity alone and kept; middle and exit are drawn for each path. Draws come from the entropy
/// given.</remarks>
public sealed class PathSelector(Entropy entropy)
{
    /// <summary>paths.guards_max: how many guards a client keeps.</summary>
    public const int GuardsMax = 2;

    private readonly List<RelayId> _guards = [];

    /// <summary>The guards kept, first is preferred; a host stores them and gives them back at start.</summary>
    public IReadOnlyList<RelayId> Guards => _guards;

    /// <summary>Puts back the guards of an earlier run. (PATH.GUARDS)</summary>
    public void RestoreGuards(IEnumerable<RelayId> guards)
    {
        _guards.Clear();
        foreach (RelayId guard in guards)
        {
            if (_guards.Count < GuardsMax && !_guards.Contains(guard))
            {
                _guards.Add(guard);
            }
        }
    }

    /// <summary>Draws a path; null when the document has no relays that fit.</summary>
    /// <param name="isUsable">False for relays that failed lately.</param>
    /// <param name="exit">An exit to keep, as for an account whose registration lives there.</param>
    /// <param name="keptGuard">The guard to keep, as for a call beside its account's path.</param>
    public RelayPath? Select(NetworkDocument document, Func<RelayId, bool> isUsable, RelayId? exit = null, RelayId? keptGuard = null)
    {
        RelayDescriptor? guard = keptGuard is { } id ? document.Find(id) : PickGuard(document, isUsable, exit);
        if (guard is null)
        {
            return null;
        }

        RelayDescriptor? last = exit is { } kept
            ? document.Find(kept)
            : Draw(document, RelayRoles.Exit, [guard], isUsable);
        if (last is null || !isUsable(last.Identity) || !PathConstraints.Allows(last, [guard], document.IsTestNetwork))
        {
            return null;
        }

        RelayDescriptor? middle = Draw(document, RelayRoles.Middle, [guard, last], isUsable);
        return middle is null ? null : new(guard, middle, last);
    }

    private RelayDescriptor? PickGuard(NetworkDocument document, Func<RelayId, bool> isUsable, RelayId? exit)
    {
        FillGuards(document);
        RelayDescriptor? kept = exit is { } id ? document.Find(id) : null;
        foreach (RelayId guard in _guards)
        {
            RelayDescriptor? relay = document.Find(guard);
            bool fits = relay is not null && isUsable(guard)
                && (kept is null || PathConstraints.Allows(relay, [kept], document.IsTestNetwork));
            if (fits)
            {
                return relay;
            }
        }

        return null;
    }

    /// <summary>Guards that left the network are replaced; a guard that merely fails is kept. (PATH.GUARDS)</summary>
    private void FillGuards(NetworkDocument document)
    {
        _guards.RemoveAll(guard => document.Find(guard) is null);
        List<RelayDescriptor> chosen = [];
        foreach (RelayId guard in _guards)
        {
            chosen.Add(document.Find(guard)!);
        }

        while (_guards.Count < GuardsMax && Draw(document, RelayRoles.Guard, chosen, static _ => true) is { } drawn)
        {
            chosen.Add(drawn);
            _guards.Add(drawn.Identity);
        }
    }

    private RelayDescriptor? Draw(
        NetworkDocument document, RelayRoles role, IReadOnlyCollection<RelayDescriptor> chosen, Func<RelayId, bool> isUsable)
    {
        List<RelayDescriptor> candidates = [];
        long total = 0;
        foreach (RelayDescriptor relay in document.Relays)
        {
            bool fits = relay.Roles.HasFlag(role) && isUsable(relay.Identity)
                && PathConstraints.Allows(relay, chosen, document.IsTestNetwork);
            if (fits)
            {
                candidates.Add(relay);
                total += Math.Max(1, relay.CapacityCircuits);
            }
        }

        if (candidates.Count == 0)
        {
            return null;
        }

        long drawn = (long)(entropy.NextUInt64() % (ulong)total);
        foreach (RelayDescriptor relay in candidates)
        {
            drawn -= Math.Max(1, relay.CapacityCircuits);
            if (drawn < 0)
            {
                return relay;
            }
        }

        return candidates[^1];
    }
}
