using System;
using System.Text.Json;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>ML-KEM-768 against public vectors, and its refusals. (CRYPTO.ML-KEM, CRYPTO.ML-KEM-VECTORS, CRYPTO.ML-KEM-PLATFORM)</summary>
public sealed class MlKem768Tests(ITestOutputHelper output)
{
    private const string Folder = "crypto/wycheproof/";

    public static TheoryData<string> Paths => [nameof(MlKemPath.Own), nameof(MlKemPath.Platform)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Wycheproof_KeyGeneration(string pathName)
    {
        MlKemPath path = RequirePath(pathName);
        int count = ForEach("mlkem_768_keygen_seed_test.json.gz", row =>
        {
            (byte[] encapsulationKey, byte[] decapsulationKey) = MakeKeys(path, Octets(row, "seed"));
            Assert.Equal(Octets(row, "ek"), encapsulationKey);
            Assert.Equal(Octets(row, "dk"), decapsulationKey);
        });
        Assert.Equal(100, count);
    }

    [Fact]
    public void Wycheproof_Encapsulation()
    {
        int refused = 0;
        int count = ForEach("mlkem_768_encaps_test.json.gz", row =>
        {
            byte[] ciphertext = new byte[MlKem768.CiphertextBytes];
            byte[] secret = new byte[MlKem768.SharedSecretBytes];
            byte[] randomness = Octets(row, "m");
            bool isValid = IsValid(row);
            Assert.Equal(32, randomness.Length);
            Assert.Equal(isValid, MlKem768.TryEncapsulate(Octets(row, "ek"), randomness, ciphertext, secret));
            Assert.Equal(isValid ? Octets(row, "c") : new byte[ciphertext.Length], ciphertext);
            Assert.Equal(isValid ? Octets(row, "K") : new byte[secret.Length], secret);
            refused += isValid ? 0 : 1;
        });
        output.WriteLine($"{refused} refused");
        Assert.Equal(265, count);
        Assert.Equal(132, refused);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Wycheproof_SeedAndDecapsulation(string pathName)
    {
        MlKemPath path = RequirePath(pathName);
        int refused = 0;
        int count = ForEach("mlkem_768_test.json.gz", row =>
        {
            byte[] secret = new byte[MlKem768.SharedSecretBytes];
            byte[] seed = Octets(row, "seed");
            if (seed.Length != MlKem768.SeedBytes)
            {
                // A seed of the wrong length is a mistake of the caller, not of a peer.
                Assert.False(IsValid(row));
                Assert.Throws<ArgumentException>(() => MakeKeys(path, seed));
                refused++;
                return;
            }

            (byte[] encapsulationKey, byte[] decapsulationKey) = MakeKeys(path, seed);
            if (row.TryGetProperty("ek", out _))
            {
                Assert.Equal(Octets(row, "ek"), encapsulationKey);
            }

            bool isDone = MlKem768.TryDecapsulate(path, decapsulationKey, Octets(row, "c"), secret);
            Assert.Equal(IsValid(row), isDone);
            Assert.Equal(isDone ? Octets(row, "K") : new byte[32], secret);
            refused += isDone ? 0 : 1;
        });
        output.WriteLine($"{refused} refused");
        Assert.Equal(193, count);
        Assert.Equal(40, refused);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Wycheproof_ExpandedKeyDecapsulation(string pathName)
    {
        MlKemPath path = RequirePath(pathName);
        int refused = 0;
        int count = ForEach("mlkem_768_semi_expanded_decaps_test.json.gz", row =>
        {
            byte[] secret = new byte[MlKem768.SharedSecretBytes];
            bool isDone = MlKem768.TryDecapsulate(path, Octets(row, "dk"), Octets(row, "c"), secret);
            Assert.Equal(IsValid(row), isDone);
            Assert.Equal(isDone ? Octets(row, "K") : new byte[32], secret);
            refused += isDone ? 0 : 1;
        });
        output.WriteLine($"{refused} refused");
        Assert.Equal(9, count);
        Assert.Equal(6, refused);
    }

    /// <summary>The first row of the official round 3 seeds, as hashes of the long outputs.</summary>
    [Fact]
    public void OfficialSeed0_KnownAnswer()
    {
        (byte[] encapsulationKey, byte[] decapsulationKey) = MakeKeys(MlKemPath.Own, Convert.FromHexString(
            "7c9935a0b07694aa0c6d10e4db6b1add2fd81a25ccb148032dcd739936737f2d"
            + "8626ed79d451140800e03b59b956f8210e556067407d13dc90fa9e8b872bfb8f"));
        byte[] ciphertext = new byte[MlKem768.CiphertextBytes];
        byte[] secret = new byte[32];
        byte[] recovered = new byte[32];
        Assert.True(MlKem768.TryEncapsulate(
            encapsulationKey, Convert.FromHexString("147c03f7a5bebba406c8fae1874d7f13c80efe79a3a9a874cc09fe76f6997615"), ciphertext, secret));
        Assert.True(MlKem768.TryDecapsulate(MlKemPath.Own, decapsulationKey, ciphertext, recovered));
        Assert.Equal("e7184a0975ee3470878d2d159ec83129c8aec253d4ee17b4810311d198cd0368", Convert.ToHexStringLower(secret));
        Assert.Equal(secret, recovered);
        Assert.StartsWith("a8e651a1e685f22478a8954f007bc7711b930772", Convert.ToHexStringLower(encapsulationKey));
        Assert.StartsWith("c8391085b8d3ea9794212541b2914f08964d3352", Convert.ToHexStringLower(ciphertext));
    }

    /// <summary>A changed ciphertext gives SHAKE256(z ‖ c), which the sender cannot know, and no error.</summary>
    [Theory]
    [MemberData(nameof(Paths))]
    public void ChangedCiphertext_GivesRejectionSecret(string pathName)
    {
        MlKemPath path = RequirePath(pathName);
        Random random = new(3);
        byte[] seed = Draw(random, 64);
        (byte[] encapsulationKey, byte[] decapsulationKey) = MakeKeys(path, seed);
        byte[] ciphertext = new byte[MlKem768.CiphertextBytes];
        byte[] secret = new byte[32];
        Assert.True(MlKem768.TryEncapsulate(encapsulationKey, Draw(random, 32), ciphertext, secret));
        for (int position = 0; position < ciphertext.Length; position += 31)
        {
            byte[] changed = (byte[])ciphertext.Clone();
            changed[position] ^= (byte)(1 << (position % 8));
            byte[] rejected = new byte[32];
            byte[] expected = new byte[32];
            Assert.True(MlKem768.TryDecapsulate(path, decapsulationKey, changed, rejected));
            KeccakSponge.Shake256(seed.AsSpan(32), changed, expected);
            Assert.Equal(expected, rejected);
        }
    }

    [Fact]
    public void RandomKeysAndMessages_AgreeOnBothSides()
    {
        Random random = new(5);
        byte[] ciphertext = new byte[MlKem768.CiphertextBytes];
        byte[] secret = new byte[32];
        byte[] recovered = new byte[32];
        for (int i = 0; i < 300; i++)
        {
            (byte[] encapsulationKey, byte[] decapsulationKey) = MakeKeys(MlKemPath.Own, Draw(random, 64));
            Assert.True(MlKem768.TryEncapsulate(encapsulationKey, Draw(random, 32), ciphertext, secret));
            Assert.True(MlKem768.TryDecapsulate(MlKemPath.Own, decapsulationKey, ciphertext, recovered));
            Assert.Equal(secret, recovered);
        }
    }

    [Fact]
    public void WrongLengths_AreRefusedOrThrow()
    {
        byte[] secret = new byte[32];
        byte[] ciphertext = new byte[MlKem768.CiphertextBytes];
        Assert.False(MlKem768.TryEncapsulate(new byte[1183], new byte[32], ciphertext, secret));
        Assert.False(MlKem768.TryDecapsulate(new byte[2399], ciphertext, secret));
        Assert.False(MlKem768.TryDecapsulate(new byte[2400], new byte[1087], secret));
        Assert.Throws<ArgumentException>(() => MlKem768.TryEncapsulate(new byte[1184], new byte[31], ciphertext, secret));
        Assert.Throws<ArgumentException>(() => MlKem768.TryDecapsulate(new byte[2400], ciphertext, new byte[31]));
    }

    [Fact]
    public void OwnPath_AllocatesNothing()
    {
        byte[] seed = new byte[64];
        byte[] encapsulationKey = new byte[MlKem768.EncapsulationKeyBytes];
        byte[] decapsulationKey = new byte[MlKem768.DecapsulationKeyBytes];
        byte[] ciphertext = new byte[MlKem768.CiphertextBytes];
        byte[] secret = new byte[32];
        long before = 0;
        for (int i = 0; i < 20; i++)
        {
            before = i == 10 ? GC.GetAllocatedBytesForCurrentThread() : before;
            MlKem768.GenerateKeyPair(MlKemPath.Own, seed, encapsulationKey, decapsulationKey);
            MlKem768.TryEncapsulate(encapsulationKey, seed.AsSpan(0, 32), ciphertext, secret);
            MlKem768.TryDecapsulate(MlKemPath.Own, decapsulationKey, ciphertext, secret);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static MlKemPath RequirePath(string name)
    {
        MlKemPath path = Enum.Parse<MlKemPath>(name);
        Assert.SkipUnless(path == MlKemPath.Own || MlKem768.BestPath == path, "the platform has no ML-KEM");
        return path;
    }

    private static (byte[] EncapsulationKey, byte[] DecapsulationKey) MakeKeys(MlKemPath path, byte[] seed)
    {
        byte[] encapsulationKey = new byte[MlKem768.EncapsulationKeyBytes];
        byte[] decapsulationKey = new byte[MlKem768.DecapsulationKeyBytes];
        MlKem768.GenerateKeyPair(path, seed, encapsulationKey, decapsulationKey);
        return (encapsulationKey, decapsulationKey);
    }

    private int ForEach(string file, Action<JsonElement> check)
    {
        using JsonDocument document = SharedData.RequireJson(Folder + file);
        int count = 0;
        foreach (JsonElement group in document.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            foreach (JsonElement row in group.GetProperty("tests").EnumerateArray())
            {
                check(row);
                count++;
            }
        }

        output.WriteLine($"{file}: {count} rows");
        return count;
    }

    private static bool IsValid(JsonElement row) => row.GetProperty("result").GetString() == "valid";

    private static byte[] Draw(Random random, int count)
    {
        byte[] octets = new byte[count];
        random.NextBytes(octets);
        return octets;
    }

    private static byte[] Octets(JsonElement row, string name) => Convert.FromHexString(row.GetProperty(name).GetString()!);
}
