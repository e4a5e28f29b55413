using System;
using System.Collections.Generic;
using System.Numerics;
using System.Text.Json;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>HCTR2 and POLYVAL on every path of this machine. (CRYPTO.HCTR2, CRYPTO.HCTR2-KEY, CRYPTO.HCTR2-PATHS, CRYPTO.POLYVAL, CRYPTO.HCTR2-VECTORS)</summary>
public sealed class Hctr2Tests(ITestOutputHelper output)
{
    private static readonly Hctr2Path[] s_allPaths =
        [Hctr2Path.Portable, Hctr2Path.Vector128, Hctr2Path.Vector256, Hctr2Path.Vector512];

    public static TheoryData<string> Paths
    {
        get
        {
            TheoryData<string> names = [];
            foreach (Hctr2Path path in s_allPaths)
            {
                names.Add(path.ToString());
            }

            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Rfc8452_Section_3_Polyval(string pathName)
    {
        Hctr2Path path = RequirePath(pathName);
        byte[] digest = new byte[16];
        Polyval.Compute(
            path,
            Convert.FromHexString("25629347589242761d31f826ba4b757b"),
            Convert.FromHexString("4f4f95668c83dfb6401762bb2d01a262d1a24ddd2721d006bbe45f20d3c9f362"),
            digest);
        Assert.Equal("f7a3b47b846119fae5b7866cf5e5b77e", Convert.ToHexStringLower(digest));
    }

    /// <summary>The first one-block rows of the designers' AES-256 vectors and the shortest with a part block.</summary>
    [Theory]
    [MemberData(nameof(Paths))]
    public void PublishedRow_OneBlock(string pathName)
    {
        using Hctr2 cipher = new(
            Convert.FromHexString("7fc7152ae1f5fda4176769aec92bba82a314e7cfadfd8540da7b7d24bdf17d07"), RequirePath(pathName));
        byte[] buffer = Convert.FromHexString("9be382c65ac19fad4659b80bacc857a0");
        cipher.Encrypt([], buffer);
        Assert.Equal("596a76ff906fbe9b792767778fed2361", Convert.ToHexStringLower(buffer));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void PublishedRows_BothDirections(string pathName)
    {
        Hctr2Path path = RequirePath(pathName);
        using JsonDocument rows = SharedData.RequireJson("crypto/hctr2/hctr2_aes256.json.gz");
        using Hctr2 cipher = new(new byte[32], path);
        int count = 0;
        foreach (JsonElement row in rows.RootElement.EnumerateArray())
        {
            byte[] plaintext = Octets(row, "plaintext");
            byte[] ciphertext = Octets(row, "ciphertext");
            byte[] tweak = Octets(row, "tweak");
            byte[] buffer = (byte[])plaintext.Clone();
            cipher.SetKey(Octets(row, "key"));
            cipher.Encrypt(tweak, buffer);
            Assert.Equal(ciphertext, buffer);
            cipher.Decrypt(tweak, buffer);
            Assert.Equal(plaintext, buffer);
            count++;
        }

        output.WriteLine($"{pathName}: {count} HCTR2 rows");
        Assert.True(count > 300);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void PublishedRows_Polyval(string pathName)
    {
        Hctr2Path path = RequirePath(pathName);
        using JsonDocument rows = SharedData.RequireJson("crypto/hctr2/polyval.json.gz");
        byte[] digest = new byte[16];
        int count = 0;
        foreach (JsonElement row in rows.RootElement.EnumerateArray())
        {
            Polyval.Compute(path, Octets(row, "key"), Octets(row, "message"), digest);
            Assert.Equal(Octets(row, "hash"), digest);
            count++;
        }

        output.WriteLine($"{pathName}: {count} POLYVAL rows");
        Assert.Equal(45, count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(64)]
    public void AllLengths_AllPaths_AgreeAndInvert(int tweakBytes)
    {
        Random random = new(20_000 + tweakBytes);
        byte[] key = Draw(random, 32);
        List<Hctr2> ciphers = SupportedCiphers(key);
        for (int length = 16; length <= 600; length++)
        {
            AgreeAndInvert(ciphers, Draw(random, tweakBytes), Draw(random, length));
        }

        foreach (int length in (int[])[1200, 2047, 4079, 4080, 4095, 4096])
        {
            AgreeAndInvert(ciphers, Draw(random, tweakBytes), Draw(random, length));
        }

        output.WriteLine($"{ciphers.Count} paths compared");
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void MessageInsideLargerBuffer_LeavesNeighboursAlone(string pathName)
    {
        using Hctr2 cipher = new(new byte[32], RequirePath(pathName));
        for (int length = 16; length <= 300; length++)
        {
            byte[] buffer = new byte[length + 64];
            Array.Fill(buffer, (byte)0xA5);
            cipher.Encrypt(new byte[8], buffer.AsSpan(32, length));
            cipher.Decrypt(new byte[8], buffer.AsSpan(32, length));
            Assert.True(buffer.AsSpan().IndexOfAnyExcept((byte)0xA5) < 0, $"length {length}");
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void FlippedCiphertextBit_ChangesEveryBlockByAboutHalf(string pathName)
    {
        Random random = new(7);
        using Hctr2 cipher = new(Draw(random, 32), RequirePath(pathName));
        byte[] tweak = Draw(random, 8);
        byte[] plaintext = Draw(random, 248);
        byte[] sealedCell = (byte[])plaintext.Clone();
        cipher.Encrypt(tweak, sealedCell);
        int changedBits = 0;
        for (int bit = 0; bit < 248 * 8; bit++)
        {
            byte[] opened = (byte[])sealedCell.Clone();
            opened[bit / 8] ^= (byte)(1 << (bit % 8));
            cipher.Decrypt(tweak, opened);
            changedBits += CountChanges(plaintext, opened, bit);
        }

        // 1984 trials of 1984 fair coins: the mean of 992 has a standard error of half a bit.
        double mean = changedBits / (248.0 * 8);
        Assert.InRange(mean, 989, 995);
    }

    [Fact]
    public void OtherTweak_GivesUnrelatedMessage()
    {
        using Hctr2 cipher = new(new byte[32]);
        byte[] buffer = new byte[248];
        cipher.Encrypt([0, 0, 0, 0, 0, 0, 0, 1], buffer);
        cipher.Decrypt([0, 0, 0, 0, 0, 0, 0, 2], buffer);
        Assert.InRange(CountBits(new byte[248], buffer), 800, 1200);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void SetKey_ReplacesTheWholeState(string pathName)
    {
        Random random = new(11);
        byte[] key = Draw(random, 32);
        using Hctr2 fresh = new(key, RequirePath(pathName));
        using Hctr2 reused = new(Draw(random, 32), RequirePath(pathName));
        reused.SetKey(key);
        byte[] a = Draw(random, 248);
        byte[] b = (byte[])a.Clone();
        fresh.Encrypt(new byte[8], a);
        reused.Encrypt(new byte[8], b);
        Assert.Equal(a, b);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void EncryptDecryptAndSetKey_AllocateNothing(string pathName)
    {
        using Hctr2 cipher = new(new byte[32], RequirePath(pathName));
        byte[] buffer = new byte[248];
        byte[] key = new byte[32];
        byte[] tweak = new byte[8];
        Cycle(cipher, key, tweak, buffer);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Cycle(cipher, key, tweak, buffer);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Disposed_Throws_UntilRekeyed()
    {
        Hctr2 cipher = new(new byte[32]);
        cipher.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cipher.Encrypt(default, new byte[16]));
        cipher.SetKey(new byte[32]);
        cipher.Encrypt(default, new byte[16]);
    }

    [Fact]
    public void WrongLengths_Throw()
    {
        using Hctr2 cipher = new(new byte[32]);
        Assert.Throws<ArgumentOutOfRangeException>(() => cipher.Encrypt(default, new byte[15]));
        Assert.Throws<ArgumentOutOfRangeException>(() => cipher.Decrypt(default, new byte[4097]));
        Assert.Throws<ArgumentOutOfRangeException>(() => cipher.Decrypt(new byte[65], new byte[16]));
        Assert.Throws<ArgumentException>(() => cipher.SetKey(new byte[16]));
    }

    private static void Cycle(Hctr2 cipher, byte[] key, byte[] tweak, byte[] buffer)
    {
        cipher.SetKey(key);
        cipher.Encrypt(tweak, buffer);
        cipher.Decrypt(tweak, buffer);
    }

    private static Hctr2Path RequirePath(string name)
    {
        Hctr2Path path = Enum.Parse<Hctr2Path>(name);
        Assert.SkipUnless(Hctr2.IsSupported(path), $"no {name} on this machine");
        return path;
    }

    private static List<Hctr2> SupportedCiphers(byte[] key)
    {
        List<Hctr2> ciphers = [];
        foreach (Hctr2Path path in s_allPaths)
        {
            if (Hctr2.IsSupported(path))
            {
                ciphers.Add(new Hctr2(key, path));
            }
        }

        return ciphers;
    }

    private static void AgreeAndInvert(List<Hctr2> ciphers, byte[] tweak, byte[] message)
    {
        byte[] expected = (byte[])message.Clone();
        ciphers[0].Encrypt(tweak, expected);
        foreach (Hctr2 cipher in ciphers)
        {
            byte[] buffer = (byte[])message.Clone();
            cipher.Encrypt(tweak, buffer);
            Assert.Equal(expected, buffer);
            cipher.Decrypt(tweak, buffer);
            Assert.Equal(message, buffer);
        }
    }

    private static int CountChanges(byte[] plaintext, byte[] opened, int flippedBit)
    {
        for (int block = 0; block < 248; block += 8)
        {
            int changes = CountBits(plaintext.AsSpan(block, 8), opened.AsSpan(block, 8));

            // All of 61,504 half blocks unchanged in fewer than 6 of 64 bits would be a one in 10^7 accident.
            Assert.True(changes >= 6, $"flipping bit {flippedBit} changed {changes} of 64 bits at {block}");
        }

        return CountBits(plaintext, opened);
    }

    private static int CountBits(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        int bits = 0;
        for (int i = 0; i < a.Length; i++)
        {
            bits += BitOperations.PopCount((uint)(a[i] ^ b[i]));
        }

        return bits;
    }

    private static byte[] Draw(Random random, int count)
    {
        byte[] octets = new byte[count];
        random.NextBytes(octets);
        return octets;
    }

    private static byte[] Octets(JsonElement row, string name) => Convert.FromHexString(row.GetProperty(name).GetString()!);
}
