using System;

namespace OnionSip.Links;

/// <summary>Collects the fragments of one message; any k of the k + 1 restore it. (LINK.FRAGMENT)</summary>
/// <remarks>Bounds: room for <see cref="LinkLayout.MaxFragments"/> and the parity fragment.</remarks>
internal sealed class FragmentBuffer
{
    private readonly byte[] _bytes = new byte[(LinkLayout.MaxFragments + 1) * LinkLayout.FragmentBytes];
    private int _count;
    private int _messageBytes;
    private int _received;
    private uint _have;

    internal bool IsComplete => _count > 0 && _received >= _count;

    /// <summary>How many of the k + 1 fragments came.</summary>
    internal int Received => _received;

    internal void Begin(int messageBytes)
    {
        _messageBytes = messageBytes;
        _count = HandshakeForm.Fragments(messageBytes);
        _received = 0;
        _have = 0;
    }

    /// <summary>Takes one fragment; false when it was here already.</summary>
    internal bool TryAdd(int index, ReadOnlySpan<byte> payload)
    {
        uint bit = 1u << index;
        if ((_have & bit) != 0)
        {
            return false;
        }

        _have |= bit;
        _received++;
        payload.CopyTo(Part(index));
        return true;
    }

    /// <summary>The whole message, the one missing part made from the others.</summary>
    internal ReadOnlySpan<byte> Restore()
    {
        for (int index = 0; index < _count; index++)
        {
            if ((_have & (1u << index)) == 0)
            {
                RestorePart(index);
            }
        }

        return _bytes.AsSpan(0, _messageBytes);
    }

    private void RestorePart(int missing)
    {
        Span<byte> part = Part(missing);
        part.Clear();
        for (int index = 0; index <= _count; index++)
        {
            if (index != missing)
            {
                ExclusiveOr(Part(index), part);
            }
        }
    }

    private static void ExclusiveOr(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        for (int offset = 0; offset < destination.Length; offset++)
        {
            destination[offset] ^= source[offset];
        }
    }

    private Span<byte> Part(int index) => _bytes.AsSpan(index * LinkLayout.FragmentBytes, LinkLayout.FragmentBytes);
}
