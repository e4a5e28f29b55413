using System;
using OnionSip.Crypto;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>One direction of a circuit at a relay: numbering, window and keys. (CIRCUIT.SLOT)</summary>
/// <remarks>Slots are those of the link towards the client. Each is enciphered or deciphered at most once.</remarks>
internal sealed class HopLayer : IDisposable
{
    private readonly SlotWindow _window = new();
    private readonly LayerRatchet _ratchet;
    private LayerCipher _cipher;
    private object _keyHolder;
    private int _keyBytes;
    private uint _base;

    internal HopLayer(LayerDirection direction, LayerCipherFactory ciphers)
    {
        _ratchet = new LayerRatchet(direction, ciphers);
        _cipher = _ratchet.Current;
        (_keyHolder, _keyBytes) = _cipher.KeyMemory;
    }

    internal SlotWindow Window => _window;

    internal LayerRatchet Ratchet => _ratchet;

    /// <summary>Fetches what the next slot needs. The object itself must be near. (MACHINE.TRAIN)</summary>
    internal void Hint()
    {
        CacheHint.Object(_window, SlotWindow.HintBytes);
        CacheHint.Object(_ratchet, 128);
        CacheHint.Object(_cipher);
        CacheHint.Object(_keyHolder, _keyBytes);
    }

    /// <summary>The low bits of the index that a slot has.</summary>
    internal uint LowIndexOf(Slot slot) => unchecked(slot.Value - _base);

    internal void Start(uint slotBase, ReadOnlySpan<byte> chain)
    {
        _base = slotBase;
        _window.Reset();
        _ratchet.Start(chain);
    }

    /// <summary>Takes the layer off a cell whose slot may come. Drops: SlotReplayed, SlotTooOld, SlotTooFar.</summary>
    internal CircuitDrop TryDecrypt(Slot slot, Span<byte> cell, out long index)
    {
        CircuitDrop refused = Admit(slot, out index);
        if (refused == CircuitDrop.None)
        {
            _ratchet.Decrypt(index, slot, cell);
        }

        return refused;
    }

    /// <summary>Puts the layer on a cell whose slot may come. Drops: SlotReplayed, SlotTooOld, SlotTooFar.</summary>
    internal CircuitDrop TryEncrypt(Slot slot, Span<byte> cell, out long index)
    {
        CircuitDrop refused = Admit(slot, out index);
        if (refused == CircuitDrop.None)
        {
            _ratchet.Encrypt(index, slot, cell);
        }

        return refused;
    }

    /// <summary>Puts the layer on a cell of this hop's own, in the next slot.</summary>
    internal Slot EncryptNext(Span<byte> cell) => EncryptAt(_window.Highest + 1, cell);

    /// <summary>
    /// Puts the layer on a cell of this hop's own, in a slot the window reaches. A cell that came in that slot must never leave.
    /// (CIRCUIT.REPORT)
    /// </summary>
    internal Slot EncryptAt(long index, Span<byte> cell)
    {
        Slot slot = SlotOf(index);
        Take(index);
        _ratchet.Encrypt(index, slot, cell);
        return slot;
    }

    internal Slot SlotOf(long index) => new(unchecked(_base + (uint)index));

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
        if (_ratchet.MoveTo(_window.Highest))
        {
            _cipher = _ratchet.Current;
            (_keyHolder, _keyBytes) = _cipher.KeyMemory;
        }
    }
}
