using System;
using OnionSip.Media;
using Xunit;

namespace OnionSip.Tests.Media;

/// <summary>MEDIA.G711</summary>
public sealed class G711Tests
{
    /// <summary>ITU-T G.711 tables 1 and 2: ends, zeros and segment borders, scaled to 16 bits.</summary>
    [Theory]
    [InlineData(G711Law.Mu, 0x00, -32_124)]
    [InlineData(G711Law.Mu, 0x80, 32_124)]
    [InlineData(G711Law.Mu, 0xFF, 0)]
    [InlineData(G711Law.Mu, 0x7F, 0)]
    [InlineData(G711Law.Mu, 0xEF, 132)]
    [InlineData(G711Law.Mu, 0x8F, 16_764)]
    [InlineData(G711Law.A, 0xD5, 8)]
    [InlineData(G711Law.A, 0x55, -8)]
    [InlineData(G711Law.A, 0xAA, 32_256)]
    [InlineData(G711Law.A, 0x2A, -32_256)]
    [InlineData(G711Law.A, 0xC5, 264)]
    [InlineData(G711Law.A, 0xA5, 16_896)]
    public void Codes_DecodeToTheStandardsValues(G711Law law, int code, int sample) => Assert.Equal(sample, G711.Decode((byte)code, law));

    /// <summary>MEDIA.G711: every code but the two zeros of µ-law survives decoding and encoding.</summary>
    [Theory]
    [InlineData(G711Law.Mu)]
    [InlineData(G711Law.A)]
    public void EveryCode_SurvivesARoundTrip(G711Law law)
    {
        for (int code = 0; code < 256; code++)
        {
            byte expected = law == G711Law.Mu && code == 0x7F ? (byte)0xFF : (byte)code;
            Assert.Equal(expected, G711.Encode(G711.Decode((byte)code, law), law));
        }
    }

    /// <summary>MEDIA.G711: the step never exceeds that of the segment (1/16 of the value and a floor).</summary>
    [Theory]
    [InlineData(G711Law.Mu)]
    [InlineData(G711Law.A)]
    public void EverySample_IsCloseAfterARoundTrip(G711Law law)
    {
        for (int sample = -32_768; sample <= 32_767; sample++)
        {
            int error = Math.Abs(G711.Decode(G711.Encode((short)sample, law), law) - sample);
            Assert.True(error <= (Math.Abs(sample) / 24) + 16, $"{law} {sample} off by {error}");
        }
    }

    /// <summary>MEDIA.G711: conversion between the laws is that through linear samples, and silence stays silence.</summary>
    [Fact]
    public void Conversion_GoesThroughLinear()
    {
        byte[] codes = [0x00, 0x35, 0x80, G711.Silence(G711Law.Mu)];
        G711.Convert(codes, G711Law.Mu, G711Law.A);
        Assert.Equal(G711.Encode(G711.Decode(0x35, G711Law.Mu), G711Law.A), codes[1]);
        Assert.Equal(G711.Silence(G711Law.A), codes[3]);
    }
}
