using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>AES-256-GCM on every path of this machine: libsodium's and our own. (CRYPTO.AEAD-PATHS)</summary>
public sealed class AesGcmPathTests(ITestOutputHelper output)
{
    private const int Tag = Aead.TagBytes;

    private static readonly GcmPath[] s_allPaths = [GcmPath.Sodium, GcmPath.Vector128, GcmPath.Vector256];

    public static TheoryData<string> Paths
    {
        get
        {
            TheoryData<string> names = [];
            foreach (GcmPath path in s_allPaths)
            {
                names.Add(path.ToString());
            }

            return names;
        }
    }

    public static TheoryData<string, string, string, string, string, string> PathsAndNistCases
    {
        get
        {
            const string Zeros = "0000000000000000000000000000000000000000000000000000000000000000";
            TheoryData<string, string, string, string, string, string> rows = [];
            foreach (GcmPath path in s_allPaths)
            {
                rows.Add(path.ToString(), Zeros, "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b");
                rows.Add(
                    path.ToString(), Zeros, "000000000000000000000000", "", "00000000000000000000000000000000",
                    "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
                rows.Add(
                    path.ToString(), "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
                    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
                    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                    + "76fc6ece0f4e1768cddf8853bb2d551b");
            }

            return rows;
        }
    }

    /// <summary>The AES-256 cases 13, 14 and 16 of the GCM submission to NIST.</summary>
    [Theory]
    [MemberData(nameof(PathsAndNistCases))]
    public void NistGcmVector_SealsAndOpens(
        string pathName, string key, string nonce, string associated, string plaintext, string expected)
    {
        using Aead aead = Create(pathName, Hex.Bytes(key));
        byte[] text = Hex.Bytes(plaintext);
        byte[] written = new byte[text.Length + Tag];
        aead.Seal(Hex.Bytes(nonce), Hex.Bytes(associated), text, written);
        Assert.Equal(expected, Hex.Text(written));
        byte[] opened = new byte[text.Length];
        Assert.True(aead.TryOpen(Hex.Bytes(nonce), Hex.Bytes(associated), written, opened));
        Assert.Equal(text, opened);
    }

    /// <summary>A whole cell of counting octets under a key of counting octets; made with another library.</summary>
    [Theory]
    [MemberData(nameof(Paths))]
    public void CountingCell_HasTheFixedResult(string pathName)
    {
        using Aead aead = Create(pathName, Counting(32));
        byte[] written = new byte[256 + Tag];
        aead.Seal(1, [], Counting(256), written);
        Assert.Equal("15d7bdff40f1361906275b32e0ab34f8", Hex.Text(written.AsSpan(0, 16)));
        Assert.Equal("86f203ee1017b4193dd18f41a9358373", Hex.Text(written.AsSpan(256)));
        Assert.Equal("92dc1d779d4694517f1b8acb27b264caa3fec7510fc32b86abfbf464eaadc1cc", Hex.Text(SHA256.HashData(written)));
    }

    /// <summary>All Wycheproof cases with a 256-bit key, a 96-bit nonce and a 128-bit tag, those of forgeries included.</summary>
    [Theory]
    [MemberData(nameof(Paths))]
    public void Wycheproof_SealsAndOpens(string pathName)
    {
        RequirePath(pathName);
        Wycheproof.Run(output, "aes_gcm", (group, test) => CheckCase(pathName, group, test), 60);
    }

    /// <summary>Every length up to three cells and some long ones, with and without associated octets, against libsodium and in place.</summary>
    [Theory]
    [InlineData("Vector128")]
    [InlineData("Vector256")]
    public void AllLengths_EqualLibsodium(string pathName)
    {
        RequirePath("Sodium");
        Random random = new(31);
        byte[] key = Draw(random, 32);
        using Aead aead = Create(pathName, key);
        using Aead sodium = Create("Sodium", key);
        for (int length = 0; length <= 768; length++)
        {
            Compare(aead, sodium, random, length);
        }

        foreach (int length in (int[])[1200, 2047, 4096, 40_000])
        {
            Compare(aead, sodium, random, length);
        }
    }

    /// <summary>Cells under many keys and counters, the extreme counters too, against libsodium and the platform.</summary>
    [Theory]
    [InlineData("Vector128")]
    [InlineData("Vector256")]
    public void ManyKeysAndCounters_EqualLibsodiumAndPlatform(string pathName)
    {
        RequirePath("Sodium");
        Random random = new(32);
        byte[] nonce = new byte[12];
        byte[] expected = new byte[256 + Tag];
        byte[] written = new byte[256 + Tag];
        foreach (ulong counter in (ulong[])[0, 1, 255, 256, uint.MaxValue, 1UL << 32, ulong.MaxValue - 1, (ulong)random.NextInt64()])
        {
            for (int round = 0; round < 50; round++)
            {
                byte[] key = Draw(random, 32);
                byte[] text = Draw(random, 256);
                using Aead aead = Create(pathName, key);
                using Aead sodium = Create("Sodium", key);
                sodium.Seal(counter, [], text, expected);
                aead.Seal(counter, [], text, written);
                Assert.Equal(expected, written);
                BinaryPrimitives.WriteUInt64BigEndian(nonce.AsSpan(4), counter);
                using AesGcm platform = new(key, Tag);
                platform.Encrypt(nonce, text, written.AsSpan(0, 256), written.AsSpan(256));
                Assert.Equal(expected, written);
            }
        }
    }

    /// <summary>A changed bit anywhere is refused, and our own paths then write nothing at all.</summary>
    [Theory]
    [InlineData("Vector128", 256)]
    [InlineData("Vector256", 256)]
    [InlineData("Vector128", 100)]
    [InlineData("Vector256", 100)]
    public void AnyChange_IsRefusedAndLeavesTheDestination(string pathName, int length)
    {
        using Aead aead = Create(pathName, Counting(32));
        byte[] sealedBytes = new byte[length + Tag];
        byte[] opened = new byte[length];
        aead.Seal(9, [], Counting(length), sealedBytes);
        opened.AsSpan().Fill(0xEE);
        for (int bit = 0; bit < sealedBytes.Length * 8; bit++)
        {
            sealedBytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(aead.TryOpen(9, [], sealedBytes, opened), $"bit {bit}");
            Assert.True(opened.AsSpan().IndexOfAnyExcept((byte)0xEE) < 0, $"bit {bit}");
            sealedBytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(aead.TryOpen(9, [], sealedBytes, opened));
        Assert.Equal(Counting(length), opened);
    }

    /// <summary>Neighbours of a cell inside a larger buffer stay as they are.</summary>
    [Theory]
    [MemberData(nameof(Paths))]
    public void CellInsideLargerBuffer_LeavesNeighboursAlone(string pathName)
    {
        using Aead aead = Create(pathName, Counting(32));
        byte[] buffer = new byte[400];
        buffer.AsSpan().Fill(0xA5);
        aead.Seal(3, [], buffer.AsSpan(50, 256), buffer.AsSpan(50, 272));
        Assert.True(aead.TryOpen(3, [], buffer.AsSpan(50, 272), buffer.AsSpan(50, 256)));
        buffer.AsSpan(50 + 256, Tag).Fill(0xA5);
        Assert.True(buffer.AsSpan().IndexOfAnyExcept((byte)0xA5) < 0);
    }

    /// <summary>The fastest path of this machine is taken unless another is asked for; one that is not there is refused.</summary>
    [Fact]
    public void Path_CanBeChosen()
    {
        Assert.Throws<PlatformNotSupportedException>(() => new Aead(AeadSuite.Aes256Gcm, new byte[32], (GcmPath)9));
        Assert.Equal(AesGcm256.IsSupported(GcmPath.Vector128), AesGcm256.BestPath != GcmPath.Sodium);
        Assert.Equal(AesGcm256.IsSupported(GcmPath.Vector256), AesGcm256.BestPath == GcmPath.Vector256);
        output.WriteLine($"best path here: {AesGcm256.BestPath}");
    }

    private static void Compare(Aead aead, Aead sodium, Random random, int length)
    {
        byte[] nonce = Draw(random, 12);
        byte[] associated = Draw(random, length % 3 == 0 ? 0 : random.Next(300));
        byte[] text = Draw(random, length);
        byte[] expected = new byte[length + Tag];
        byte[] buffer = new byte[length + Tag];
        sodium.Seal(nonce, associated, text, expected);
        aead.Seal(nonce, associated, text, buffer);
        Assert.True(expected.AsSpan().SequenceEqual(buffer), $"length {length}, associated {associated.Length}");
        text.CopyTo(buffer, 0);
        aead.Seal(nonce, associated, buffer.AsSpan(0, length), buffer);
        Assert.True(expected.AsSpan().SequenceEqual(buffer), $"in place, length {length}");
        Assert.True(aead.TryOpen(nonce, associated, buffer, buffer.AsSpan(0, length)), $"length {length}");
        Assert.True(text.AsSpan().SequenceEqual(buffer.AsSpan(0, length)), $"length {length}");
    }

    private static bool CheckCase(string pathName, JsonElement group, JsonElement test)
    {
        if (group.GetProperty("keySize").GetInt32() != 256
            || group.GetProperty("ivSize").GetInt32() != 96
            || group.GetProperty("tagSize").GetInt32() != 128)
        {
            return false;
        }

        using Aead aead = Create(pathName, Hex.Property(test, "key"));
        byte[] nonce = Hex.Property(test, "iv");
        byte[] associated = Hex.Property(test, "aad");
        byte[] plaintext = Hex.Property(test, "msg");
        byte[] expected = [.. Hex.Property(test, "ct"), .. Hex.Property(test, "tag")];
        byte[] opened = new byte[expected.Length - Tag];
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

    private static Aead Create(string pathName, byte[] key) => new(AeadSuite.Aes256Gcm, key, RequirePath(pathName));

    private static GcmPath RequirePath(string name)
    {
        GcmPath path = Enum.Parse<GcmPath>(name);
        Assert.SkipUnless(AesGcm256.IsSupported(path), $"no {name} on this machine");
        return path;
    }

    private static byte[] Counting(int count)
    {
        byte[] octets = new byte[count];
        for (int i = 0; i < count; i++)
        {
            octets[i] = unchecked((byte)i);
        }

        return octets;
    }

    private static byte[] Draw(Random random, int count)
    {
        byte[] octets = new byte[count];
        random.NextBytes(octets);
        return octets;
    }
}
