using System;
using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>Bytes of a stream by offset, in a ring that grows up to a limit. (STREAM.LIMITS)</summary>
/// <remarks>
/// Shape: the bytes start at <see cref="Base"/>; nothing before it is kept. Capacities are powers of two.
/// </remarks>
internal sealed class OffsetBuffer(int maxBytes)
{
    private const int SmallestBytes = 1024;

    private byte[] _ring = [];

    /// <summary>The lowest offset kept.</summary>
    public uint Base { get; private set; }

    public int MaxBytes => maxBytes;

    public int HeldBytes => _ring.Length;

    public void Write(uint offset, ReadOnlySpan<byte> bytes)
    {
        Invariant.Require(
            offset >= Base && offset - Base + (uint)bytes.Length <= (uint)maxBytes, "a write outside the buffer");
        if (bytes.IsEmpty)
        {
            return;
        }

        Reserve((int)(offset - Base) + bytes.Length);
        int at = Index(offset);
        int first = Math.Min(bytes.Length, _ring.Length - at);
        bytes[..first].CopyTo(_ring.AsSpan(at));
        bytes[first..].CopyTo(_ring);
    }

    public void Read(uint offset, Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        int at = Index(offset);
        int first = Math.Min(destination.Length, _ring.Length - at);
        _ring.AsSpan(at, first).CopyTo(destination);
        _ring.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
    }

    /// <summary>Forgets what is before <paramref name="offset"/>.</summary>
    public void Advance(uint offset)
    {
        Invariant.Require(offset >= Base, "a buffer went backwards");
        Base = offset;
    }

    /// <summary>Gives the memory back.</summary>
    public void Release() => _ring = [];

    private int Index(uint offset) => (int)(offset & (uint)(_ring.Length - 1));

    private void Reserve(int bytes)
    {
        if (bytes <= _ring.Length)
        {
            return;
        }

        int capacity = Math.Max(SmallestBytes, _ring.Length);
        while (capacity < bytes)
        {
            capacity *= 2;
        }

        byte[] old = _ring;
        byte[] grown = new byte[capacity];
        for (int index = 0; index < old.Length; index++)
        {
            uint offset = unchecked(Base + (uint)index);
            grown[offset & (uint)(capacity - 1)] = old[offset & (uint)(old.Length - 1)];
        }

        _ring = grown;
    }
}
