using System;
using System.Text.Json;
using OnionSip.Crypto;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.AEAD</summary>
public sealed class AeadTests(ITestOutputHelper output)
{
    /// <summary>CRYPTO.AEAD: RFC 8439 §2.8.2</summary>
    [Fact]
    public void Rfc8439Vector_SealsAndOpens() => CheckKnownAnswer(
        AeadSuite.ChaCha20Poly1305,
        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        "070000004041424344454647",
        "50515253c0c1c2c3c4c5c6c7",
        "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f6666657220796f"
        + "75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e",
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67e"
        + "cd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116"
        + "1ae10b594f09e26a7e902ecbd0600691");

    /// <summary>CRYPTO.AEAD: the AES-256 cases 13, 14 and 16 of the GCM submission to NIST.</summary>
    [Theory]
    [InlineData(
        "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
        "530f8afbc74536b9a963b4f1c4cb738b")]
    [InlineData(
        "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
        "00000000000000000000000000000000",
        "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")]
    [InlineData(
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        + "76fc6ece0f4e1768cddf8853bb2d551b")]
    public void NistGcmVector_SealsAndOpens(string key, string nonce, string associated, string plaintext, string expected)
    {
        RequireAes();
        CheckKnownAnswer(AeadSuite.Aes256Gcm, key, nonce, associated, plaintext, expected);
    }

    /// <summary>CRYPTO.AEAD: the counter's byte order is Noise's, which differs between the suites.</summary>
    [Theory]
    [InlineData(AeadSuite.Aes256Gcm, "000000000102030405060708")]
    [InlineData(AeadSuite.ChaCha20Poly1305, "000000000807060504030201")]
    public void Counter_BecomesTheNonceAsInNoise(AeadSuite suite, string nonce)
    {
        Require(suite);
        using Aead aead = new(suite, new byte[32]);
        byte[] byCounter = new byte[17];
        byte[] byNonce = new byte[17];
        aead.Seal(0x0102030405060708, [], [7], byCounter);
        aead.Seal(Hex.Bytes(nonce), [], [7], byNonce);
        Assert.Equal(byNonce, byCounter);
    }

