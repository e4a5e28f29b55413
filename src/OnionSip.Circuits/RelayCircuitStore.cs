using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The circuits of one relay and the ways to find them. (CIRCUIT.LIMITS)</summary>
/// <remarks>Bounds: a fixed number of circuits, made at first use and used again; two index entries for each.</remarks>
internal sealed class RelayCircuitStore
{
    private readonly RelayCircuit?[] _circuits;
    private readonly Stack<int> _free = new();
    private readonly CircuitIndex _index;
    private readonly Dictionary<LinkId, int> _perLink = [];
    private readonly Queue<LinkId> _useChanged = new();
    private readonly LayerCipherFactory _ciphers;

    internal RelayCircuitStore(Instant now, int capacity, LayerCipherFactory ciphers, Entropy entropy)
    {
        Voice = new RelayVoice(now, entropy);
        _circuits = new RelayCircuit?[capacity];
        _index = new CircuitIndex(capacity * 2, entropy);
        _ciphers = ciphers;
        for (int index = capacity - 1; index >= 0; index--)
        {
            _free.Push(index);
        }
    }

    internal RelayVoice Voice { get; }

    internal int Count => _circuits.Length - _free.Count;

    internal bool IsFull => _free.Count == 0;

    /// <summary>Sides of circuits on this link: one that passes through it twice counts twice.</summary>
    internal int CountOn(LinkId link) => _perLink.GetValueOrDefault(link);

    /// <summary>A link that got its first circuit or lost its last one since the last call.</summary>
    internal bool PollLinkUse(out LinkId link) => _useChanged.TryDequeue(out link);

    internal bool IsTaken(LinkId link, CircuitId circuit) => _index.Contains(link, circuit);

    internal void HintIndex(LinkId link, CircuitId circuit) => _index.Hint(link, circuit);

    internal RelayCircuit? Find(LinkId link, CircuitId circuit, out bool isClientSide)
    {
        isClientSide = false;
        if (!_index.TryFind(link, circuit, out int value))
        {
            return null;
        }

        isClientSide = (value & 1) == 0;
        return _circuits[value >> 1];
    }

    internal RelayCircuit? Find(CircuitHandle handle)
    {
        RelayCircuit? circuit = handle.Index >= 0 && handle.Index < _circuits.Length ? _circuits[handle.Index] : null;
        bool matches = circuit is { State: not RelayCircuitState.Free } && circuit.Generation == handle.Generation;
        return matches ? circuit : null;
    }

    /// <summary>The live circuit in a place, or null; for sweeps over 0..capacity-1.</summary>
    internal RelayCircuit? At(int index) =>
        _circuits[index] is { State: not RelayCircuitState.Free } circuit ? circuit : null;

    internal int Capacity => _circuits.Length;

    internal RelayCircuit Open(Instant now, LinkId link, CircuitId id, byte[] create, byte[] created)
    {
        int index = _free.Pop();
        RelayCircuit circuit = _circuits[index] ??= new RelayCircuit(index, _ciphers);
        circuit.Open(now, link, id, create, created);
        Index(link, id, index * 2);
        return circuit;
    }

    internal void AttachNext(RelayCircuit circuit, LinkId link, CircuitId id)
    {
        circuit.NextLink = link;
        circuit.NextCircuit = id;
        Index(link, id, (circuit.Index * 2) + 1);
    }

    internal void DetachNext(RelayCircuit circuit) => Unindex(circuit.NextLink, circuit.NextCircuit);

    internal void Close(RelayCircuit circuit)
    {
        Unindex(circuit.ClientLink, circuit.ClientCircuit);
        if (circuit.HasNext)
        {
            DetachNext(circuit);
        }

        Voice.Release(circuit);
        circuit.Close();
        _free.Push(circuit.Index);
    }

    /// <summary>Erases every circuit there ever was.</summary>
    internal void Dispose()
    {
        foreach (RelayCircuit? circuit in _circuits)
        {
            circuit?.Forward.Dispose();
            circuit?.Backward.Dispose();
        }
    }

    private void Index(LinkId link, CircuitId id, int value)
    {
        _index.Add(link, id, value);
        int before = CountOn(link);
        _perLink[link] = before + 1;
        if (before == 0)
        {
            _useChanged.Enqueue(link);
        }
    }

    private void Unindex(LinkId link, CircuitId id)
    {
        _index.Remove(link, id);
        int left = CountOn(link) - 1;
        if (left == 0)
        {
            _perLink.Remove(link);
            _useChanged.Enqueue(link);
        }
        else
        {
            _perLink[link] = left;
        }
    }
}
