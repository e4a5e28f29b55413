using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using OnionSip.Machines;

namespace OnionSip.Links;

/// <summary>Whole INITs that wait for their handshake, and those whose handshake is under way. (NODE.WORK, LINK.RATE)</summary>
/// <remarks>
/// Shape:   prefixes take turns (<see cref="FairQueue{TKey, TItem}"/>), at most so many handshakes a second and so many at a time.
/// Bounds:  places for what waits, in all and for each prefix.
/// </remarks>
internal sealed class InitBacklog(Instant now, LinkOptions options)
{
    private readonly FairQueue<SourcePrefix, InitWork> _waiting = new(options.MaxWaiting);
    private readonly Dictionary<HandshakeKey, InitWork> _wanted = [];
    private readonly TokenBucket _tokens = new(now, options.HandshakesPerSecond, options.HandshakeBurst);
    private int _out;
    private bool _isShort;

    internal int Count => _wanted.Count;

    /// <summary>When one that was asked for and had to wait for the rate may begin.</summary>
    internal Instant Next => _isShort ? _tokens.Ready : Instant.Never;

    internal InitWork? Find(HandshakeKey key) => _wanted.GetValueOrDefault(key);

    /// <summary>False when there is no place: the INIT is forgotten and comes again.</summary>
    internal bool TryAdd(InitWork work, out InitWork? evicted)
    {
        if (!_waiting.TryAdd(work.Prefix, 1, options.MaxWaitingPerPrefix, work, out evicted))
        {
            return false;
        }

        _wanted.Add(work.Key, work);
        if (evicted is not null)
        {
            _wanted.Remove(evicted.Key);
        }

        return true;
    }

    internal bool TryTake(Instant at, [NotNullWhen(true)] out InitWork? work)
    {
        work = null;
        _isShort = false;
        if (_waiting.Count == 0 || _out >= options.MaxWork)
        {
            return false;
        }

        _isShort = !_tokens.TryTake(at);
        if (_isShort || !_waiting.TryTake(out work))
        {
            return false;
        }

        _out++;
        return true;
    }

    /// <summary>The deadline has come: who polls finds one.</summary>
    internal void HandleTimeout(Instant at) => _isShort &= _tokens.Ready > at;

    internal void Return(InitWork work)
    {
        _out--;
        _wanted.Remove(work.Key);
    }
}