    /// <summary>CRYPTO.AEAD: any changed bit, counter or associated byte is refused and no plaintext appears.</summary>
    [Theory]
    [InlineData(AeadSuite.Aes256Gcm)]
    [InlineData(AeadSuite.ChaCha20Poly1305)]
    public void AnyChange_IsRefused(AeadSuite suite)
    {
        Require(suite);
        byte[] key = new byte[32];
        new SeededEntropy(2).Fill(key);
        using Aead aead = new(suite, key);
        byte[] plaintext = new byte[256];
        plaintext.AsSpan().Fill(0x5a);
        byte[] sealedBytes = new byte[272];
        byte[] opened = new byte[256];
        aead.Seal(7, [1, 2], plaintext, sealedBytes);
        for (int bit = 0; bit < sealedBytes.Length * 8; bit++)
        {
            sealedBytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(aead.TryOpen(7, [1, 2], sealedBytes, opened), $"bit {bit}");
            Assert.DoesNotContain((byte)0x5a, opened);
            sealedBytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.False(aead.TryOpen(8, [1, 2], sealedBytes, opened));
        Assert.False(aead.TryOpen(7, [1, 3], sealedBytes, opened));
        Assert.False(aead.TryOpen(7, [], sealedBytes, opened));
        Assert.False(aead.TryOpen(7, [1, 2], sealedBytes.AsSpan(0, 15), []));
        Assert.True(aead.TryOpen(7, [1, 2], sealedBytes, opened));
        Assert.Equal(plaintext, opened);
    }

    /// <summary>CRYPTO.AEAD: sealing and opening in place; a shifted overlap is a caller's mistake.</summary>
    [Theory]
    [InlineData(AeadSuite.Aes256Gcm)]
    [InlineData(AeadSuite.ChaCha20Poly1305)]
    public void InPlace_GivesTheSameBytes(AeadSuite suite)
    {
        Require(suite);
        using Aead aead = new(suite, new byte[32]);
        byte[] plaintext = new byte[256];
        new SeededEntropy(3).Fill(plaintext);
        byte[] apart = new byte[272];
        aead.Seal(1, [], plaintext, apart);
        byte[] place = new byte[300];
        plaintext.CopyTo(place, 0);
        aead.Seal(1, [], place.AsSpan(0, 256), place.AsSpan(0, 272));
        Assert.Equal(apart, place.AsSpan(0, 272).ToArray());
        Assert.True(aead.TryOpen(1, [], place.AsSpan(0, 272), place.AsSpan(0, 256)));
        Assert.Equal(plaintext, place.AsSpan(0, 256).ToArray());
        Assert.Throws<ArgumentException>(() => aead.Seal(1, [], place.AsSpan(0, 256), place.AsSpan(8, 272)));
    }

    /// <summary>CRYPTO.AEAD: a relay path allocates nothing.</summary>
    [Theory]
    [InlineData(AeadSuite.Aes256Gcm)]
    [InlineData(AeadSuite.ChaCha20Poly1305)]
    public void SealAndOpen_AllocateNothing(AeadSuite suite)
    {
        Require(suite);
        using Aead aead = new(suite, new byte[32]);
        byte[] cell = new byte[272];
        SealAndOpen(aead, cell, 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong counter = 1; counter <= 1000; counter++)
        {
            SealAndOpen(aead, cell, counter);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>CRYPTO.SECRETS: a disposed key is gone, and using it is a caller's mistake.</summary>
    [Fact]
    public void DisposedKey_Throws()
    {
        Aead aead = new(AeadSuite.ChaCha20Poly1305, new byte[32]);
        aead.Dispose();
        Assert.Throws<ObjectDisposedException>(() => aead.Seal(0, [], [], new byte[16]));
    }

    /// <summary>CRYPTO.AEAD</summary>
    [Fact]
    public void UnknownSuite_IsNotSupported()
    {
        Assert.False(Aead.IsSupported(0));
        Assert.Throws<PlatformNotSupportedException>(() => new Aead((AeadSuite)9, new byte[32]));
    }

    /// <summary>CRYPTO.AEAD: all Wycheproof cases with a 256-bit key, a 96-bit nonce and a 128-bit tag.</summary>
    [Fact]
    public void WycheproofAesGcm_SealsAndOpens()
    {
        RequireAes();
        Wycheproof.Run(output, "aes_gcm", (group, test) => CheckCase(AeadSuite.Aes256Gcm, group, test), 60);
    }

    /// <summary>CRYPTO.AEAD: all Wycheproof cases with a 96-bit nonce.</summary>
    [Fact]
    public void WycheproofChaCha20Poly1305_SealsAndOpens() =>
        Wycheproof.Run(output, "chacha20_poly1305", (group, test) => CheckCase(AeadSuite.ChaCha20Poly1305, group, test), 290);

    private static bool CheckCase(AeadSuite suite, JsonElement group, JsonElement test)
    {
        if (group.GetProperty("keySize").GetInt32() != 256
            || group.GetProperty("ivSize").GetInt32() != 96
            || group.GetProperty("tagSize").GetInt32() != 128)
        {
            return false;
        }

        using Aead aead = new(suite, Hex.Property(test, "key"));
        byte[] nonce = Hex.Property(test, "iv");
        byte[] associated = Hex.Property(test, "aad");
        byte[] plaintext = Hex.Property(test, "msg");
        byte[] expected = [.. Hex.Property(test, "ct"), .. Hex.Property(test, "tag")];
        byte[] opened = new byte[expected.Length - Aead.TagBytes];
        Assert.True(aead.TryOpen(nonce, associated, expected, opened) == Wycheproof.IsValid(test), Wycheproof.Name(test));
        if (Wycheproof.IsValid(test))
        {
            byte[] written = new byte[expected.Length];
            aead.Seal(nonce, associated, plaintext, written);
            Assert.True(expected.AsSpan().SequenceEqual(written), Wycheproof.Name(test));
            Assert.True(plaintext.AsSpan().SequenceEqual(opened), Wycheproof.Name(test));
        }

        return true;
    }

    private static void CheckKnownAnswer(
        AeadSuite suite, string key, string nonce, string associated, string plaintext, string expected)
    {
        using Aead aead = new(suite, Hex.Bytes(key));
        byte[] text = Hex.Bytes(plaintext);
        byte[] written = new byte[text.Length + Aead.TagBytes];
        aead.Seal(Hex.Bytes(nonce), Hex.Bytes(associated), text, written);
        Assert.Equal(expected, Hex.Text(written));
        byte[] opened = new byte[text.Length];
        Assert.True(aead.TryOpen(Hex.Bytes(nonce), Hex.Bytes(associated), written, opened));
        Assert.Equal(text, opened);
    }

    private static void SealAndOpen(Aead aead, byte[] cell, ulong counter)
    {
        aead.Seal(counter, [], cell.AsSpan(0, 256), cell);
        Assert.True(aead.TryOpen(counter, [], cell, cell.AsSpan(0, 256)));
    }

    private static void RequireAes() => Require(AeadSuite.Aes256Gcm);

    private static void Require(AeadSuite suite)
    {
        if (!Aead.IsSupported(suite))
        {
            Assert.Skip("this processor has no hardware for " + suite);
        }
    }
}
