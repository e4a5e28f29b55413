using System.Diagnostics.CodeAnalysis;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Whether a CREATE becomes a circuit: places, turns, voice places. (CIRCUIT.SHARES, CIRCUIT.ADMISSION, NODE.WORK)</summary>
/// <remarks>
/// Shape:  a whole CREATE is checked and queued, taken as work, brought back, checked again and opened.
/// Drops:  TooManyCircuits, TooManyCircuitsOnLink, TooManyCircuitsOfPrefix, QueueFull, HandshakeRate, StaleWork, VoiceRefused, and what the
///         handshake itself found.
/// </remarks>
internal sealed class CircuitAdmission
{
    private readonly RelayCircuitOptions _options;
    private readonly RelayCircuitStore _store;
    private readonly LinkMessageQueue _messages;
    private readonly DropCounters<CircuitDrop> _drops;
    private readonly CreateBacklog _backlog;
    private readonly LinkAccounts _accounts;

    internal CircuitAdmission(
        Instant now,
        RelayCircuitOptions options,
        RelayCircuitStore store,
        LinkMessageQueue messages,
        DropCounters<CircuitDrop> drops,
        Entropy entropy)
    {
        _options = options;
        _store = store;
        _messages = messages;
        _drops = drops;
        _backlog = new CreateBacklog(now, options, entropy);
        _accounts = new LinkAccounts(options);
        Voice = new VoicePlaces(now, options.Voice, entropy);
    }

    internal VoicePlaces Voice { get; }

    internal LinkAccounts Accounts => _accounts;

    /// <summary>CREATE messages that wait or are worked on.</summary>
    internal int Waiting => _backlog.Count;

    internal Instant Next => Instant.Min(_backlog.Next, Voice.Next);

    internal CreateWork? FindWaiting(LinkId link, CircuitId circuit) => _backlog.Find(link, circuit);

    /// <summary>Gives a whole CREATE its turn. (CIRCUIT.SHARES)</summary>
    internal CircuitDrop TryQueue(Instant now, LinkId link, CircuitId circuit, byte[] create)
    {
        LinkAccount account = _accounts.Of(now, link);
        CircuitDrop refused = CheckPlaces(link, account);
        if (refused != CircuitDrop.None)
        {
            return refused;
        }

        CreateWork work = new(_options, account, link, circuit, create);
        if (!account.TryTakeCreate(now) || !_backlog.TryAdd(work, out CreateWork? evicted))
        {
            return CircuitDrop.HandshakeRate;
        }

        if (evicted is not null)
        {
            _drops.Count(CircuitDrop.HandshakeRate);
        }

        return CircuitDrop.None;
    }

    internal bool TryTake(Instant now, [NotNullWhen(true)] out CreateWork? work) => _backlog.TryTake(now, out work);

    /// <summary>Makes a circuit of a handshake that came back, if everything still holds; the work is erased. (NODE.WORK)</summary>
    internal CircuitDrop TryOpen(Instant now, CreateWork work, out RelayCircuit? circuit)
    {
        circuit = null;
        CircuitDrop refused = !_backlog.TryReturn(work) ? CircuitDrop.StaleWork
            : work.Refused != CircuitDrop.None ? work.Refused
            : CheckPlaces(work.Link, work.Account);
        bool isVoice = (work.Request.Flags & CircuitFlags.Voice) != 0;
        if (refused == CircuitDrop.None && isVoice && !Voice.TryTake(now, work.Account.Payer))
        {
            refused = CircuitDrop.VoiceRefused;
        }

        if (refused == CircuitDrop.None)
        {
            circuit = Open(now, work);
        }

        work.Erase();
        return refused;
    }

    /// <summary>Gives back what a circuit held.</summary>
    internal void Release(RelayCircuit circuit)
    {
        if (circuit.Payer is not { } payer)
        {
            return;
        }

        payer.Circuits--;
        circuit.Payer = null;
        if (circuit.IsVoice)
        {
            Voice.Release(payer);
        }
    }

    /// <summary>A voice circuit that did not keep half its rate over a window. (CIRCUIT.ADMISSION)</summary>
    internal bool TryTakeLapsed(Instant now, [NotNullWhen(true)] out RelayCircuit? circuit)
    {
        while (Voice.TryTakeCheck(now, out CircuitHandle handle, out bool isFirst))
        {
            circuit = _store.Find(handle);
            if (circuit is null)
            {
                continue;
            }

            if (circuit.ForwardMeter.Restart() < Voice.CellsDue && !isFirst)
            {
                return true;
            }

            Voice.Watch(now, handle, isFirst: false);
        }

        circuit = null;
        return false;
    }

    internal void HandleTimeout(Instant now) => _backlog.HandleTimeout(now);

    internal bool Remove(LinkId link, CircuitId circuit) => _backlog.Remove(link, circuit);

    internal void CloseLink(LinkId link)
    {
        _backlog.RemoveLink(link);
        _accounts.Close(link);
    }

    internal void Clear() => _backlog.Clear();

    private CircuitDrop CheckPlaces(LinkId link, LinkAccount account)
    {
        if (_store.IsFull)
        {
            return CircuitDrop.TooManyCircuits;
        }

        int onLink = _store.CountOn(link);
        if (onLink >= _options.MaxCircuitsPerLink || onLink >= account.MaxCircuits)
        {
            return CircuitDrop.TooManyCircuitsOnLink;
        }

        if (account.Payer.Circuits >= account.Payer.Share.MaxCircuits)
        {
            return CircuitDrop.TooManyCircuitsOfPrefix;
        }

        // Nothing is made that could not be told; the client asks again.
        return _messages.IsFull ? CircuitDrop.QueueFull : CircuitDrop.None;
    }

    private RelayCircuit Open(Instant now, CreateWork work)
    {
        RelayCircuit circuit = _store.Open(now, work.Link, work.Circuit, work.Create, work.Created);
        bool isVoice = (work.Request.Flags & CircuitFlags.Voice) != 0;
        circuit.SetFlags(work.Request.Flags, isVoice ? _options.VoiceRate : _options.SignallingRate);
        circuit.Payer = work.Account.Payer;
        circuit.Payer.Circuits++;
        circuit.Forward.Start(work.Request.ForwardBase, work.Keys.Forward);
        circuit.Backward.Start(work.Request.BackwardBase, work.Keys.Backward);
        if (isVoice)
        {
            Voice.Watch(now, circuit.Handle, isFirst: true);
        }

        return circuit;
    }
}
