using System;
using System.Security.Cryptography;
using System.Text.Json;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.HKDF and CRYPTO.LABELS</summary>
public sealed class HkdfTests(ITestOutputHelper output)
{
    private const string SecretOfRfc = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";

    /// <summary>CRYPTO.HKDF: RFC 5869 A.1 and A.3.</summary>
    [Theory]
    [InlineData(
        "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")]
    [InlineData(
        "", "",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")]
    public void Rfc5869Vector_ExtractsAndExpands(string salt, string info, string pseudorandomKey, string expected)
    {
        byte[] extracted = new byte[32];
        byte[] expanded = new byte[42];
        Hkdf.Extract(Hex.Bytes(SecretOfRfc), Hex.Bytes(salt), extracted);
        Hkdf.Expand(extracted, Hex.Bytes(info), expanded);
        Assert.Equal(pseudorandomKey, Hex.Text(extracted));
        Assert.Equal(expected, Hex.Text(expanded));
    }

    /// <summary>CRYPTO.HKDF: an empty secret is allowed (the platform's own Extract refuses it on OpenSSL 3.0).</summary>
    [Fact]
    public void EmptySecret_IsHmacOfNothing()
    {
        byte[] extracted = new byte[32];
        Hkdf.Extract([], [1], extracted);
        Assert.Equal(HMACSHA256.HashData([1], []), extracted);
    }

    /// <summary>CRYPTO.HKDF: all of Wycheproof.</summary>
    [Fact]
    public void WycheproofHkdf_Derives() => Wycheproof.Run(output, "hkdf_sha256", CheckHkdf, 80);

    /// <summary>CRYPTO.HKDF: the platform's HMAC, which the handshake rests on, against all of Wycheproof.</summary>
    [Fact]
    public void WycheproofHmac_Matches() => Wycheproof.Run(output, "hmac_sha256", CheckHmac, 170);

    /// <summary>CRYPTO.LABELS: info is label, zero, context; so a label cannot run into a context.</summary>
    [Fact]
    public void Label_IsSeparatedFromContext()
    {
        byte[] key = new byte[32];
        byte[] labelled = new byte[32];
        byte[] plain = new byte[32];
        Hkdf.ExpandLabel(key, "ab"u8, "c"u8, labelled);
        Hkdf.Expand(key, "ab\0c"u8, plain);
        Assert.Equal(plain, labelled);
        Hkdf.ExpandLabel(key, "a"u8, "bc"u8, plain);
        Assert.NotEqual(plain, labelled);
        Assert.Throws<ArgumentException>(() => Hkdf.ExpandLabel(key, new byte[32], new byte[224], labelled));
    }

    /// <summary>CRYPTO.LABELS: distinct, ASCII, within the limit, and listed in the specification.</summary>
    [Fact]
    public void Labels_AreDistinctAndListed()
    {
        string page = System.IO.File.ReadAllText(RepositoryFiles.Find("specs", "crypto.md"));
        string[] labels = LabelTable.All;
        Assert.True(labels.Length >= 12);
        Assert.Distinct(labels);
        foreach (string label in labels)
        {
            Assert.StartsWith("onionsip 1 ", label);
            Assert.InRange(label.Length, 12, Labels.MaxBytes);
            Assert.DoesNotContain('\0', label);
            Assert.Contains("| `" + label + "` |", page);
        }
    }

    private static bool CheckHkdf(JsonElement group, JsonElement test)
    {
        byte[] pseudorandomKey = new byte[32];
        byte[] derived = new byte[test.GetProperty("size").GetInt32()];
        Hkdf.Extract(Hex.Property(test, "ikm"), Hex.Property(test, "salt"), pseudorandomKey);
        if (!Wycheproof.IsValid(test))
        {
            Assert.True(derived.Length > Hkdf.MaxOutputBytes, Wycheproof.Name(test));
            Assert.ThrowsAny<ArgumentException>(() => Hkdf.Expand(pseudorandomKey, Hex.Property(test, "info"), derived));
            return true;
        }

        Hkdf.Expand(pseudorandomKey, Hex.Property(test, "info"), derived);
        Assert.True(Hex.Property(test, "okm").AsSpan().SequenceEqual(derived), Wycheproof.Name(test));
        return true;
    }

    private static bool CheckHmac(JsonElement group, JsonElement test)
    {
        byte[] whole = HMACSHA256.HashData(Hex.Property(test, "key"), Hex.Property(test, "msg"));
        byte[] tag = Hex.Property(test, "tag");
        bool matches = whole.AsSpan(0, tag.Length).SequenceEqual(tag);
        Assert.True(matches == Wycheproof.IsValid(test), Wycheproof.Name(test));
        return true;
    }

    /// <summary>CRYPTO.NOISE: the handshake's HMAC is the platform's, for keys and data around the block length, and goes on from a copy.</summary>
    [Fact]
    public void HandshakeHmac_EqualsThePlatforms()
    {
        Random random = new(61);
        byte[] output = new byte[32];
        foreach (int keyBytes in (int[])[0, 1, 31, 32, 33, 63, 64, 65, 200])
        {
            foreach (int dataBytes in (int[])[0, 1, 32, 33, 55, 56, 63, 64, 65, 1300])
            {
                byte[] key = new byte[keyBytes];
                byte[] data = new byte[dataBytes];
                random.NextBytes(key);
                random.NextBytes(data);
                HmacSha256 keyed = new(key);
                HmacSha256 copy = keyed;
                keyed.Finish(data, output);
                Assert.Equal(HMACSHA256.HashData(key, data), output);
                copy.Finish(default, output);
                Assert.Equal(HMACSHA256.HashData(key, Array.Empty<byte>()), output);
            }
        }
    }
}
