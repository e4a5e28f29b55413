using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>What is left of a cell's first half of work for its second. (CRYPTO.HCTR2)</summary>
/// <remarks>Secrets: all of it; it lives on the stack of one call.</remarks>
internal struct Hctr2Middle
{
    /// <summary>The sum that begins both hashes.</summary>
    public Vector128<ulong> Lead;

    /// <summary>The counter-mode nonce with the first round key in it.</summary>
    public Vector128<byte> Nonce;

    /// <summary>The first block after its cipher, before the second hash is added.</summary>
    public Vector128<byte> Block;
}
