using System;

namespace OnionSip.Wire;

/// <summary>What a fragment did to the message being joined.</summary>
public enum FragmentJoin : byte
{
    /// <summary>Kept; more are needed.</summary>
    More = 0,

    /// <summary>The message is whole.</summary>
    Complete = 1,

    /// <summary>Already held, or the message was whole before; ignored.</summary>
    Duplicate = 2,

    /// <summary>Contradicts what is held; ignored.</summary>
    Mismatch = 3,
}

/// <summary>
/// Restores one fragmented message from any <c>count</c> of its <c>count + 1</c> fragments. (WIRE.LINK-MESSAGE)
/// </summary>
/// <remarks>
/// Bounds: a fixed buffer of 2,160 bytes, for one message of one circuit; the caller keeps one joiner for each message
///         awaited.
/// Drops:  the first fragment fixes the count and the size; one that contradicts them is a Mismatch.
/// </remarks>
public sealed class FragmentJoiner
{
    private readonly byte[] _parts = new byte[LinkFragment.MaxMessageBytes];
    private readonly byte[] _parity = new byte[WireLayout.FragmentBytes];
    private int _count;
    private int _lastLength;
    private uint _held;
    private bool _complete;

    /// <summary>The message; empty until it is whole.</summary>
    public ReadOnlySpan<byte> Message =>
        _complete ? _parts.AsSpan(0, ((_count - 1) * WireLayout.FragmentBytes) + _lastLength) : default;

    /// <summary>Forgets everything, for the next message.</summary>
    public void Reset()
    {
        _parts.AsSpan().Clear();
        _parity.AsSpan().Clear();
        _count = 0;
        _lastLength = 0;
        _held = 0;
        _complete = false;
    }

    /// <summary>Takes a fragment that <see cref="LinkFragment.Parse"/> accepted. (WIRE.LINK-MESSAGE)</summary>
    public FragmentJoin Add(in LinkFragment fragment)
    {
        uint bit = 1u << fragment.Index;
        if (_complete || (fragment.Count == _count && (_held & bit) != 0))
        {
            return FragmentJoin.Duplicate;
        }

        bool tellsLast = fragment.Index >= fragment.Count - 1;
        bool contradicts = (_count != 0 && fragment.Count != _count)
            || (tellsLast && _lastLength != 0 && fragment.Length != _lastLength);
        if (contradicts)
        {
            return FragmentJoin.Mismatch;
        }

        _count = fragment.Count;
        _lastLength = tellsLast ? fragment.Length : _lastLength;
        _held |= bit;
        if (!fragment.IsParity)
        {
            fragment.Bytes.CopyTo(Part(fragment.Index));
        }

        // The sum of all fragments held: with one data fragment missing it is that fragment.
        Accumulate(_parity, fragment.Bytes);
        if (System.Numerics.BitOperations.PopCount(_held) < _count)
        {
            return FragmentJoin.More;
        }

        return Finish();
    }

    internal static void Accumulate(Span<byte> sum, ReadOnlySpan<byte> bytes)
    {
        for (int index = 0; index < bytes.Length; index++)
        {
            sum[index] ^= bytes[index];
        }
    }

    private FragmentJoin Finish()
    {
        int missing = System.Numerics.BitOperations.TrailingZeroCount(~_held);
        if (missing < _count)
        {
            _parity.AsSpan().CopyTo(Part(missing));
        }

        if (Part(_count - 1)[_lastLength..].ContainsAnyExcept((byte)0))
        {
            Reset();
            return FragmentJoin.Mismatch;
        }

        _complete = true;
        return FragmentJoin.Complete;
    }

    private Span<byte> Part(int index) => _parts.AsSpan(index * WireLayout.FragmentBytes, WireLayout.FragmentBytes);
}
