using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Whole CREATE messages that wait for their handshake, and those that have it now. (NODE.WORK, CIRCUIT.SHARES)</summary>
/// <remarks>
/// Shape:   payers take turns (<see cref="FairQueue{TKey, TItem}"/>), at most so many handshakes a second and so many at a time.
/// Bounds:  places for what waits, in all, for each payer and for each link.
/// Secrets: those of <see cref="CreateWork"/>; what is taken out is erased, unless somebody works on it: then when it comes back.
/// </remarks>
internal sealed class CreateBacklog
{
    private readonly RelayCircuitOptions _options;
    private readonly Entropy _entropy;
    private readonly FairQueue<LinkPayer, CreateWork> _waiting;
    private readonly Dictionary<(LinkId Link, CircuitId Circuit), CreateWork> _wanted = [];
    private TokenBucket _budget;
    private int _out;
    private bool _isShort;

    internal CreateBacklog(Instant now, RelayCircuitOptions options, Entropy entropy)
    {
        _options = options;
        _entropy = entropy;
        _waiting = new FairQueue<LinkPayer, CreateWork>(options.MaxWaiting);
        _budget = new TokenBucket(now, options.HandshakesPerSecond, options.HandshakeBurst);
    }

    /// <summary>Waiting or under way.</summary>
    internal int Count => _wanted.Count;

    /// <summary>When one that was asked for and had to wait for the rate may begin.</summary>
    internal Instant Next => _isShort ? _budget.Ready : Instant.Never;

    internal CreateWork? Find(LinkId link, CircuitId circuit) => _wanted.GetValueOrDefault((link, circuit));

    /// <summary>False when there is no place: the CREATE is forgotten and comes again.</summary>
    /// <param name="evicted">What gave way to it; it is erased.</param>
    internal bool TryAdd(CreateWork work, out CreateWork? evicted)
    {
        evicted = null;
        LinkPayer payer = work.Account.Payer;
        if (work.Account.Waiting >= work.Account.MaxWaiting
            || !_waiting.TryAdd(payer, payer.Share.Weight, payer.Share.MaxWaiting, work, out evicted))
        {
            return false;
        }

        _wanted.Add((work.Link, work.Circuit), work);
        work.Account.Waiting++;
        if (evicted is not null)
        {
            Forget(evicted);
        }

        return true;
    }

    /// <summary>Takes the next one to be worked on.</summary>
    internal bool TryTake(Instant now, [NotNullWhen(true)] out CreateWork? work)
    {
        work = null;
        _isShort = false;
        if (_waiting.Count == 0 || _out >= _options.MaxWork)
        {
            return false;
        }

        _isShort = !_budget.TryTake(now);
        if (_isShort || !_waiting.TryTake(out work))
        {
            return false;
        }

        work.Prepare(_entropy);
        _out++;
        return true;
    }

    /// <summary>The deadline has come: who polls finds one.</summary>
    internal void HandleTimeout(Instant now) => _isShort &= _budget.Ready > now;

    /// <summary>Takes one back; false when nobody wants it any more.</summary>
    internal bool TryReturn(CreateWork work)
    {
        _out--;
        bool isWanted = Find(work.Link, work.Circuit) == work;
        if (isWanted)
        {
            _wanted.Remove((work.Link, work.Circuit));
            work.Account.Waiting--;
        }

        return isWanted;
    }

    /// <summary>False when there was none.</summary>
    internal bool Remove(LinkId link, CircuitId circuit)
    {
        if (Find(link, circuit) is not { } work)
        {
            return false;
        }

        Forget(work);
        return true;
    }

    internal void RemoveLink(LinkId link)
    {
        List<CreateWork> ofLink = [];
        foreach (CreateWork work in _wanted.Values)
        {
            if (work.Link == link)
            {
                ofLink.Add(work);
            }
        }

        ofLink.ForEach(Forget);
    }

    internal void Clear()
    {
        foreach (CreateWork work in (List<CreateWork>)[.. _wanted.Values])
        {
            Forget(work);
        }
    }

    private void Forget(CreateWork work)
    {
        _wanted.Remove((work.Link, work.Circuit));
        work.Account.Waiting--;
        if (!work.IsOut)
        {
            _waiting.Remove(work.Account.Payer, work);
            work.Erase();
        }
    }
}
