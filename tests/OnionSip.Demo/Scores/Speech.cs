using System;
using System.Collections.Generic;
using System.IO;

namespace OnionSip.Demo.Scores;

/// <summary>What the two phones say: recorded speech where the shared data is at hand, else made-up sounds that behave like speech.</summary>
/// <param name="Caller">At 8 kHz.</param>
/// <param name="Callee">At 8 kHz; another voice.</param>
/// <param name="Source">Where it comes from, for the output.</param>
public sealed record Speech(WaveSound Caller, WaveSound Callee, string Source)
{
    public const int Rate = 8000;

    private static readonly string[] s_callerClips = ["arctic_aew_16k.wav", "lyra_samples_16k.wav"];
    private static readonly string[] s_calleeClips = ["arctic_axb_16k.wav", "visqol_CA01_01_48k.wav"];

    /// <param name="seconds">How much is needed.</param>
    /// <param name="folder">Where clips are looked for; null for the shared data beside the checkout.</param>
    public static Speech Load(double seconds, string? folder = null)
    {
        int samples = (int)(seconds * Rate);
        folder ??= FindShared();
        if (folder is not null && Array.TrueForAll<string>([.. s_callerClips, .. s_calleeClips], clip => File.Exists(Path.Combine(folder, clip))))
        {
            return new(
                Join(folder, s_callerClips, samples),
                Join(folder, s_calleeClips, samples),
                "recorded speech (" + string.Join(", ", s_callerClips) + ")");
        }

        return new(
            new(SyntheticVoice.Speak(1, samples, Rate), Rate),
            new(SyntheticVoice.Speak(2, samples, Rate), Rate),
            "made-up speech (no recordings at hand)");
    }

    private static string? FindShared()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string shared = Path.Combine(folder.FullName, "shared", "data", "speech");
            if (System.IO.Directory.Exists(shared))
            {
                return shared;
            }
        }

        return null;
    }

    private static WaveSound Join(string folder, string[] clips, int samples)
    {
        List<short> all = [];
        foreach (string clip in clips)
        {
            all.AddRange(Decimation.To8000(WaveFile.Read(Path.Combine(folder, clip))));
        }

        List<short> joined = [];
        while (joined.Count < samples)
        {
            joined.AddRange(all);
        }

        joined.RemoveRange(samples, joined.Count - samples);
        return new([.. joined], Rate);
    }
}

/// <summary>Brings sound from a multiple of 8 kHz down to 8 kHz, band-limited.</summary>
internal static class Decimation
{
    private const int TapsPerFactor = 24;
    private const double Cutoff = 0.46;

    internal static short[] To8000(WaveSound sound)
    {
        int factor = sound.Rate / Speech.Rate;
        if (factor * Speech.Rate != sound.Rate)
        {
            throw new InvalidDataException("the rate is not a multiple of 8 kHz");
        }

        if (factor == 1)
        {
            return sound.Samples;
        }

        double[] taps = MakeTaps(factor);
        short[] output = new short[sound.Samples.Length / factor];
        for (int index = 0; index < output.Length; index++)
        {
            double sum = 0;
            for (int tap = 0; tap < taps.Length; tap++)
            {
                int place = (index * factor) + tap - (taps.Length / 2);
                sum += place >= 0 && place < sound.Samples.Length ? taps[tap] * sound.Samples[place] : 0;
            }

            output[index] = (short)Math.Clamp(sum, short.MinValue, short.MaxValue);
        }

        return output;
    }

    /// <summary>A windowed sinc whose taps sum to one.</summary>
    private static double[] MakeTaps(int factor)
    {
        double[] taps = new double[(2 * factor * TapsPerFactor) + 1];
        double sum = 0;
        for (int index = 0; index < taps.Length; index++)
        {
            double x = (index - (taps.Length / 2)) * 2 * Cutoff / factor;
            double sinc = x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
            taps[index] = sinc * (0.54 - (0.46 * Math.Cos(2 * Math.PI * index / (taps.Length - 1))));
            sum += taps[index];
        }

        return Array.ConvertAll(taps, tap => tap / sum);
    }
}

/// <summary>Sounds with the traits of speech that matter here: pitch, formants, syllables, hiss, pauses; the same for the same seed.</summary>
internal static class SyntheticVoice
{
    private static readonly (double First, double Second)[] s_vowels = [(730, 1090), (270, 2290), (300, 870), (530, 1840), (660, 1720), (440, 1020)];

    internal static short[] Speak(ulong seed, int samples, int rate)
    {
        NoiseSource noise = new(seed);
        List<double> sound = [];
        double pitch = 95 + (noise.Next() * 90);
        while (sound.Count < samples)
        {
            AddSyllable(sound, noise, pitch, rate);
            int pause = (int)(rate * (noise.Next() < 0.2 ? 0.12 + (0.2 * noise.Next()) : 0.02));
            for (int index = 0; index < pause; index++)
            {
                sound.Add(0);
            }
        }

        short[] output = new short[samples];
        for (int index = 0; index < samples; index++)
        {
            output[index] = (short)Math.Clamp(sound[index] * 5200, short.MinValue, short.MaxValue);
        }

        return output;
    }

    private static void AddSyllable(List<double> sound, NoiseSource noise, double pitch, int rate)
    {
        (double first, double second) = s_vowels[(int)(noise.Next() * s_vowels.Length)];
        int hiss = (int)(rate * 0.05 * noise.Next());
        for (int index = 0; index < hiss; index++)
        {
            sound.Add(0.35 * (noise.Next() - 0.5));
        }

        Resonator low = new(first * (0.92 + (0.16 * noise.Next())), 80, rate);
        Resonator high = new(second * (0.92 + (0.16 * noise.Next())), 120, rate);
        double tone = pitch * (0.85 + (0.3 * noise.Next()));
        double fall = 0.05 + (0.2 * noise.Next());
        int length = (int)(rate * (0.12 + (0.14 * noise.Next())));
        double phase = 0;
        for (int index = 0; index < length; index++)
        {
            double place = (double)index / length;
            phase += tone * (1 - (fall * place)) / rate;
            double pulse = phase >= 1 ? 1 : 0;
            phase -= pulse;
            double source = pulse + (0.01 * (noise.Next() - 0.5));
            double envelope = Math.Sin(Math.PI * Math.Min(1, place * 1.15 % 1.0001));
            sound.Add(envelope * (low.Filter(source) + (0.6 * high.Filter(source))));
        }
    }

    private sealed class Resonator(double frequency, double width, int rate)
    {
        private readonly double _feedback1 = 2 * Math.Exp(-Math.PI * width / rate) * Math.Cos(2 * Math.PI * frequency / rate);
        private readonly double _feedback2 = -Math.Exp(-2 * Math.PI * width / rate);
        private double _last;
        private double _beforeLast;

        public double Filter(double input)
        {
            double output = input + (_feedback1 * _last) + (_feedback2 * _beforeLast);
            (_beforeLast, _last) = (_last, output);
            return output;
        }
    }

    private sealed class NoiseSource(ulong seed)
    {
        private ulong _state = unchecked((seed * 0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03);

        /// <summary>From 0 to below 1.</summary>
        public double Next()
        {
            unchecked
            {
                _state ^= _state << 13;
                _state ^= _state >> 7;
                _state ^= _state << 17;
                return (_state >> 11) / (double)(1UL << 53);
            }
        }
    }
}
