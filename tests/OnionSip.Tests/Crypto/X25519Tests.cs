using System;
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
