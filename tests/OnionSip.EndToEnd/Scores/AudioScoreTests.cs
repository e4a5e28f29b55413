using System;
using OnionSip.Demo.Scores;
using OnionSip.Media;
using Xunit;

namespace OnionSip.EndToEnd.Scores;

/// <summary>The score tells known material apart: what it says of the demo's calls rests on this. (SIP.RULE-14)</summary>
public sealed class AudioScoreTests
{
    private const int Frame = 160;
    private static readonly Speech s_speech = Speech.Load(8, folder: "/nonexistent");

    public static TheoryData<bool> Laws => new(true, false);

    [Fact]
    public void SameSound_IsAWholeMatch()
    {
        AudioScore score = AudioComparison.Compare(s_speech.Caller, s_speech.Caller);
        Assert.True(score.IsGood);
        Assert.InRange(score.Match, 0.9999, 1);
        Assert.Equal(0, score.LagMilliseconds);
    }

    [Theory]
    [MemberData(nameof(Laws))]
    public void G711_IsAMatchOf37Decibels(bool isMu)
    {
        G711Law law = isMu ? G711Law.Mu : G711Law.A;
        short[] heard = Array.ConvertAll(s_speech.Caller.Samples, sample => G711.Decode(G711.Encode(sample, law), law));
        AudioScore score = AudioComparison.Compare(s_speech.Caller, new(heard, Speech.Rate));
        Assert.True(score.IsGood);
        Assert.InRange(score.SignalToNoise, 33, 42);
        Assert.Equal(0, score.Slips);
    }

    [Fact]
    public void LaterBy250Milliseconds_IsFoundAndNoSlip()
    {
        short[] heard = [.. new short[250 * Speech.Rate / 1000], .. s_speech.Caller.Samples];
        AudioScore score = AudioComparison.Compare(s_speech.Caller, new(heard, Speech.Rate));
        Assert.True(score.IsGood);
        Assert.Equal(250, score.LagMilliseconds);
        Assert.Equal(0, score.Slips);
    }

    [Fact]
    public void OneLostPacket_IsOneSlip()
    {
        short[] sent = s_speech.Caller.Samples;
        short[] heard = [.. sent[..(4 * Speech.Rate)], .. sent[((4 * Speech.Rate) + Frame)..]];
        AudioScore score = AudioComparison.Compare(s_speech.Caller, new(heard, Speech.Rate));
        Assert.Equal(1, score.Slips);
        Assert.True(score.IsGood);
    }

    [Fact]
    public void OtherVoice_IsNoMatch() => AssertBad(s_speech.Callee.Samples);

    [Fact]
    public void Silence_IsNoMatch() => AssertBad(new short[8 * Speech.Rate]);

    [Fact]
    public void Nothing_IsNoMatch() => AssertBad([]);

    [Fact]
    public void HalfTheCall_IsNoMatch() => AssertBad(s_speech.Caller.Samples[..(4 * Speech.Rate)]);

    [Fact]
    public void NoiseOf20Decibels_IsMeasured()
    {
        short[] sent = s_speech.Caller.Samples;
        double power = 0;
        foreach (short sample in sent)
        {
            power += (double)sample * sample / sent.Length;
        }

        Random random = new(5);
        double amplitude = Math.Sqrt(3 * power / 100);
        short[] heard = Array.ConvertAll(sent, sample => (short)Math.Clamp(sample + (amplitude * ((2 * random.NextDouble()) - 1)), short.MinValue, short.MaxValue));
        AudioScore score = AudioComparison.Compare(s_speech.Caller, new(heard, Speech.Rate));
        Assert.InRange(score.SignalToNoise, 18.5, 21.5);
    }

    [Fact]
    public void WaveFile_ReadsWhatItWrote()
    {
        string file = System.IO.Path.GetTempFileName();
        WaveFile.Write(file, s_speech.Caller.Samples, Speech.Rate);
        WaveSound read = WaveFile.Read(file);
        System.IO.File.Delete(file);
        Assert.Equal(Speech.Rate, read.Rate);
        Assert.Equal(s_speech.Caller.Samples, read.Samples);
    }

    private static void AssertBad(short[] heard)
    {
        AudioScore score = AudioComparison.Compare(s_speech.Caller, new(heard, Speech.Rate));
        Assert.False(score.IsGood, score.ToString());
    }
}
