using System;

namespace OnionSip.Crypto;

/// <summary>The modulus check of ML-KEM encapsulation keys. (CRYPTO.NOISE)</summary>
/// <remarks>Source: FIPS 203 §7.2. The key is a peer's and public, so time may depend on it.</remarks>
internal static class KemPublicKey
{
    private const int VectorBytes = 1152;
    private const int Modulus = 3329;

    /// <summary>True when each of the 768 coefficients of 12 bits, two in three bytes, is below 3329.</summary>
    internal static bool IsReduced(ReadOnlySpan<byte> encapsulationKey)
    {
        ReadOnlySpan<byte> vector = encapsulationKey[..VectorBytes];
        for (int offset = 0; offset < VectorBytes; offset += 3)
        {
            int first = vector[offset] | ((vector[offset + 1] & 0x0f) << 8);
            int second = (vector[offset + 1] >> 4) | (vector[offset + 2] << 4);
            if (first >= Modulus || second >= Modulus)
            {
                return false;
            }
        }

        return true;
    }
}
