using System;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>One direction of a circuit at a relay: numbering, window and keys. (CIRCUIT.SLOT)</summary>
/// <remarks>Slots are those of the link towards the client. Each is enciphered or deciphered at most once.</remarks>
internal sealed class HopLayer : IDisposable
{
    private readonly SlotWindow _window = new();
    private readonly LayerRatchet _ratchet;
    private uint _base;

    internal HopLayer(LayerDirection direction, LayerCipherFactory ciphers) =>
        _ratchet = new LayerRatchet(direction, ciphers);

    internal SlotWindow Window => _window;

    internal LayerRatchet Ratchet => _ratchet;

    internal void Start(uint slotBase, ReadOnlySpan<byte> chain)
    {
        _base = slotBase;
        _window.Reset();
        _ratchet.Start(chain);
    }

    /// <summary>Takes the layer off a cell whose slot may come. Drops: SlotReplayed, SlotTooOld, SlotTooFar.</summary>
    internal CircuitDrop TryDecrypt(Slot slot, Span<byte> cell)
    {
        CircuitDrop refused = Admit(slot, out long index);
        if (refused == CircuitDrop.None)
        {
            _ratchet.Decrypt(index, slot, cell);
        }

        return refused;
    }

    /// <summary>Puts the layer on a cell whose slot may come. Drops: SlotReplayed, SlotTooOld, SlotTooFar.</summary>
    internal CircuitDrop TryEncrypt(Slot slot, Span<byte> cell)
    {
        CircuitDrop refused = Admit(slot, out long index);
        if (refused == CircuitDrop.None)
        {
            _ratchet.Encrypt(index, slot, cell);
        }

        return refused;
    }

    /// <summary>Puts the layer on a cell of this hop's own, in the next slot.</summary>
    internal Slot EncryptNext(Span<byte> cell)
    {
        long index = _window.Highest + 1;
        Slot slot = new(unchecked(_base + (uint)index));
        Take(index);
        _ratchet.Encrypt(index, slot, cell);
        return slot;
    }

    internal void Erase() => _ratchet.Erase();

    public void Dispose() => _ratchet.Dispose();

    private CircuitDrop Admit(Slot slot, out long index)
    {
        index = _window.IndexOf(unchecked(slot.Value - _base));
        CircuitDrop refused = _window.Check(index);
        if (refused == CircuitDrop.None)
        {
            Take(index);
        }

        return refused;
    }

    private void Take(long index)
    {
        _window.Accept(index);
        _ratchet.MoveTo(_window.Highest);
    }
}
