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

/// <summary>Everything derived from one HCTR2 key, held inside its owner. (CRYPTO.HCTR2-KEY)</summary>
/// <remarks>Secrets: all of it; <see cref="Erase"/> zeroes it. The portable path keeps only the first power.</remarks>
internal struct Hctr2State
{
    /// <summary>Octets of the tweak whose length blocks are multiplied in advance: the slot tweak of a cell.</summary>
    public const int UsualTweakBytes = 8;

    public AesRoundKeys RoundKeys;
    public HashKeyTable HashKeys;

    /// <summary>L = E_K(1), which enters the counter-mode nonce.</summary>
    public Vector128<byte> NonceMask;

    /// <summary>The length block of an 8-octet tweak times h, for a message of whole blocks.</summary>
    public Vector128<ulong> WholeLengthTimesKey;

    /// <summary>The length block of an 8-octet tweak times h, for a message with a part block at its end.</summary>
    public Vector128<ulong> PartLengthTimesKey;

    /// <summary>The hash key h.</summary>
    public readonly Vector128<ulong> HashKey => HashKeys.HashKey;

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
            HashKeys.SetHashKey(Vector128.Create<byte>(constants[..16]).AsUInt64());
        }
        else
        {
            AesRounds.ExpandKey(key32, roundKeys);
            AesRounds.EncryptTwo(in RoundKeys, constants);
            HashKeys.SetHashKey(Vector128.Create<byte>(constants[..16]).AsUInt64());
            HashKeys.ExpandPowers();
            Vector128<ulong> whole = LengthBlock(UsualTweakBytes, isPart: false);
            Vector128<ulong> part = LengthBlock(UsualTweakBytes, isPart: true);
            WholeLengthTimesKey = PolyvalField.Multiply(whole, HashKey);
            PartLengthTimesKey = PolyvalField.Multiply(part, HashKey);
        }

        NonceMask = Vector128.Create<byte>(constants[16..]);
        CryptographicOperations.ZeroMemory(constants);
    }

    /// <summary>The first hashed block: twice the tweak length in bits plus two, or plus three before a part block.</summary>
    public static Vector128<ulong> LengthBlock(int tweakBytes, bool isPart) =>
        Vector128.CreateScalar((ulong)(16 * tweakBytes + (isPart ? 3 : 2)));
}
