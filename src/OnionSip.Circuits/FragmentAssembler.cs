using System;
using System.Numerics;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Puts one fragmented message together; any k of its k + 1 fragments will do. (CIRCUIT.FRAGMENT)</summary>
/// <remarks>Bounds: the size of the message is fixed at construction, so a fragment of any other count or length is refused.</remarks>
internal sealed class FragmentAssembler
{
    private readonly byte[] _fragments;
    private readonly int _messageBytes;
    private readonly int _count;
    private uint _seen;

    internal FragmentAssembler(int messageBytes)
    {
        _messageBytes = messageBytes;
        _count = CircuitFragment.CountFor(messageBytes);
        _fragments = new byte[(_count + 1) * WireLayout.FragmentBytes];
    }

    internal bool IsComplete => BitOperations.PopCount(_seen) >= _count;

    /// <summary>The message; valid once complete, until <see cref="Reset"/>.</summary>
    internal ReadOnlySpan<byte> Message => _fragments.AsSpan(0, _messageBytes);

    internal void Reset() => _seen = 0;

    /// <summary>Takes a fragment. Drops: BadFragment, RepeatedFragment.</summary>
    internal CircuitDrop Add(in CircuitFragment fragment)
    {
        if (!fragment.Fits(_messageBytes))
        {
            return CircuitDrop.BadFragment;
        }

        uint bit = 1u << fragment.Index;
        if ((_seen & bit) != 0 || IsComplete)
        {
            return CircuitDrop.RepeatedFragment;
        }

        _seen |= bit;
        fragment.Bytes.CopyTo(FragmentAt(fragment.Index));
        if (IsComplete)
        {
            RestoreMissing();
        }

        return CircuitDrop.None;
    }

    /// <summary>When the parity fragment stands in for a data fragment, the exclusive-or of all others is that fragment.</summary>
    private void RestoreMissing()
    {
        uint all = (1u << _count) - 1;
        uint missing = all & ~_seen;
        if (missing == 0)
        {
            return;
        }

        Span<byte> restored = FragmentAt(BitOperations.TrailingZeroCount(missing));
        FragmentAt(_count).CopyTo(restored);
        for (int index = 0; index < _count; index++)
        {
            if ((_seen & (1u << index)) != 0)
            {
                CircuitFragment.XorInto(FragmentAt(index), restored);
            }
        }
    }

    private Span<byte> FragmentAt(int index) => _fragments.AsSpan(index * WireLayout.FragmentBytes, WireLayout.FragmentBytes);
}
