using System;

namespace OnionSip.Crypto;

/// <summary>The permutation Keccak-f[1600]. (CRYPTO.KECCAK)</summary>
/// <remarks>
/// Shape:   lane x + 5·y of the state is one word; two rounds a turn, from one set of lanes to the other and back.
/// Source:  FIPS 202 §3.2, §3.3.
/// </remarks>
internal static class Keccak1600
{
    public const int Lanes = 25;

    private static readonly ulong[] s_roundConstants =
    [
        0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808A, 0x8000_0000_8000_8000,
        0x0000_0000_0000_808B, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
        0x0000_0000_0000_008A, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000A,
        0x0000_0000_8000_808B, 0x8000_0000_0000_008B, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
        0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800A, 0x8000_0000_8000_000A,
        0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
    ];

    public static ReadOnlySpan<ulong> RoundConstants => s_roundConstants;

    public static void Permute(Span<ulong> state)
    {
        state = state[..Lanes];
        ulong[] constants = s_roundConstants;
        ulong a0 = state[0], a1 = state[1], a2 = state[2], a3 = state[3], a4 = state[4];
        ulong a5 = state[5], a6 = state[6], a7 = state[7], a8 = state[8], a9 = state[9];
        ulong a10 = state[10], a11 = state[11], a12 = state[12], a13 = state[13], a14 = state[14];
        ulong a15 = state[15], a16 = state[16], a17 = state[17], a18 = state[18], a19 = state[19];
        ulong a20 = state[20], a21 = state[21], a22 = state[22], a23 = state[23], a24 = state[24];
        ulong c0, c1, c2, c3, c4, d0, d1, d2, d3, d4;
        ulong e0, e1, e2, e3, e4;
        ulong e5, e6, e7, e8, e9;
        ulong e10, e11, e12, e13, e14;
        ulong e15, e16, e17, e18, e19;
        ulong e20, e21, e22, e23, e24;
        for (int round = 0; round < 24; round += 2)
        {
            c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20;
            c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21;
            c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
            c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23;
            c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
            d0 = c4 ^ ulong.RotateLeft(c1, 1);
            d1 = c0 ^ ulong.RotateLeft(c2, 1);
            d2 = c1 ^ ulong.RotateLeft(c3, 1);
            d3 = c2 ^ ulong.RotateLeft(c4, 1);
            d4 = c3 ^ ulong.RotateLeft(c0, 1);
            c0 = a0 ^ d0;
            c1 = ulong.RotateLeft(a6 ^ d1, 44);
            c2 = ulong.RotateLeft(a12 ^ d2, 43);
            c3 = ulong.RotateLeft(a18 ^ d3, 21);
            c4 = ulong.RotateLeft(a24 ^ d4, 14);
            e0 = c0 ^ (~c1 & c2) ^ constants[round];
            e1 = c1 ^ (~c2 & c3);
            e2 = c2 ^ (~c3 & c4);
            e3 = c3 ^ (~c4 & c0);
            e4 = c4 ^ (~c0 & c1);

            c0 = ulong.RotateLeft(a3 ^ d3, 28);
            c1 = ulong.RotateLeft(a9 ^ d4, 20);
            c2 = ulong.RotateLeft(a10 ^ d0, 3);
            c3 = ulong.RotateLeft(a16 ^ d1, 45);
            c4 = ulong.RotateLeft(a22 ^ d2, 61);
            e5 = c0 ^ (~c1 & c2);
            e6 = c1 ^ (~c2 & c3);
            e7 = c2 ^ (~c3 & c4);
            e8 = c3 ^ (~c4 & c0);
            e9 = c4 ^ (~c0 & c1);

            c0 = ulong.RotateLeft(a1 ^ d1, 1);
            c1 = ulong.RotateLeft(a7 ^ d2, 6);
            c2 = ulong.RotateLeft(a13 ^ d3, 25);
            c3 = ulong.RotateLeft(a19 ^ d4, 8);
            c4 = ulong.RotateLeft(a20 ^ d0, 18);
            e10 = c0 ^ (~c1 & c2);
            e11 = c1 ^ (~c2 & c3);
            e12 = c2 ^ (~c3 & c4);
            e13 = c3 ^ (~c4 & c0);
            e14 = c4 ^ (~c0 & c1);

            c0 = ulong.RotateLeft(a4 ^ d4, 27);
            c1 = ulong.RotateLeft(a5 ^ d0, 36);
            c2 = ulong.RotateLeft(a11 ^ d1, 10);
            c3 = ulong.RotateLeft(a17 ^ d2, 15);
            c4 = ulong.RotateLeft(a23 ^ d3, 56);
            e15 = c0 ^ (~c1 & c2);
            e16 = c1 ^ (~c2 & c3);
            e17 = c2 ^ (~c3 & c4);
            e18 = c3 ^ (~c4 & c0);
            e19 = c4 ^ (~c0 & c1);

            c0 = ulong.RotateLeft(a2 ^ d2, 62);
            c1 = ulong.RotateLeft(a8 ^ d3, 55);
            c2 = ulong.RotateLeft(a14 ^ d4, 39);
            c3 = ulong.RotateLeft(a15 ^ d0, 41);
            c4 = ulong.RotateLeft(a21 ^ d1, 2);
            e20 = c0 ^ (~c1 & c2);
            e21 = c1 ^ (~c2 & c3);
            e22 = c2 ^ (~c3 & c4);
            e23 = c3 ^ (~c4 & c0);
            e24 = c4 ^ (~c0 & c1);

            c0 = e0 ^ e5 ^ e10 ^ e15 ^ e20;
            c1 = e1 ^ e6 ^ e11 ^ e16 ^ e21;
            c2 = e2 ^ e7 ^ e12 ^ e17 ^ e22;
            c3 = e3 ^ e8 ^ e13 ^ e18 ^ e23;
            c4 = e4 ^ e9 ^ e14 ^ e19 ^ e24;
            d0 = c4 ^ ulong.RotateLeft(c1, 1);
            d1 = c0 ^ ulong.RotateLeft(c2, 1);
            d2 = c1 ^ ulong.RotateLeft(c3, 1);
            d3 = c2 ^ ulong.RotateLeft(c4, 1);
            d4 = c3 ^ ulong.RotateLeft(c0, 1);
            c0 = e0 ^ d0;
            c1 = ulong.RotateLeft(e6 ^ d1, 44);
            c2 = ulong.RotateLeft(e12 ^ d2, 43);
            c3 = ulong.RotateLeft(e18 ^ d3, 21);
            c4 = ulong.RotateLeft(e24 ^ d4, 14);
            a0 = c0 ^ (~c1 & c2) ^ constants[round + 1];
            a1 = c1 ^ (~c2 & c3);
            a2 = c2 ^ (~c3 & c4);
            a3 = c3 ^ (~c4 & c0);
            a4 = c4 ^ (~c0 & c1);

            c0 = ulong.RotateLeft(e3 ^ d3, 28);
            c1 = ulong.RotateLeft(e9 ^ d4, 20);
            c2 = ulong.RotateLeft(e10 ^ d0, 3);
            c3 = ulong.RotateLeft(e16 ^ d1, 45);
            c4 = ulong.RotateLeft(e22 ^ d2, 61);
            a5 = c0 ^ (~c1 & c2);
            a6 = c1 ^ (~c2 & c3);
            a7 = c2 ^ (~c3 & c4);
            a8 = c3 ^ (~c4 & c0);
            a9 = c4 ^ (~c0 & c1);

            c0 = ulong.RotateLeft(e1 ^ d1, 1);
            c1 = ulong.RotateLeft(e7 ^ d2, 6);
            c2 = ulong.RotateLeft(e13 ^ d3, 25);
            c3 = ulong.RotateLeft(e19 ^ d4, 8);
            c4 = ulong.RotateLeft(e20 ^ d0, 18);
            a10 = c0 ^ (~c1 & c2);
            a11 = c1 ^ (~c2 & c3);
            a12 = c2 ^ (~c3 & c4);
            a13 = c3 ^ (~c4 & c0);
            a14 = c4 ^ (~c0 & c1);

            c0 = ulong.RotateLeft(e4 ^ d4, 27);
            c1 = ulong.RotateLeft(e5 ^ d0, 36);
            c2 = ulong.RotateLeft(e11 ^ d1, 10);
            c3 = ulong.RotateLeft(e17 ^ d2, 15);
            c4 = ulong.RotateLeft(e23 ^ d3, 56);
            a15 = c0 ^ (~c1 & c2);
            a16 = c1 ^ (~c2 & c3);
            a17 = c2 ^ (~c3 & c4);
            a18 = c3 ^ (~c4 & c0);
            a19 = c4 ^ (~c0 & c1);

            c0 = ulong.RotateLeft(e2 ^ d2, 62);
            c1 = ulong.RotateLeft(e8 ^ d3, 55);
            c2 = ulong.RotateLeft(e14 ^ d4, 39);
            c3 = ulong.RotateLeft(e15 ^ d0, 41);
            c4 = ulong.RotateLeft(e21 ^ d1, 2);
            a20 = c0 ^ (~c1 & c2);
            a21 = c1 ^ (~c2 & c3);
            a22 = c2 ^ (~c3 & c4);
            a23 = c3 ^ (~c4 & c0);
            a24 = c4 ^ (~c0 & c1);
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
}
