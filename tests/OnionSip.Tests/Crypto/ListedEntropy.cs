using System;
using OnionSip.Machines;

namespace OnionSip.Tests.Crypto;

/// <summary>Gives out the listed bytes in order: how vectors fix ephemeral keys. More than listed is an error.</summary>
internal sealed class ListedEntropy(params byte[] listed) : Entropy
{
    private int _used;

    public int Left => listed.Length - _used;

    public override void Fill(Span<byte> destination)
    {
        listed.AsSpan(_used, destination.Length).CopyTo(destination);
        _used += destination.Length;
    }
}
