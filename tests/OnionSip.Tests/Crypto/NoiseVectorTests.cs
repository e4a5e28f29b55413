using System;
using System.Text.Json;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.NOISE: the plain patterns against the public vectors of the cacophony project.</summary>
public sealed class NoiseVectorTests(ITestOutputHelper output)
{
    private const string File = "crypto/noise/cacophony_25519.json.gz";

    /// <summary>CRYPTO.NOISE</summary>
    [Theory]
    [InlineData(HandshakePattern.NK, "Noise_NK_25519_ChaChaPoly_SHA256")]
    [InlineData(HandshakePattern.IK, "Noise_IK_25519_ChaChaPoly_SHA256")]
    [InlineData(HandshakePattern.XK, "Noise_XK_25519_ChaChaPoly_SHA256")]
    public void CacophonyVector_BothSides_GiveTheSameBytes(HandshakePattern pattern, string name)
    {
        using JsonDocument document = SharedData.RequireJson(File);
        int vectors = 0;
        int messages = 0;
        foreach (JsonElement vector in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            if (vector.GetProperty("protocol_name").GetString() == name)
            {
                vectors++;
                messages += NoiseVectorRun.Check(pattern, vector);
            }
        }

        output.WriteLine($"{name}: {vectors} vectors, {messages} messages");
        Assert.True(vectors > 0);
    }

    /// <summary>CRYPTO.NOISE: one vector of each pattern, for a checkout without the public files.</summary>
    [Theory]
    [InlineData(HandshakePattern.NK)]
    [InlineData(HandshakePattern.IK)]
    [InlineData(HandshakePattern.XK)]
    public void TypedVector_BothSides_GiveTheSameBytes(HandshakePattern pattern)
    {
        using JsonDocument document = JsonDocument.Parse(NoiseKnownAnswers.Of(pattern));
        Assert.True(NoiseVectorRun.Check(pattern, document.RootElement) >= 4);
    }
}
