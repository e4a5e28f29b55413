using System;
using System.Security.Cryptography;

namespace OnionSip.Machines;

/// <summary>Randomness drawn beforehand from a machine's own, for work that leaves it. (NODE.WORK, MACHINE.ENTROPY)</summary>
/// <remarks>
/// Bounds:  exactly the bytes drawn; asking for more is a bug.
/// Secrets: the bytes, in pinned memory, each zeroed as it is given out and all by <see cref="Erase"/>.
/// </remarks>
public sealed class DrawnEntropy : Entropy
{
    private readonly byte[] _bytes;
    private int _used;

    /// <summary>Draws portion by portion, as the computation itself would have done.</summary>
    public DrawnEntropy(Entropy source, int portions, int portionBytes)
    {
        ArgumentNullException.ThrowIfNull(source);
        _bytes = GC.AllocateUninitializedArray<byte>(portions * portionBytes, pinned: true);
        for (int portion = 0; portion < portions; portion++)
        {
            source.Fill(_bytes.AsSpan(portion * portionBytes, portionBytes));
        }
    }

    public override void Fill(Span<byte> destination)
    {
        Invariant.Require(destination.Length <= _bytes.Length - _used, "more randomness than was drawn");
        Span<byte> given = _bytes.AsSpan(_used, destination.Length);
        given.CopyTo(destination);
        CryptographicOperations.ZeroMemory(given);
        _used += destination.Length;
    }

    public void Erase()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _used = _bytes.Length;
    }
}
