using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>A polynomial of R_q or its transform: 256 signed residues modulo 3329, not always the smallest.</summary>
[InlineArray(Coefficients)]
internal struct MlKemPolynomial
{
    public const int Coefficients = 256;
    public const short Modulus = 3329;

    /// <summary>Vectors of eight coefficients.</summary>
    public const int Vectors = Coefficients / 8;

    private short _first;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref Vector128<short> VectorAt(ref MlKemPolynomial polynomial, int index) =>
        ref Unsafe.Add(ref Unsafe.As<MlKemPolynomial, Vector128<short>>(ref polynomial), index);

    public static void Erase(Span<MlKemPolynomial> polynomials) =>
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(polynomials));
}
