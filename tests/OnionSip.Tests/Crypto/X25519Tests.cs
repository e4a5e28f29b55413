using System;
using System.Collections.Generic;
using System.Numerics;
using System.Text.Json;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.X25519</summary>
public sealed class X25519Tests(ITestOutputHelper output)
{
    /// <summary>CRYPTO.X25519: RFC 7748 §5.2</summary>
    [Theory]
    [InlineData(
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData(
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    public void Rfc7748Vector_Agrees(string scalar, string point, string expected)
    {
        byte[] shared = new byte[32];
        Assert.True(X25519.TryAgree(Hex.Bytes(scalar), Hex.Bytes(point), shared));
        Assert.Equal(expected, Hex.Text(shared));
    }

    /// <summary>CRYPTO.X25519: RFC 7748 §5.2, the iterated test.</summary>
    [Theory]
    [InlineData(1, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")]
    [InlineData(1000, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")]
    public void Iterated_ReachesThePublishedKey(int iterations, string expected)
    {
        byte[] scalar = new byte[32];
        scalar[0] = 9;
        byte[] point = (byte[])scalar.Clone();
        for (int round = 0; round < iterations; round++)
        {
            byte[] next = new byte[32];
            Assert.True(X25519.TryAgree(scalar, point, next));
            point = scalar;
            scalar = next;
        }

        Assert.Equal(expected, Hex.Text(scalar));
    }

    /// <summary>CRYPTO.X25519: a public key by the Edwards table is the one by the ladder, for drawn and for extreme private keys.</summary>
    [Fact]
    public void DerivedKey_IsTheSameByBothWays()
    {
        Assert.SkipUnless(SodiumLibrary.HasEdwardsBase, "this libsodium is a minimal build");
        Random random = new(51);
        byte[] scalar = new byte[32];
        for (int round = 0; round < 600; round++)
        {
            random.NextBytes(scalar);
            if (round < 256 + 2)
            {
                scalar.AsSpan().Fill(unchecked((byte)(round < 2 ? -round : 0)));
                scalar[Math.Max(0, round - 2) / 8] ^= unchecked((byte)(round < 2 ? 0 : 1 << ((round - 2) % 8)));
            }

            byte[] byLadder = new byte[32];
            byte[] byEdwards = new byte[32];
            X25519.DerivePublicKey(scalar, byLadder, byEdwards: false);
            X25519.DerivePublicKey(scalar, byEdwards, byEdwards: true);
            Assert.True(byLadder.AsSpan().SequenceEqual(byEdwards), $"seed 51, round {round}");
        }
    }

    /// <summary>CRYPTO.X25519: the field under that conversion against plain arithmetic, around the modulus above all.</summary>
    [Fact]
    public void FieldElements_EqualBigNumbers()
    {
        BigInteger modulus = BigInteger.Pow(2, 255) - 19;
        List<BigInteger> values = [0, 1, 2, 18, 19, 20, modulus - 2, modulus - 1, modulus, modulus + 1, modulus + 18, BigInteger.Pow(2, 255) - 1];
        Random random = new(52);
        byte[] drawn = new byte[32];
        for (int round = 0; round < 40; round++)
        {
            random.NextBytes(drawn);
            drawn[31] &= 0x7f;
            values.Add(new BigInteger(drawn, isUnsigned: true));
        }

        foreach (BigInteger a in values)
        {
            FieldElement x = ElementOf(a);
            Assert.Equal(a % modulus, NumberOf(x));
            Assert.Equal(BigInteger.ModPow(a, modulus - 2, modulus), NumberOf(x.Inverted()));
            Assert.Equal(BigInteger.ModPow(a, 8, modulus), NumberOf(x.Squared(3)));
            foreach (BigInteger b in values)
            {
                FieldElement y = ElementOf(b);
                Assert.Equal((a + b) % modulus, NumberOf(x.Plus(y)));
                Assert.Equal((a - b + (2 * modulus)) % modulus, NumberOf(x.Minus(y)));
                Assert.Equal(a * b % modulus, NumberOf(x.Times(y)));
                Assert.Equal((a + b) * (a - b + (2 * modulus)) % modulus, NumberOf(x.Plus(y).Times(x.Minus(y))));
            }
        }
    }

    private static FieldElement ElementOf(BigInteger value)
    {
        byte[] octets = new byte[32];
        Assert.True(value.TryWriteBytes(octets, out _, isUnsigned: true));
        return FieldElement.Read(octets);
    }

    private static BigInteger NumberOf(FieldElement element)
    {
        byte[] octets = new byte[32];
        element.Write(octets);
        return new BigInteger(octets, isUnsigned: true);
    }

    /// <summary>CRYPTO.X25519: the base point is 9, so deriving is agreeing with 9.</summary>
    [Fact]
    public void DerivedKey_IsAgreementWithTheBasePoint()
    {
        byte[] scalar = Hex.Bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
        byte[] nine = new byte[32];
        nine[0] = 9;
        byte[] expected = new byte[32];
        byte[] derived = new byte[32];
        Assert.True(X25519.TryAgree(scalar, nine, expected));
        X25519.DerivePublicKey(scalar, derived);
        Assert.Equal(expected, derived);
        using X25519KeyPair pair = new(scalar);
        Assert.Equal(expected, pair.PublicKey.ToArray());
    }

    /// <summary>CRYPTO.X25519: a point of low order gives nothing, and zeros.</summary>
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void LowOrderPeer_IsRefused(string point)
    {
        byte[] scalar = Hex.Bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
        byte[] shared = Hex.Bytes("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
        Assert.False(X25519.TryAgree(scalar, Hex.Bytes(point), shared));
        Assert.Equal(new byte[32], shared);
    }

    /// <summary>CRYPTO.X25519: all of Wycheproof; refused exactly where the result would be zero.</summary>
    [Fact]
    public void Wycheproof_Agrees() => Wycheproof.Run(output, "x25519", CheckCase, 500);

    private static bool CheckCase(JsonElement group, JsonElement test)
    {
        byte[] shared = new byte[32];
        byte[] expected = Hex.Property(test, "shared");
        bool agreed = X25519.TryAgree(Hex.Property(test, "private"), Hex.Property(test, "public"), shared);
        Assert.True(agreed == expected.AsSpan().ContainsAnyExcept((byte)0), Wycheproof.Name(test));
        Assert.True(expected.AsSpan().SequenceEqual(shared), Wycheproof.Name(test));
        return true;
    }
}
