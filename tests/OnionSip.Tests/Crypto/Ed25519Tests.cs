using System;
using System.Text.Json;
using OnionSip.Crypto;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.ED25519</summary>
public sealed class Ed25519Tests(ITestOutputHelper output)
{
    /// <summary>CRYPTO.ED25519: RFC 8032 §7.1, tests 1 to 3.</summary>
    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Rfc8032Vector_SignsAndVerifies(string seed, string publicKey, string message, string signature)
    {
        byte[] derived = new byte[32];
        byte[] signed = new byte[64];
        Ed25519.DerivePublicKey(Hex.Bytes(seed), derived);
        Ed25519.Sign(Hex.Bytes(seed), Hex.Bytes(message), signed);
        Assert.Equal(publicKey, Hex.Text(derived));
        Assert.Equal(signature, Hex.Text(signed));
        Assert.True(Ed25519.Verify(derived, Hex.Bytes(message), signed));
    }

    /// <summary>CRYPTO.ED25519: any changed bit of key, message or signature is refused.</summary>
    [Fact]
    public void AnyFlippedBit_IsRefused()
    {
        byte[] seed = new byte[32];
        new SeededEntropy(1).Fill(seed);
        byte[] publicKey = new byte[32];
        byte[] signature = new byte[64];
        byte[] message = [1, 2, 3];
        Ed25519.DerivePublicKey(seed, publicKey);
        Ed25519.Sign(seed, message, signature);
        Assert.True(Ed25519.Verify(publicKey, message, signature));
        foreach (byte[] part in new[] { publicKey, message, signature })
        {
            for (int bit = 0; bit < part.Length * 8; bit++)
            {
                part[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(Ed25519.Verify(publicKey, message, signature), $"bit {bit} of {part.Length} bytes");
                part[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    /// <summary>CRYPTO.ED25519: lengths may come from a peer, so they are refused and not thrown.</summary>
    [Fact]
    public void WrongLengths_AreRefused()
    {
        Assert.False(Ed25519.Verify(new byte[31], [], new byte[64]));
        Assert.False(Ed25519.Verify(new byte[32], [], new byte[63]));
        Assert.False(Ed25519.Verify([], [], []));
    }

    /// <summary>CRYPTO.ED25519: all of Wycheproof.</summary>
    [Fact]
    public void Wycheproof_Verifies() => Wycheproof.Run(output, "ed25519", CheckCase, 150);

    private static bool CheckCase(JsonElement group, JsonElement test)
    {
        byte[] publicKey = Hex.Property(group.GetProperty("publicKey"), "pk");
        bool verified = Ed25519.Verify(publicKey, Hex.Property(test, "msg"), Hex.Property(test, "sig"));
        Assert.True(verified == Wycheproof.IsValid(test), Wycheproof.Name(test));
        return true;
    }
}
