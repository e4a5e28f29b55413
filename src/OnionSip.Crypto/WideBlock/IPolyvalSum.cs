using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>A sum of unreduced products of blocks and hash key powers, by one vector width. (CRYPTO.HCTR2-PATHS)</summary>
/// <remarks>A power argument is the first of as many consecutive powers as there are blocks.</remarks>
internal interface IPolyvalSum
{
    void Add1(Vector128<ulong> block, ref readonly Vector128<ulong> power);

    void Add2(Vector128<ulong> block0, Vector128<ulong> block1, ref readonly Vector128<ulong> power);

    void Add4(
        Vector128<ulong> block0, Vector128<ulong> block1, Vector128<ulong> block2, Vector128<ulong> block3,
        ref readonly Vector128<ulong> power);

    /// <summary>The whole sum, reduced to one field element.</summary>
    Vector128<ulong> Reduce();
}
