using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>The fifteen round keys of AES-256, first round first.</summary>
[InlineArray(RoundKeyCount)]
internal struct AesRoundKeys
{
    public const int RoundKeyCount = 15;

    private Vector128<byte> _first;
}

/// <summary>The powers h^16 … h^1 of the hash key in that order, then zeros that wide loads may run into.</summary>
[InlineArray(Highest + Padding)]
internal struct HashKeyPowers
{
    public const int Highest = 16;
    private const int Padding = 4;

    private Vector128<ulong> _first;
}

/// <summary>For each power, in the same order, its low word plus its high word; zeros follow for wide loads.</summary>
[InlineArray(HashKeyPowers.Highest + Padding)]
internal struct HashKeyWordSums
{
    private const int Padding = 4;

    private ulong _first;
}

/// <summary>Everything derived from one HCTR2 key, held inside its owner. (CRYPTO.HCTR2-KEY)</summary>
/// <remarks>Secrets: all of it; <see cref="Erase"/> zeroes it. The portable path keeps only the first power.</remarks>
internal struct Hctr2State
{
    /// <summary>Octets of the tweak whose length blocks are multiplied in advance: the slot tweak of a cell.</summary>
    public const int UsualTweakBytes = 8;

    public AesRoundKeys RoundKeys;
    public HashKeyPowers Powers;
    public HashKeyWordSums WordSums;

    /// <summary>L = E_K(1), which enters the counter-mode nonce.</summary>
    public Vector128<byte> NonceMask;

    /// <summary>The length block of an 8-octet tweak times h, for a message of whole blocks.</summary>
    public Vector128<ulong> WholeLengthTimesKey;

    /// <summary>The length block of an 8-octet tweak times h, for a message with a part block at its end.</summary>
    public Vector128<ulong> PartLengthTimesKey;

    /// <summary>The hash key h, the lowest power.</summary>
    public readonly Vector128<ulong> HashKey => Powers[HashKeyPowers.Highest - 1];

    public void Erase() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<Hctr2State>(ref this)));

    /// <summary>Derives all of the state from a key; allocates nothing.</summary>
    public void SetKey(ReadOnlySpan<byte> key32, bool portable)
    {
        Span<byte> roundKeys = MemoryMarshal.AsBytes((Span<Vector128<byte>>)RoundKeys);
        Span<byte> constants = stackalloc byte[32];
        constants.Clear();
        constants[16] = 1;
        if (portable)
        {
            PortableAes.ExpandKey(key32, roundKeys);
            PortableAes.Encrypt(roundKeys, constants);
            SetHashKey(Vector128.Create<byte>(constants[..16]).AsUInt64());
        }
        else
        {
            AesRounds.ExpandKey(key32, roundKeys);
            AesRounds.EncryptTwo(in RoundKeys, constants);
            SetHashKey(Vector128.Create<byte>(constants[..16]).AsUInt64());
            ExpandPowers();
            Vector128<ulong> whole = LengthBlock(UsualTweakBytes, isPart: false);
            Vector128<ulong> part = LengthBlock(UsualTweakBytes, isPart: true);
            WholeLengthTimesKey = PolyvalField.Multiply(whole, HashKey);
            PartLengthTimesKey = PolyvalField.Multiply(part, HashKey);
        }

        NonceMask = Vector128.Create<byte>(constants[16..]);
        CryptographicOperations.ZeroMemory(constants);
    }

    public void SetHashKey(Vector128<ulong> hashKey) => Powers[HashKeyPowers.Highest - 1] = hashKey;

    /// <summary>Fills the powers above the first, by the hardware multiply.</summary>
    public void ExpandPowers()
    {
        // Power i is the product of its halves, so the chain of dependent products stays four long.
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

    /// <summary>The first hashed block: twice the tweak length in bits plus two, or plus three before a part block.</summary>
    public static Vector128<ulong> LengthBlock(int tweakBytes, bool isPart) =>
        Vector128.CreateScalar((ulong)(16 * tweakBytes + (isPart ? 3 : 2)));
}
