using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>Four Keccak-f[1600] permutations side by side. (CRYPTO.KECCAK)</summary>
/// <remarks>Source: FIPS 202 §3.2, §3.3.</remarks>
internal static class Keccak1600x4
{
    public static void Permute(Span<Vector256<ulong>> state)
    {
        state = state[..Keccak1600.Lanes];
        ReadOnlySpan<ulong> constants = Keccak1600.RoundConstants;
        Vector256<ulong> a0 = state[0], a1 = state[1], a2 = state[2], a3 = state[3], a4 = state[4];
        Vector256<ulong> a5 = state[5], a6 = state[6], a7 = state[7], a8 = state[8], a9 = state[9];
        Vector256<ulong> a10 = state[10], a11 = state[11], a12 = state[12], a13 = state[13], a14 = state[14];
        Vector256<ulong> a15 = state[15], a16 = state[16], a17 = state[17], a18 = state[18], a19 = state[19];
        Vector256<ulong> a20 = state[20], a21 = state[21], a22 = state[22], a23 = state[23], a24 = state[24];
        Vector256<ulong> c0, c1, c2, c3, c4, d0, d1, d2, d3, d4;
        Vector256<ulong> e0, e1, e2, e3, e4;
        Vector256<ulong> e5, e6, e7, e8, e9;
        Vector256<ulong> e10, e11, e12, e13, e14;
        Vector256<ulong> e15, e16, e17, e18, e19;
        Vector256<ulong> e20, e21, e22, e23, e24;
        for (int round = 0; round < 24; round += 2)
        {
            c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20;
            c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21;
            c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
            c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23;
            c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
            d0 = c4 ^ Rotate(c1, 1);
            d1 = c0 ^ Rotate(c2, 1);
            d2 = c1 ^ Rotate(c3, 1);
            d3 = c2 ^ Rotate(c4, 1);
            d4 = c3 ^ Rotate(c0, 1);
            c0 = a0 ^ d0;
            c1 = Rotate(a6 ^ d1, 44);
            c2 = Rotate(a12 ^ d2, 43);
            c3 = Rotate(a18 ^ d3, 21);
            c4 = Rotate(a24 ^ d4, 14);
            e0 = c0 ^ Vector256.AndNot(c2, c1) ^ Vector256.Create(constants[round]);
            e1 = c1 ^ Vector256.AndNot(c3, c2);
            e2 = c2 ^ Vector256.AndNot(c4, c3);
            e3 = c3 ^ Vector256.AndNot(c0, c4);
            e4 = c4 ^ Vector256.AndNot(c1, c0);

            c0 = Rotate(a3 ^ d3, 28);
            c1 = Rotate(a9 ^ d4, 20);
            c2 = Rotate(a10 ^ d0, 3);
            c3 = Rotate(a16 ^ d1, 45);
            c4 = Rotate(a22 ^ d2, 61);
            e5 = c0 ^ Vector256.AndNot(c2, c1);
            e6 = c1 ^ Vector256.AndNot(c3, c2);
            e7 = c2 ^ Vector256.AndNot(c4, c3);
            e8 = c3 ^ Vector256.AndNot(c0, c4);
            e9 = c4 ^ Vector256.AndNot(c1, c0);

            c0 = Rotate(a1 ^ d1, 1);
            c1 = Rotate(a7 ^ d2, 6);
            c2 = Rotate(a13 ^ d3, 25);
            c3 = Rotate(a19 ^ d4, 8);
            c4 = Rotate(a20 ^ d0, 18);
            e10 = c0 ^ Vector256.AndNot(c2, c1);
            e11 = c1 ^ Vector256.AndNot(c3, c2);
            e12 = c2 ^ Vector256.AndNot(c4, c3);
            e13 = c3 ^ Vector256.AndNot(c0, c4);
            e14 = c4 ^ Vector256.AndNot(c1, c0);

            c0 = Rotate(a4 ^ d4, 27);
            c1 = Rotate(a5 ^ d0, 36);
            c2 = Rotate(a11 ^ d1, 10);
            c3 = Rotate(a17 ^ d2, 15);
            c4 = Rotate(a23 ^ d3, 56);
            e15 = c0 ^ Vector256.AndNot(c2, c1);
            e16 = c1 ^ Vector256.AndNot(c3, c2);
            e17 = c2 ^ Vector256.AndNot(c4, c3);
            e18 = c3 ^ Vector256.AndNot(c0, c4);
            e19 = c4 ^ Vector256.AndNot(c1, c0);

            c0 = Rotate(a2 ^ d2, 62);
            c1 = Rotate(a8 ^ d3, 55);
            c2 = Rotate(a14 ^ d4, 39);
            c3 = Rotate(a15 ^ d0, 41);
            c4 = Rotate(a21 ^ d1, 2);
            e20 = c0 ^ Vector256.AndNot(c2, c1);
            e21 = c1 ^ Vector256.AndNot(c3, c2);
            e22 = c2 ^ Vector256.AndNot(c4, c3);
            e23 = c3 ^ Vector256.AndNot(c0, c4);
            e24 = c4 ^ Vector256.AndNot(c1, c0);

            c0 = e0 ^ e5 ^ e10 ^ e15 ^ e20;
            c1 = e1 ^ e6 ^ e11 ^ e16 ^ e21;
            c2 = e2 ^ e7 ^ e12 ^ e17 ^ e22;
            c3 = e3 ^ e8 ^ e13 ^ e18 ^ e23;
            c4 = e4 ^ e9 ^ e14 ^ e19 ^ e24;
            d0 = c4 ^ Rotate(c1, 1);
            d1 = c0 ^ Rotate(c2, 1);
            d2 = c1 ^ Rotate(c3, 1);
            d3 = c2 ^ Rotate(c4, 1);
            d4 = c3 ^ Rotate(c0, 1);
            c0 = e0 ^ d0;
            c1 = Rotate(e6 ^ d1, 44);
            c2 = Rotate(e12 ^ d2, 43);
            c3 = Rotate(e18 ^ d3, 21);
            c4 = Rotate(e24 ^ d4, 14);
            a0 = c0 ^ Vector256.AndNot(c2, c1) ^ Vector256.Create(constants[round + 1]);
            a1 = c1 ^ Vector256.AndNot(c3, c2);
            a2 = c2 ^ Vector256.AndNot(c4, c3);
            a3 = c3 ^ Vector256.AndNot(c0, c4);
            a4 = c4 ^ Vector256.AndNot(c1, c0);

            c0 = Rotate(e3 ^ d3, 28);
            c1 = Rotate(e9 ^ d4, 20);
            c2 = Rotate(e10 ^ d0, 3);
            c3 = Rotate(e16 ^ d1, 45);
            c4 = Rotate(e22 ^ d2, 61);
            a5 = c0 ^ Vector256.AndNot(c2, c1);
            a6 = c1 ^ Vector256.AndNot(c3, c2);
            a7 = c2 ^ Vector256.AndNot(c4, c3);
            a8 = c3 ^ Vector256.AndNot(c0, c4);
            a9 = c4 ^ Vector256.AndNot(c1, c0);

            c0 = Rotate(e1 ^ d1, 1);
            c1 = Rotate(e7 ^ d2, 6);
            c2 = Rotate(e13 ^ d3, 25);
            c3 = Rotate(e19 ^ d4, 8);
            c4 = Rotate(e20 ^ d0, 18);
            a10 = c0 ^ Vector256.AndNot(c2, c1);
            a11 = c1 ^ Vector256.AndNot(c3, c2);
            a12 = c2 ^ Vector256.AndNot(c4, c3);
            a13 = c3 ^ Vector256.AndNot(c0, c4);
            a14 = c4 ^ Vector256.AndNot(c1, c0);

            c0 = Rotate(e4 ^ d4, 27);
            c1 = Rotate(e5 ^ d0, 36);
            c2 = Rotate(e11 ^ d1, 10);
            c3 = Rotate(e17 ^ d2, 15);
            c4 = Rotate(e23 ^ d3, 56);
            a15 = c0 ^ Vector256.AndNot(c2, c1);
            a16 = c1 ^ Vector256.AndNot(c3, c2);
            a17 = c2 ^ Vector256.AndNot(c4, c3);
            a18 = c3 ^ Vector256.AndNot(c0, c4);
            a19 = c4 ^ Vector256.AndNot(c1, c0);

            c0 = Rotate(e2 ^ d2, 62);
            c1 = Rotate(e8 ^ d3, 55);
            c2 = Rotate(e14 ^ d4, 39);
            c3 = Rotate(e15 ^ d0, 41);
            c4 = Rotate(e21 ^ d1, 2);
            a20 = c0 ^ Vector256.AndNot(c2, c1);
            a21 = c1 ^ Vector256.AndNot(c3, c2);
            a22 = c2 ^ Vector256.AndNot(c4, c3);
            a23 = c3 ^ Vector256.AndNot(c0, c4);
            a24 = c4 ^ Vector256.AndNot(c1, c0);
        }

        state[0] = a0;
        state[1] = a1;
        state[2] = a2;
        state[3] = a3;
        state[4] = a4;
        state[5] = a5;
        state[6] = a6;
        state[7] = a7;
        state[8] = a8;
        state[9] = a9;
        state[10] = a10;
        state[11] = a11;
        state[12] = a12;
        state[13] = a13;
        state[14] = a14;
        state[15] = a15;
        state[16] = a16;
        state[17] = a17;
        state[18] = a18;
        state[19] = a19;
        state[20] = a20;
        state[21] = a21;
        state[22] = a22;
        state[23] = a23;
        state[24] = a24;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Rotate(Vector256<ulong> lane, int bits) => (lane << bits) | (lane >>> (64 - bits));
}
