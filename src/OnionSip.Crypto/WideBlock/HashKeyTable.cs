using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>The powers h^17 … h^1 of the hash key in that order, then zeros that wide loads may run into.</summary>
[InlineArray(Highest + Padding)]
internal struct HashKeyPowers
{
    /// <summary>A cell has sixteen hashed blocks; under GCM the block of lengths follows them.</summary>
    public const int Highest = 17;
    private const int Padding = 3;

    private Vector128<ulong> _first;
}

/// <summary>For each power, in the same order, its low word plus its high word; zeros follow for wide loads.</summary>
[InlineArray(HashKeyPowers.Highest + Padding)]
internal struct HashKeyWordSums
{
    private const int Padding = 3;

    private ulong _first;
}

/// <summary>A hash key of POLYVAL with what the sums multiply by. (CRYPTO.POLYVAL)</summary>
/// <remarks>Secrets: all of it, zeroed by its owner. The portable path keeps only the first power.</remarks>
internal struct HashKeyTable
{
    public HashKeyPowers Powers;
    public HashKeyWordSums WordSums;

    /// <summary>The hash key h, the lowest power.</summary>
    public readonly Vector128<ulong> HashKey => Powers[HashKeyPowers.Highest - 1];

    public void SetHashKey(Vector128<ulong> hashKey) => Powers[HashKeyPowers.Highest - 1] = hashKey;

    /// <summary>Fills the powers above the first, by the hardware multiply.</summary>
    public void ExpandPowers()
    {
        // Power i is the product of its halves, so the chain of dependent products stays five long.
        for (int power = 2; power <= HashKeyPowers.Highest; power++)
        {
            int half = power / 2;
            Powers[HashKeyPowers.Highest - power] = PolyvalField.Multiply(
                Powers[HashKeyPowers.Highest - half], Powers[HashKeyPowers.Highest - (power - half)]);
        }

        for (int i = 0; i < HashKeyPowers.Highest; i++)
        {
            WordSums[i] = Powers[i].GetElement(0) ^ Powers[i].GetElement(1);
        }
    }
}
