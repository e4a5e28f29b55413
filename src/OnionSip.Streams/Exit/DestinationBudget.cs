using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>
/// What all associations of a relay together may send to one address. One for each relay. (EXIT.DESTINATION)
/// </summary>
/// <remarks>
/// Bounds: <see cref="ExitLimits.MaxDestinations"/>; only destinations that owe nothing make room, so that forgetting
///         never
///         renews an allowance. When none does, new destinations are refused.
/// </remarks>
public sealed class DestinationBudget
{
    private const int EvictionSteps = 32;

    private readonly Dictionary<IpAddress, int> _index = [];
    private readonly Entry[] _entries;
    private RateMeter _allUnheard;
    private int _used;
    private int _hand;

    public DestinationBudget(int maxDestinations = ExitLimits.MaxDestinations) => _entries = new Entry[maxDestinations];

    public int Count => _used;

    /// <summary>Takes one packet's place, or says which limit stands against it. (EXIT.DESTINATION)</summary>
    public ExitVerdict TryTake(Instant now, IpAddress destination, bool isHeard)
    {
        if (!TryFind(now, destination, out int index))
        {
            return ExitVerdict.TableFull;
        }

        ref Entry entry = ref _entries[index];
        if (isHeard)
        {
            const int PerSecond = ExitLimits.DestinationPacketsPerSecond;
            return entry.Heard.TryTake(now, PerSecond, burst: PerSecond)
                ? ExitVerdict.Allowed
                : ExitVerdict.DestinationRate;
        }

        const int UnheardPerSecond = ExitLimits.DestinationUnheardPacketsPerSecond;
        if (!entry.Unheard.MayTake(now, UnheardPerSecond, ExitLimits.DestinationUnheardBurst))
        {
            return ExitVerdict.DestinationRate;
        }

        const int RelayPerSecond = ExitLimits.RelayUnheardPacketsPerSecond;
        if (!_allUnheard.TryTake(now, RelayPerSecond, burst: RelayPerSecond * 10))
        {
            return ExitVerdict.RelayRate;
        }

        entry.Unheard.Take(now, UnheardPerSecond);
        return ExitVerdict.Allowed;
    }

    private bool TryFind(Instant now, IpAddress destination, out int index)
    {
        if (_index.TryGetValue(destination, out index))
        {
            return true;
        }

        if (_used < _entries.Length)
        {
            index = _used++;
        }
        else if (!TryEvict(now, out index))
        {
            return false;
        }

        _entries[index] = new() { Destination = destination };
        _index[destination] = index;
        return true;
    }

    private bool TryEvict(Instant now, out int index)
    {
        for (int step = 0; step < EvictionSteps; step++)
        {
            index = _hand;
            _hand = (_hand + 1) % _entries.Length;
            ref Entry entry = ref _entries[index];
            if (entry.Heard.IsIdle(now) && entry.Unheard.IsIdle(now))
            {
                _index.Remove(entry.Destination);
                return true;
            }
        }

        index = -1;
        return false;
    }

    private struct Entry
    {
        public IpAddress Destination;
        public RateMeter Heard;
        public RateMeter Unheard;
    }
}
