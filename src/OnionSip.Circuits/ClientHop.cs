using System;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>
/// One hop as the client sees it: its keys and how its numbering follows from the guard's. (CIRCUIT.SLOT)
/// </summary>
/// <remarks>
/// Shape: the client counts both directions from the guard's bases; a hop's index is that count less its start, its
///        slot is its base plus its index.
/// </remarks>
internal sealed class ClientHop : IDisposable
{
    private readonly LayerRatchet _forward;
    private readonly LayerRatchet _backward;
    private readonly HopNumbering _numbering;

    internal ClientHop(in HopTarget target, in HopNumbering numbering, in CircuitKeys keys, LayerCipherFactory ciphers)
    {
        Target = target;
        _numbering = numbering;
        _forward = new LayerRatchet(LayerDirection.Forward, ciphers);
        _backward = new LayerRatchet(LayerDirection.Backward, ciphers);
        _forward.Start(keys.Forward);
        _backward.Start(keys.Backward);
    }

    internal HopTarget Target { get; }

    internal LayerRatchet Forward => _forward;

    internal LayerRatchet Backward => _backward;

    internal HopNumbering Numbering => _numbering;

    /// <summary>Puts this hop's layer on a forward cell.</summary>
    internal void Encrypt(long count, Span<byte> cell)
    {
        long index = count - _numbering.ForwardStart;
        _forward.MoveTo(index);
        _forward.Encrypt(index, _numbering.ForwardSlot(count), cell);
    }

    /// <summary>Takes this hop's layer off a backward cell; false when the hop did not exist at that count.</summary>
    internal bool TryDecrypt(long count, long highest, Span<byte> cell)
    {
        long index = count - _numbering.BackwardStart;
        if (index < 0)
        {
            return false;
        }

        _backward.MoveTo(highest - _numbering.BackwardStart);
        _backward.Decrypt(index, _numbering.BackwardSlot(count), cell);
        return true;
    }

    internal void Erase()
    {
        _forward.Erase();
        _backward.Erase();
    }

    public void Dispose()
    {
        _forward.Dispose();
        _backward.Dispose();
    }
}

/// <summary>
/// Where a hop's numbering begins: its bases, and the client's counts at which they stand. (CIRCUIT.SLOT)
/// </summary>
internal readonly record struct HopNumbering(uint ForwardBase, uint BackwardBase, long ForwardStart, long BackwardStart)
{
    internal Slot ForwardSlot(long count) => new(unchecked(ForwardBase + (uint)(count - ForwardStart)));

    internal Slot BackwardSlot(long count) => new(unchecked(BackwardBase + (uint)(count - BackwardStart)));
}
