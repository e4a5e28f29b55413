using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>A sum of unreduced products of blocks and hash key powers, by one vector width. (CRYPTO.HCTR2-PATHS)</summary>
/// <remarks>The cursor stands at the power of the first block; the others take the powers after it.</remarks>
internal interface IPolyvalSum
{
    void Add1(Vector128<ulong> block, PowerCursor powers);

    void Add2(Vector128<ulong> block0, Vector128<ulong> block1, PowerCursor powers);

    void Add4(
        Vector128<ulong> block0, Vector128<ulong> block1, Vector128<ulong> block2, Vector128<ulong> block3,
        PowerCursor powers);

    /// <summary>The whole sum, reduced to one field element.</summary>
    Vector128<ulong> Reduce();
}
